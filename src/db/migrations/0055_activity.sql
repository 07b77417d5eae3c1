-- What owners, moderators and operators did in a group, to be read by all of them.
create table activity (
  group_id uuid not null,
  -- Made when it happened, so that a page goes on from where the last ended.
  id uuid not null,
  at timestamptz not null,
  -- Null for an operator, and for what the group's own rules did.
  membership_id uuid,
  -- Their name as it was then: the log outlives the membership.
  by_name text not null,
  how text not null check (how in ('web', 'mail', 'command', 'api', 'rule')),
  kind text not null check (kind in ('held', 'posts', 'members', 'settings', 'reports')),
  -- A sentence without its subject, in English: "declined “Chapter two” by ana@far.test".
  what text not null,
  -- Where it can be seen, below the group's own address; "" for nowhere.
  link text not null,
  -- In their own words: a reason, an answer.
  words text not null,
  primary key (group_id, id)
);
create index activity_of_kind on activity (group_id, kind, id);
create index activity_by on activity (group_id, membership_id, id) where membership_id is not null;
