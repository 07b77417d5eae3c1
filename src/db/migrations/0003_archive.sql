-- archive: accepted posts as threads.

-- One row a group; its lock puts the group's posts in order and gives them their numbers.
create table archives (
  group_id uuid primary key,
  last_number int not null default 0,
  post_count int not null default 0,
  last_at timestamptz
);

create table topics (
  group_id uuid not null,
  id uuid not null,
  subject text not null,
  base_subject text not null,
  started_at timestamptz not null,
  last_at timestamptz not null,
  post_count int not null,
  last_number int not null,
  last_author text not null,
  last_words text not null,
  authors text[] not null,
  primary key (group_id, id)
);
create index topics_newest on topics (group_id, last_at desc);
create index topics_by_subject on topics (group_id, base_subject, last_at desc);

create table posts (
  group_id uuid not null,
  id uuid not null,
  number int not null,
  topic_id uuid not null,
  parent_id uuid,
  -- The nearest ancestor named in the headers that is not here (yet): it adopts this post when it comes.
  awaits text,
  message_id text not null,
  author_name text not null,
  author_address text not null,
  subject text not null,
  sent_at timestamptz not null,
  received_at timestamptz not null,
  words text not null,
  size int not null,
  parts jsonb not null,
  auth jsonb not null,
  fingerprint bytea not null,
  source text not null check (source in ('mail', 'web', 'import')),
  raw bytea not null,
  primary key (group_id, id)
);
alter table posts alter raw set storage external;
create unique index posts_of_message on posts (group_id, message_id);
create unique index posts_numbered on posts (group_id, number);
create index posts_of_topic on posts (group_id, topic_id, sent_at);
create index posts_awaiting on posts (group_id, awaits) where awaits is not null;
create index posts_by_month on posts (group_id, sent_at);
create index posts_alike on posts (group_id, fingerprint);
create index posts_everywhere on posts (message_id);
create index posts_by_id on posts (id);
