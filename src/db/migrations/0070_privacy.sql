-- What people asked to have, and to have erased; and how each came into a group.

-- Everything about a person as files, written piece by piece: a piece is committed with the place it reaches.
create table downloads (
  id uuid primary key,
  person_id uuid not null,
  -- Where the letter goes that says it is ready.
  address text not null,
  language text not null,
  asked_at timestamptz not null,
  step text not null,
  place text not null default '',
  pieces integer not null default 0,
  size bigint not null default 0,
  posts integer not null default 0,
  left_out integer not null default 0,
  ready_at timestamptz
);
create index downloads_of on downloads (person_id);
create index downloads_unready on downloads (asked_at) where ready_at is null;

create table download_pieces (
  download_id uuid not null,
  index integer not null,
  name text not null,
  piece bytea not null,
  primary key (download_id, index)
);
alter table download_pieces alter column piece set storage external;

-- `asked`: waits for the letter. `due`: confirmed, and can be taken back until due_at. `under way`, `stopped`: somebody
-- has to take a group over first. `done`: the row says that it happened, and not to whom.
create table erasures (
  id uuid primary key,
  person_id uuid not null,
  address text not null,
  language text not null,
  asked_at timestamptz not null,
  state text not null check (state in ('asked', 'due', 'under way', 'stopped', 'taken back', 'done')),
  confirmed_at timestamptz,
  due_at timestamptz,
  step text not null default '',
  place text not null default '',
  letter_id uuid,
  done_at timestamptz,
  memberships integer not null default 0,
  posts integer not null default 0
);
create index erasures_of on erasures (person_id);
create index erasures_due on erasures (due_at) where state in ('due', 'under way', 'stopped');

-- How somebody came into a group: on whose word, and from what text, letter or file.
create table consents (
  group_id uuid not null,
  membership_id uuid not null,
  at timestamptz not null,
  how text not null check (how in ('web', 'mail', 'invited', 'file', 'owner', 'operator', 'unknown')),
  -- Who put them in; '' where they did it themselves.
  by_whom text not null default '',
  source text not null default '',
  primary key (group_id, membership_id)
);

alter table groups add column erasure text not null default 'anonymise' check (erasure in ('anonymise', 'remove'));

-- What a post says may change: by its author, a moderator, or because its author was erased. Counted, so that what was
-- made of it before is not shown again.
alter table posts add column edition integer not null default 0;
