-- A held mail may wait for several groups: a moderator's yes is for theirs alone. Null is for all.
alter table mails add column approved_for text;
