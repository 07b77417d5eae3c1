-- directory: how who asks to join has shown that the address is theirs: signed in on the web, or by an answer to our letter.
alter table join_requests add column shown_by text not null default 'mail' check (shown_by in ('web', 'mail'));
