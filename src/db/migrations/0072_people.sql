-- Members who let the others see them, and what a group makes of it.
alter table memberships
  add column is_listed boolean not null default false,
  add column about text not null default '' check (length(about) <= 200);
alter table groups add column listing text not null default 'moderators' check (listing in ('nobody', 'moderators', 'members'));
