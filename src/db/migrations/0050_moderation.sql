-- What becomes of a member's posts: what the group's rules say, held always, or let through.
alter table memberships
  add column moderation text not null default 'default' check (moderation in ('default', 'moderated', 'trusted'));
