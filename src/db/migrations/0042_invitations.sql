-- directory: somebody was invited; the token in the letter names the row.
create table invitations (
  group_id uuid not null,
  id uuid not null,
  address text not null,
  address_key text not null,
  -- Who invites: a membership, or none for an operator; their name as the letter says it, and their own line.
  by_membership uuid,
  by_name text not null default '',
  words text not null default '',
  state text not null default 'waiting' check (state in ('waiting', 'joined', 'declined', 'revoked', 'expired')),
  letter_id uuid not null,
  made_at timestamptz not null,
  -- When it is spoken of again: reminded once, then it expires. Never before its letter has left.
  due_at timestamptz not null,
  reminded_at timestamptz,
  decided_at timestamptz,
  primary key (group_id, id)
);
create unique index invitations_waiting on invitations (group_id, address_key) where state = 'waiting';
create index invitations_to on invitations (address_key, made_at);
create index invitations_by on invitations (group_id, made_at);
create index invitations_due on invitations (due_at) where state = 'waiting';
create index invitations_by_id on invitations (id);

-- directory: who never wants to be invited again, to one group or to any.
create table invitations_unwanted (
  address_key text not null,
  -- null: no invitation of this service.
  group_id uuid,
  at timestamptz not null
);
create unique index invitations_unwanted_of on invitations_unwanted (address_key, group_id) nulls not distinct;
