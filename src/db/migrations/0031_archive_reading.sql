-- Reading the archive by month and by date, and topics in an order without ties.
-- Months are UTC's. A node of the previous version that files posts after this does not count them here: the posts are
-- there all the same, and the figure beside their month is too small by them.
create table archive_months (
  group_id uuid not null,
  month date not null,
  post_count integer not null,
  primary key (group_id, month)
);
insert into archive_months (group_id, month, post_count)
select group_id, date_trunc('month', sent_at at time zone 'UTC')::date, count(*) from posts group by 1, 2;

-- Each serves what the one it replaces served.
create index posts_by_date on posts (group_id, sent_at, number);
drop index posts_by_month;
create index topics_in_order on topics (group_id, last_at desc, id desc);
drop index topics_newest;
