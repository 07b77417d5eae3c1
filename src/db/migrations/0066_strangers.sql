-- notices: letters to strangers are counted by network too; a table of everybody who can have us write, by now.
alter table sign_in_requests add column network text not null default '';
create index sign_in_requests_near on sign_in_requests (network, at) where network <> '';
