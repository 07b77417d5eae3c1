-- How a member wants a group's mail: more modes, a holiday, their own posts, and posts that reach them directly.
alter table memberships
  drop constraint memberships_mode_check,
  add constraint memberships_mode_check check (mode in ('each', 'digest', 'summary', 'notices', 'none')),
  add column own_posts boolean not null default true,
  add column second_copy boolean not null default false,
  add column holiday_until timestamptz,
  add column zone text not null default 'UTC';

create index memberships_on_holiday on memberships (holiday_until) where holiday_until is not null;
