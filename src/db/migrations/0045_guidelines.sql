alter table groups add column guidelines text not null default '';
