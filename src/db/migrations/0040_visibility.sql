-- directory: what strangers see of a group, and who joins it how.
--
-- archive stays and is written with it: a node of the version before reads it. Where it says 'members' and visibility
-- was never chosen, strangers see nothing of the group, as they did until now.
alter table groups add column visibility text not null default 'public'
  check (visibility in ('public', 'listed', 'private', 'secret'));

alter table groups drop constraint groups_joining_check;
alter table groups add constraint groups_joining_check check (joining in ('open', 'approval', 'invitation', 'closed'));

-- What who asks to join is asked; nothing when empty.
alter table groups add column join_question text not null default '';
-- Who may invite others: who may change members, or every member.
alter table groups add column inviting text not null default 'moderators' check (inviting in ('moderators', 'members'));
-- Of a subgroup: the group it belongs to, and whether only that one's members may join.
alter table groups add column parent_id uuid;
alter table groups add column admits text not null default 'parent' check (admits in ('parent', 'anybody'));
create index groups_of_parent on groups (parent_id) where parent_id is not null;
