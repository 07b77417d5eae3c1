-- The names that groups had before: mail to them and links with them are followed for as long as the group is there.
create table group_names (
  name text primary key check (name ~ '^[a-z0-9][a-z0-9._-]{0,39}$'),
  group_id uuid not null,
  left_at timestamptz not null
);
create index group_names_of on group_names (group_id);

-- What its List-Id is made of (RFC 2919): the first name of a group that was renamed, its name otherwise.
alter table groups add column list_id text;

-- A closed group takes no posts and no members; one that is to be removed is closed, and erased after erase_at.
alter table groups add column closed_at timestamptz;
alter table groups add column erase_at timestamptz;
create index groups_to_erase on groups (erase_at) where erase_at is not null;

-- Who made it on the web: how many a person makes in a day is counted.
alter table groups add column made_by uuid;
create index groups_made on groups (made_by, created_at) where made_by is not null;

-- Groups whose row is gone and whose posts, members and letters are being erased, some at a time.
create table group_erasures (
  group_id uuid primary key,
  name text not null,
  began_at timestamptz not null,
  erased bigint not null default 0
);
