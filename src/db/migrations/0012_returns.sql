-- health: what came back to us about somebody, one row for each mail and recipient. Nothing else of the mail is kept.
create table returns (
  id uuid primary key,
  at timestamptz not null,
  mail_id uuid not null,
  group_id uuid,
  membership_id uuid,
  letter_id uuid,
  item_id uuid,
  address text not null,
  kind text not null check (kind in ('bounce', 'complaint')),
  class text not null default '' check (class in ('permanent', 'temporary', '')),
  status text not null default '',
  sense text not null default '',
  reason text not null default '',
  said text not null default '',
  weighed_at timestamptz
);
create unique index returns_once on returns (mail_id, group_id, membership_id, letter_id, address) nulls not distinct;
create index returns_unweighed on returns (at) where weighed_at is null;
create index returns_of_membership on returns (membership_id, at);
create index returns_of_item on returns (item_id);
