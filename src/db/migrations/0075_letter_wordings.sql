-- notices: letters in the words of a group's owners. A row is one version; the newest of a name and language counts, and
-- one without words is "back to the default".
create table letter_wordings (
  group_id uuid not null,
  id uuid not null,
  name text not null,
  language text not null,
  subject text,
  text text,
  written_by text not null,
  written_at timestamptz not null,
  primary key (group_id, id)
);
create index letter_wordings_newest on letter_wordings (group_id, name, language, id desc);
