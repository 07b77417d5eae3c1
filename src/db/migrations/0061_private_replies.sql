-- Writing to an author without their address: whether a group's copies show it, who may write, and who wrote how much.
alter table groups add column authors text not null default 'shown' check (authors in ('shown', 'hidden'));
alter table memberships add column private_mail text not null default 'members'
  check (private_mail in ('anyone', 'members', 'nobody'));
-- The address key of whose words a letter carries, where they are somebody's.
alter table letters add column written_by text;
create index letters_written_by on letters (written_by, created_at) where written_by is not null;
