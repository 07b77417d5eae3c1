-- directory: what a group sends its members once a month, and who wants none of it. `reminded_in` is the first day of the month
-- for which a member's letter was written.
alter table groups add column monthly text not null default 'nothing' check (monthly in ('nothing', 'guidelines', 'membership'));
alter table groups add column tells_approved boolean not null default false;
alter table memberships add column reminders boolean not null default true;
alter table memberships add column reminded_in date;
