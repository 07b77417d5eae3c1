-- The language of a group's letters, as a BCP 47 tag; English until its owners choose another.
alter table groups add column language text not null default 'en';
