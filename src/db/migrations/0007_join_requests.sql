-- directory: somebody asked to join; the token in our letter names the row.
create table join_requests (
  id uuid primary key,
  group_id uuid not null,
  address text not null,
  name text not null default '',
  asked_at timestamptz not null
);
create index join_requests_asked on join_requests (asked_at);
