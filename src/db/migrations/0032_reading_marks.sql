-- What a member has read on the web: up to which number in the whole group, and beyond that in single topics.
-- A topic whose posts are all at or below the group's mark has no row.
create table group_reads (
  group_id uuid not null,
  membership_id uuid not null,
  number integer not null,
  primary key (group_id, membership_id)
);
create table topic_reads (
  group_id uuid not null,
  membership_id uuid not null,
  topic_id uuid not null,
  number integer not null,
  -- Where the mark stood when the last visit began: what is above it is shown as new until that visit is over.
  before integer not null,
  visited_at timestamptz not null,
  primary key (group_id, membership_id, topic_id)
);
create index topic_reads_lowest on topic_reads (group_id, membership_id, number);
