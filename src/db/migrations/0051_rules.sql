-- What a group does with posts whose header or text has something: tried in the order of `place`, the first one counts.
create table rules (
  group_id uuid not null,
  id uuid not null,
  place integer not null,
  -- A header field's name in lower case, or `text`, or `any`.
  field text not null,
  how text not null check (how in ('words', 'wildcard', 'regex')),
  pattern text not null,
  action text not null check (action in ('hold', 'decline', 'pass')),
  -- Said to the author.
  why text not null,
  set_by text not null,
  set_at timestamptz not null,
  primary key (group_id, id)
);
create index rules_in_order on rules (group_id, place);
