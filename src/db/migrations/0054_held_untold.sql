-- Held posts whose authors have not heard so yet, as they had several letters in a short time: told together, later.
create table held_untold (
  group_id uuid not null,
  mail_id uuid not null,
  address text not null,
  subject text not null,
  reason text not null,
  at timestamptz not null,
  primary key (group_id, mail_id)
);
create index held_untold_at on held_untold (at);
