-- What a post said before it was edited: the row of edition N holds its words until `at`, when somebody made N + 1 of them.
create table post_editions (
  group_id uuid not null,
  post_id uuid not null,
  edition integer not null,
  at timestamptz not null,
  membership_id uuid not null,
  by_name text not null,
  by_author boolean not null,
  reason text not null default '',
  subject text not null,
  size integer not null,
  raw bytea not null,
  primary key (group_id, post_id, edition)
);
alter table post_editions alter column raw set storage external;
alter table posts
  add column edited_at timestamptz,
  add column edited_by text;
-- Minutes in which an author may edit a post; 0 for never.
alter table groups add column editing integer not null default 60 check (editing between 0 and 10080);
