-- Who posts to a group, and whose posts wait.
alter table groups
  add column posting text not null default 'members' check (posting in ('members', 'moderators', 'everyone')),
  add column others text not null default 'decline' check (others in ('decline', 'hold')),
  add column moderate text not null default 'nobody' check (moderate in ('nobody', 'newcomers', 'everyone')),
  add column newcomers integer not null default 1 check (newcomers between 1 and 100),
  add column slow integer not null default 0 check (slow between 0 and 10080),
  add column emergency text not null default 'off' check (emergency in ('off', 'on')),
  -- Scores of the spam filter; 0 for never.
  add column spam_hold numeric not null default 6 check (spam_hold between 0 and 999),
  add column spam_decline numeric not null default 15 check (spam_decline between 0 and 999);

alter table mails
  -- A held mail that goes on by itself, when, and whose it is (group and author): slow mode.
  add column release_at timestamptz,
  add column release_for text,
  -- What the spam filter said of it.
  add column spam jsonb;
create index mails_to_release on mails (release_at) where release_at is not null;

-- How many posts somebody has in a group, and when the last one was placed: its id begins with the time.
create index posts_by_author on posts (group_id, lower(author_address), id);

-- When everything was held, and who turned it on and off.
create table emergencies (
  group_id uuid not null,
  began_at timestamptz not null,
  began_by text not null,
  ended_at timestamptz,
  ended_by text,
  primary key (group_id, began_at)
);
create unique index emergencies_present on emergencies (group_id) where ended_at is null;
