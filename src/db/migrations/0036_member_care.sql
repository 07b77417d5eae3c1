-- What owners keep about members: what each may do, notes, and who is kept out.
alter table memberships
  -- Null: what the role gives.
  add column permissions text[] check (permissions <@ array['approve', 'posts', 'members', 'settings']),
  add column notes text not null default '';

-- `matches` is `pattern` as LIKE understands it.
create table bans (
  group_id uuid not null,
  pattern text not null,
  matches text not null,
  why text not null,
  set_by text not null,
  set_at timestamptz not null,
  primary key (group_id, pattern)
);
