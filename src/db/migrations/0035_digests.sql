-- Digests: when each member's next is due and up to which post they have had, and what is sent to many at once.
alter table memberships
  add column digest_hour smallint not null default 8 check (digest_hour between 0 and 23),
  add column digest_form text not null default 'html' check (digest_form in ('html', 'mime')),
  -- Null: nothing was posted since they chose digests.
  add column digest_upto integer,
  -- Null: to be worked out.
  add column digest_due_at timestamptz;

create index memberships_digest_due on memberships (digest_due_at)
  where mode in ('digest', 'summary') and ended_at is null;
create index memberships_digest_begins on memberships (group_id)
  where mode in ('digest', 'summary') and ended_at is null and digest_upto is null;

-- A row for each mail; its recipients are in its deliveries.
create table digests (
  id uuid primary key,
  group_id uuid not null,
  first_number integer not null,
  last_number integer not null,
  raw bytea not null,
  created_at timestamptz not null
);
create index digests_of_group on digests (group_id, last_number);
create index digests_at on digests (created_at);

alter table deliveries
  drop constraint deliveries_carries_check,
  add constraint deliveries_carries_check check (carries in ('post', 'letter', 'digest'));
