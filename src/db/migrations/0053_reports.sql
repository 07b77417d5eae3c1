-- Members who ask the moderators to look at a post; each once for a post. Decided together.
create table reports (
  group_id uuid not null,
  id uuid not null,
  post_id uuid not null,
  number integer not null,
  membership_id uuid not null,
  -- Their name as it was then; for moderators alone.
  by_name text not null,
  reason text not null,
  at timestamptz not null,
  decided_at timestamptz,
  primary key (group_id, id),
  unique (group_id, post_id, membership_id)
);
create index reports_open on reports (group_id, number) where decided_at is null;
create index reports_by_member on reports (group_id, membership_id, at);
