-- directory: a request to join lives on once its address is shown to be the asker's, until somebody decides.
alter table join_requests add column address_key text not null default '';
alter table join_requests add column state text not null default 'asked'
  check (state in ('asked', 'waiting', 'joined', 'declined', 'expired'));
-- Why they ask, and their answer to the group's question.
alter table join_requests add column words text not null default '';
alter table join_requests add column answer text not null default '';
alter table join_requests add column confirmed_at timestamptz;
-- When it is spoken of again: the moderators are reminded once, then it expires.
alter table join_requests add column due_at timestamptz;
alter table join_requests add column reminded_at timestamptz;
alter table join_requests add column decided_at timestamptz;
alter table join_requests add column decided_by text not null default '';
alter table join_requests add column reason text not null default '';
create unique index join_requests_waiting on join_requests (group_id, address_key) where state = 'waiting';
create index join_requests_of on join_requests (group_id, id) where state <> 'asked';
create index join_requests_due on join_requests (due_at) where state = 'waiting';
