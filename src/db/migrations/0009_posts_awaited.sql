-- A post awaits every nearer ancestor that it names and that is not here, nearest first: any of them may come late.
-- The column `awaits`, which held the nearest alone, is read by nobody any more; a later version drops it.
alter table posts add column awaited text[] not null default '{}';
update posts set awaited = array[awaits] where awaits is not null;
create index posts_awaited on posts using gin (awaited) where awaited <> '{}';
