-- health: what speaks against a member's address, who was asked, who is paused, and which providers were in trouble themselves.

alter table memberships add column if not exists paused_at timestamptz;
alter table memberships add column if not exists pause_cause text;

-- One row a member, day and sense, so that noting it again changes nothing but last_at. The score is always made from these rows.
create table troubles (
  group_id uuid not null,
  membership_id uuid not null,
  day date not null,
  sense text not null,
  at timestamptz not null,
  last_at timestamptz not null,
  found text not null check (found in ('returned', 'refused')),
  provider text not null,
  address text not null,
  weight real not null,
  status text not null default '',
  said text not null default '',
  -- The outage that explains it: then it counts for nothing.
  outage_id uuid,
  forgotten_at timestamptz,
  primary key (group_id, membership_id, day, sense)
);
create index troubles_of_provider on troubles (provider, last_at);
create index troubles_at on troubles (at);

-- A letter that asks a member whether mail still arrives.
create table enquiries (
  id uuid primary key,
  group_id uuid not null,
  membership_id uuid not null,
  letter_id uuid not null,
  asked_at timestamptz not null,
  state text not null default 'open' check (state in ('open', 'passed', 'failed', 'answered', 'dropped')),
  ended_at timestamptz,
  said text not null default ''
);
create unique index enquiries_open on enquiries (group_id, membership_id) where state = 'open';
create index enquiries_of on enquiries (group_id, membership_id, asked_at);
create index enquiries_of_letter on enquiries (letter_id);

create table pauses (
  id uuid primary key,
  group_id uuid not null,
  membership_id uuid not null,
  at timestamptz not null,
  why text not null check (why in ('returned', 'complaint', 'wish', 'hand')),
  sense text not null default '',
  provider text not null default '',
  said text not null default '',
  ended_at timestamptz,
  reminders integer not null default 0,
  -- When the group's owners were told.
  told_at timestamptz
);
create unique index pauses_present on pauses (group_id, membership_id) where ended_at is null;
create index pauses_of on pauses (group_id, membership_id, at);
create index pauses_untold on pauses (at) where told_at is null;

-- A provider that failed for many at once: meanwhile its failures count against nobody.
create table outages (
  id uuid primary key,
  provider text not null,
  sense text not null,
  began_at timestamptz not null,
  seen_at timestamptz not null,
  ended_at timestamptz,
  ending text not null default '' check (ending in ('', 'over', 'lasting')),
  recipients integer not null,
  tried integer not null,
  said text not null default ''
);
create unique index outages_open on outages (provider) where ended_at is null;
create index outages_at on outages (began_at);

-- How far the settle log has been read.
create table weighings (
  name text primary key,
  at timestamptz not null,
  again_at timestamptz not null
);

-- Refusals are few among what is sent: read by themselves, minute by minute.
create index settlements_never on settlements (at) where kind = 'never';
