-- directory: a person who is asked for a second factor: their address is not handed over for the first one alone.
alter table people add column is_guarded boolean not null default false;
