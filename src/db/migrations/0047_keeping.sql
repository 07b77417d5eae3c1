-- How long a group's posts stay, how large they may be, and what becomes of what is attached.
alter table groups add column keep text not null default 'forever'
  check (keep = 'forever' or keep ~ '^[1-9][0-9]{0,4}[dy]$');
alter table groups add column size_max integer not null default 0 check (size_max >= 0);
alter table groups add column attachments text not null default 'sent' check (attachments in ('sent', 'linked', 'refused'));
alter table groups add column refused_files text not null
  default 'bat chm cmd com cpl exe hta jse lnk msi msp pif ps1 reg scr vbe vbs wsf wsh';
alter table groups add column named_max integer not null default 0 check (named_max >= 0);
