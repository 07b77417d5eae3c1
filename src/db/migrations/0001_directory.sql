-- directory: groups, people, and who is in what.

create table groups (
  id uuid primary key,
  name text not null unique check (name ~ '^[a-z0-9][a-z0-9._-]{0,39}$'),
  title text not null,
  description text not null default '',
  archive text not null default 'public' check (archive in ('public', 'members')),
  joining text not null default 'open' check (joining in ('open', 'closed')),
  nonmembers text not null default 'hold' check (nonmembers in ('hold', 'refuse')),
  copies text not null default 'personal' check (copies in ('personal', 'shared')),
  dmarc text not null default 'rewrite-when-needed' check (dmarc in ('rewrite-when-needed', 'always', 'untouched')),
  reply text not null default 'author' check (reply in ('author', 'group')),
  tag text not null default '',
  footer text not null default '',
  created_at timestamptz not null
);

create table people (
  id uuid primary key,
  name text not null default '',
  created_at timestamptz not null
);

-- An address is one person's; who has it can claim the person by opening a link mailed to it.
create table addresses (
  address_key text primary key,
  address text not null,
  person_id uuid not null,
  verified_at timestamptz
);
create index addresses_of_person on addresses (person_id);

create table memberships (
  group_id uuid not null,
  id uuid not null,
  person_id uuid not null,
  address text not null,
  address_key text not null,
  domain text not null,
  name text not null default '',
  role text not null default 'member' check (role in ('member', 'moderator', 'owner')),
  mode text not null default 'each' check (mode in ('each', 'none')),
  joined_at timestamptz not null,
  ended_at timestamptz,
  primary key (group_id, id)
);
create unique index memberships_present on memberships (group_id, address_key) where ended_at is null;
create index memberships_of_address on memberships (address_key) where ended_at is null;
create index memberships_by_id on memberships (id);

-- Every change of a membership, with its cause: nobody is lost silently.
create table membership_events (
  group_id uuid not null,
  membership_id uuid not null,
  at timestamptz not null,
  what text not null,
  cause text not null
);
create index membership_events_of on membership_events (group_id, membership_id, at);
