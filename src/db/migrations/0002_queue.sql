-- queue: what waits between the rooms, who holds it, and what became of it.

-- Processes that may hold work. One not seen within its lease has lost what it held.
create table workers (
  id uuid primary key,
  node text not null,
  pid int not null,
  roles text[] not null,
  version text not null,
  started_at timestamptz not null,
  seen_at timestamptz not null
);

-- Mail that intake has promised to keep. A row leaves when its outcome is committed.
create table mails (
  id uuid primary key,
  received_at timestamptz not null,
  state text not null default 'waiting' check (state in ('waiting', 'taken', 'held', 'unreadable')),
  due_at timestamptz not null,
  taken_by uuid,
  attempts int not null default 0,
  sender text not null,
  recipients text[] not null,
  client jsonb not null,
  size int not null,
  raw bytea not null,
  -- The bytes begin in mail_pieces and end in raw.
  chunked boolean not null default false,
  approved_by uuid,
  problem text
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
-- The bytes are compressed by us: PostgreSQL need not try again.
alter table mails alter raw set storage external;
create index mails_waiting on mails (due_at) where state = 'waiting';
create index mails_taken on mails (taken_by) where state = 'taken';
create index mails_aside on mails (state, received_at) where state in ('held', 'unreadable');

-- The bytes of a large mail, written while it is still being heard.
create table mail_pieces (
  mail_id uuid not null,
  index int not null,
  piece bytea not null,
  primary key (mail_id, index)
);
alter table mail_pieces alter piece set storage external;

-- What became of a mail, for each address it was sent to.
create table outcomes (
  mail_id uuid not null,
  recipient text not null,
  received_at timestamptz not null,
  at timestamptz not null,
  outcome text not null,
  detail text not null default '',
  message_id text,
  sender text not null,
  group_id uuid,
  post_id uuid,
  primary key (mail_id, recipient)
);
create index outcomes_of_message on outcomes (message_id);
create index outcomes_of_post on outcomes (post_id);

-- Outgoing work: one item, one provider, up to some hundred recipients (membership ids; none for a letter).
create table deliveries (
  id uuid primary key,
  class smallint not null,
  tag bigint not null default 0,
  carries text not null check (carries in ('post', 'letter')),
  item_id uuid not null,
  group_id uuid,
  provider text not null,
  recipients uuid[] not null,
  size int not null,
  state text not null default 'waiting' check (state in ('waiting', 'taken', 'held')),
  created_at timestamptz not null,
  due_at timestamptz not null,
  taken_by uuid,
  attempts int not null default 0,
  refused_ms bigint not null default 0,
  refused_at timestamptz,
  wait_ms bigint not null default 0,
  problem text not null default ''
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
create index deliveries_waiting on deliveries (class, tag, due_at) where state = 'waiting';
create index deliveries_taken on deliveries (taken_by) where state = 'taken';
create index deliveries_of_item on deliveries (item_id);
create index deliveries_of_provider on deliveries (provider, due_at);

-- How far an item is, counted in the transactions that settle it.
create table sendings (
  item_id uuid primary key,
  group_id uuid,
  planned int not null,
  sent int not null default 0,
  given_up int not null default 0,
  planned_at timestamptz not null,
  last_at timestamptz
);

-- The settle log: one row an SMTP transaction. Split by day, so that old days are dropped whole.
create table settlements (
  at timestamptz not null,
  id uuid not null,
  delivery_id uuid not null,
  item_id uuid not null,
  group_id uuid,
  provider text not null,
  host text not null,
  source text not null,
  tls text not null,
  kind text not null check (kind in ('sent', 'later', 'never')),
  recipients uuid[] not null,
  code int not null,
  status text not null,
  reply text not null,
  primary key (at, id)
) partition by range (at);
create table settlements_otherwise partition of settlements default;
create index settlements_of_item on settlements (item_id, delivery_id);

-- Which provider a domain's mail goes to, as outbound last found it.
create table domains (
  domain text primary key,
  provider text not null,
  checked_at timestamptz not null
);

-- What an operator has stopped: everything, a group, or a provider.
create table holds (
  scope text not null check (scope in ('all', 'group', 'provider')),
  key text not null,
  held_at timestamptz not null,
  primary key (scope, key)
);
