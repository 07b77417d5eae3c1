-- Whether who may decide about held posts is asked to by letter.
alter table memberships add column held_letters boolean not null default true;
