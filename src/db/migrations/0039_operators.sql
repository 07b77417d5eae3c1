-- directory: who looks after the service itself, beside those who can run commands on its machines.
alter table people add column is_operator boolean not null default false;
create index people_operators on people (id) where is_operator;
