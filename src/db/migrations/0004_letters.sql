-- notices: letters we write ourselves.
create table letters (
  id uuid primary key,
  kind text not null,
  group_id uuid,
  sender text not null,
  recipient text not null,
  subject text not null,
  raw bytea not null,
  created_at timestamptz not null
);
alter table letters alter raw set storage external;
create index letters_to on letters (lower(recipient), created_at);

-- mailbox: outgoing mail kept instead of sent, until the service has a domain.
create table captured (
  id uuid primary key,
  at timestamptz not null,
  sender text not null,
  recipient text not null,
  recipient_key text not null,
  subject text not null,
  raw bytea not null
);
alter table captured alter raw set storage external;
create index captured_newest on captured (at desc);
create index captured_for on captured (recipient_key, at desc);

-- keys: what the service signs with, made at first start.
create table keys (
  name text primary key,
  private text not null,
  public text not null,
  created_at timestamptz not null
);
