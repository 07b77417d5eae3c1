-- What moderators do to the archive: pin and lock topics, split and merge them, delete posts; with a trace of each.
alter table topics add column pinned_at timestamptz;
alter table topics add column locked_at timestamptz;
create index topics_pinned on topics (group_id, pinned_at) where pinned_at is not null;
create index topics_locked on topics (group_id) where locked_at is not null;
-- A deleted post keeps its row, its number and its place in the tree; its words and bytes are gone.
alter table posts add column deleted_at timestamptz;

create table archive_changes (
  group_id uuid not null,
  id uuid not null,
  at timestamptz not null,
  membership_id uuid not null,
  -- Their name as it was then: the trace outlives the membership.
  by_name text not null,
  what text not null check (what in ('pin', 'unpin', 'lock', 'unlock', 'split', 'merge', 'delete')),
  topic_id uuid not null,
  number integer,
  reason text not null,
  primary key (group_id, id)
);
create index archive_changes_of_post on archive_changes (group_id, number) where number is not null;

-- The hashtags in subjects, lower-case.
create table topic_tags (
  group_id uuid not null,
  tag text not null,
  topic_id uuid not null,
  primary key (group_id, tag, topic_id)
);
create index topic_tags_of on topic_tags (group_id, topic_id);
insert into topic_tags (group_id, tag, topic_id)
select distinct t.group_id, lower(found.words[1]), t.id
from topics t, regexp_matches(t.subject, '(?:^|\s)#([[:alpha:]][[:alnum:]_-]{1,39})(?![[:alnum:]_-])', 'g') as found(words)
on conflict do nothing;
