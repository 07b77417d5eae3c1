-- What of a group's posts a member wants: by topic, by hashtag, or only what answers them.
create table topic_follows (
  group_id uuid not null,
  topic_id uuid not null,
  membership_id uuid not null,
  wish text not null check (wish in ('follow', 'mute')),
  at timestamptz not null,
  primary key (group_id, topic_id, membership_id)
);
create index topic_follows_of on topic_follows (group_id, membership_id, at);

alter table memberships
  -- `own`: new topics, and what answers this member's posts.
  add column replies text not null default 'all' check (replies in ('all', 'own')),
  add column muted_tags text[] not null default '{}',
  add column only_tags text[] not null default '{}';
create index memberships_choosy on memberships (group_id)
  where ended_at is null and (replies <> 'all' or muted_tags <> '{}' or only_tags <> '{}');
