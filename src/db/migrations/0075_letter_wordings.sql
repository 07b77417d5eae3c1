-- notices: letters in the words of a group's owners. A row is one version; the newest of a letter and language counts, and
-- one without words is "back to the default".
create table letter_wordings (
  group_id uuid not null,
  name text not null,
  language text not null,
  number int not null,
  subject text,
  text text,
  written_by text not null,
  written_at timestamptz not null,
  primary key (group_id, name, language, number)
);
