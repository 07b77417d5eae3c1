-- What members are writing on the web: kept until it is sent, thrown away, or 90 days old.
create table drafts (
  group_id uuid not null,
  -- The id that the mail will have.
  id uuid not null,
  -- The address key of who writes it.
  author_key text not null,
  -- What it will be from.
  address text not null,
  -- The number of the post it answers.
  answers integer,
  name text not null,
  subject text not null,
  body text not null,
  -- Marked as important by who runs the group.
  is_special boolean not null default false,
  -- Sent as it is typed, without Markdown.
  is_plain boolean not null default false,
  -- Counts the savings, so that two tabs do not overwrite each other.
  version integer not null default 1,
  created_at timestamptz not null,
  saved_at timestamptz not null,
  -- When it is to be sent by itself; null until its author says so.
  send_at timestamptz,
  -- Where its author pressed the button.
  client text not null default '',
  -- Why it could not be sent at its time.
  problem text,
  primary key (group_id, id)
);
create index drafts_by_author on drafts (author_key, saved_at desc);
create index drafts_due on drafts (send_at) where send_at is not null;
create index drafts_old on drafts (saved_at);

create table draft_files (
  group_id uuid not null,
  draft_id uuid not null,
  id uuid not null,
  name text not null,
  type text not null,
  size integer not null,
  content bytea not null,
  added_at timestamptz not null,
  primary key (group_id, draft_id, id),
  foreign key (group_id, draft_id) references drafts on delete cascade
);
