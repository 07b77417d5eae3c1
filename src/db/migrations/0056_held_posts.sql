-- The moderators' desk: what is known of each held post, who looks at it, and what was decided.
-- The mail itself waits in the queue; this row outlives it, so that a late answer hears who decided what.
create table held_posts (
  group_id uuid not null,
  mail_id uuid not null,
  -- The group's address as the queue has it for this mail.
  recipient text not null,
  received_at timestamptz not null,
  author_name text not null,
  author_address text not null,
  author_key text not null,
  subject text not null,
  words text not null,
  size int not null,
  attachments int not null,
  -- What the spam filter said, and when it goes out by itself.
  spam jsonb,
  release_at timestamptz,
  reason text not null,
  auth jsonb not null,
  message_id text,
  -- Ancestors by Message-ID, the nearest last.
  answers text[] not null,
  -- Their address is proved, or we would write to a forger's victim.
  may_be_told boolean not null,
  state text not null default 'waiting' check (state in ('waiting', 'due', 'approved', 'declined', 'gone')),
  -- What was decided. It takes effect when it is due, and until then can be taken back.
  decision_id uuid,
  decision text check (decision in ('approve', 'decline', 'trust')),
  decided_at timestamptz,
  due_at timestamptz,
  decided_by uuid,
  decided_name text,
  decided_how text,
  answer text not null default '',
  is_silent boolean not null default false,
  claimed_by uuid,
  claimed_name text,
  claimed_until timestamptz,
  question text,
  asked_name text,
  asked_at timestamptz,
  reply text,
  replied_at timestamptz,
  edited_subject text,
  edited_text text,
  edited_by uuid,
  edited_name text,
  edited_at timestamptz,
  -- The bytes as their author sent them, once an edited post has gone out; and that post.
  original bytea,
  post_id uuid,
  primary key (group_id, mail_id)
);
alter table held_posts alter original set storage external;
create index held_posts_waiting on held_posts (group_id, mail_id) where state = 'waiting';
create index held_posts_due on held_posts (due_at) where state = 'due';
create index held_posts_of_author on held_posts (group_id, author_key, state);
create index held_posts_of_mail on held_posts (mail_id);
create index held_posts_of_post on held_posts (post_id) where post_id is not null;

-- Answers that a group's moderators have ready.
create table answers (
  group_id uuid not null,
  id uuid not null,
  title text not null,
  words text not null,
  primary key (group_id, id)
);

-- Letters that asked a moderator to decide: whoever answers one decides about the mails in it.
create table held_letters (
  group_id uuid not null,
  id uuid not null,
  membership_id uuid not null,
  at timestamptz not null,
  mail_ids uuid[] not null,
  primary key (group_id, id)
);
-- A token is too short for more than the id.
create index held_letters_by_id on held_letters (id);
create index held_letters_to on held_letters (group_id, membership_id, at);
