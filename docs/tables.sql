-- The tables after all migrations. Made from the database; do not edit.
-- To refresh: UPDATE=1 npm test -- test/tables.test.ts

create table activity (
  group_id uuid not null,
  id uuid not null,
  at timestamp with time zone not null,
  membership_id uuid,
  by_name text not null,
  how text not null,
  kind text not null,
  what text not null,
  link text not null,
  words text not null,
  CHECK ((how = ANY (ARRAY['web'::text, 'mail'::text, 'command'::text, 'api'::text, 'rule'::text]))),
  CHECK ((kind = ANY (ARRAY['held'::text, 'posts'::text, 'members'::text, 'settings'::text, 'reports'::text]))),
  PRIMARY KEY (group_id, id)
);
CREATE INDEX activity_by ON activity USING btree (group_id, membership_id, id) WHERE (membership_id IS NOT NULL);
CREATE INDEX activity_of_kind ON activity USING btree (group_id, kind, id);

create table address_claims (
  id uuid not null,
  person_id uuid not null,
  address text not null,
  address_key text not null,
  asked_at timestamp with time zone not null,
  PRIMARY KEY (id)
);
CREATE INDEX address_claims_asked ON address_claims USING btree (asked_at);
CREATE INDEX address_claims_of ON address_claims USING btree (person_id);
CREATE INDEX address_claims_to ON address_claims USING btree (address_key);

create table addresses (
  address_key text not null,
  address text not null,
  person_id uuid not null,
  verified_at timestamp with time zone,
  PRIMARY KEY (address_key)
);
CREATE INDEX addresses_of_person ON addresses USING btree (person_id);

create table answers (
  group_id uuid not null,
  id uuid not null,
  title text not null,
  words text not null,
  PRIMARY KEY (group_id, id)
);

create table archive_changes (
  group_id uuid not null,
  id uuid not null,
  at timestamp with time zone not null,
  membership_id uuid not null,
  by_name text not null,
  what text not null,
  topic_id uuid not null,
  number integer,
  reason text not null,
  PRIMARY KEY (group_id, id),
  CHECK ((what = ANY (ARRAY['pin'::text, 'unpin'::text, 'lock'::text, 'unlock'::text, 'split'::text, 'merge'::text, 'delete'::text])))
);
CREATE INDEX archive_changes_of_post ON archive_changes USING btree (group_id, number) WHERE (number IS NOT NULL);

create table archive_months (
  group_id uuid not null,
  month date not null,
  post_count integer not null,
  PRIMARY KEY (group_id, month)
);

create table archives (
  group_id uuid not null,
  last_number integer not null default 0,
  post_count integer not null default 0,
  last_at timestamp with time zone,
  PRIMARY KEY (group_id)
);

create table bans (
  group_id uuid not null,
  pattern text not null,
  matches text not null,
  why text not null,
  set_by text not null,
  set_at timestamp with time zone not null,
  PRIMARY KEY (group_id, pattern)
);

create table captured (
  id uuid not null,
  at timestamp with time zone not null,
  sender text not null,
  recipient text not null,
  recipient_key text not null,
  subject text not null,
  raw bytea not null storage e,
  PRIMARY KEY (id)
);
CREATE INDEX captured_for ON captured USING btree (recipient_key, at DESC);
CREATE INDEX captured_newest ON captured USING btree (at DESC);

create table consents (
  group_id uuid not null,
  membership_id uuid not null,
  at timestamp with time zone not null,
  how text not null,
  by_whom text not null default ''::text,
  source text not null default ''::text,
  CHECK ((how = ANY (ARRAY['web'::text, 'mail'::text, 'invited'::text, 'file'::text, 'owner'::text, 'operator'::text, 'unknown'::text]))),
  PRIMARY KEY (group_id, membership_id)
);

create table deliveries (
  id uuid not null,
  class smallint not null,
  tag bigint not null default 0,
  carries text not null,
  item_id uuid not null,
  group_id uuid,
  provider text not null,
  recipients uuid[] not null,
  size integer not null,
  state text not null default 'waiting'::text,
  created_at timestamp with time zone not null,
  due_at timestamp with time zone not null,
  taken_by uuid,
  attempts integer not null default 0,
  refused_ms bigint not null default 0,
  refused_at timestamp with time zone,
  wait_ms bigint not null default 0,
  problem text not null default ''::text,
  cost integer not null default 100,
  formerly uuid[],
  CHECK ((carries = ANY (ARRAY['post'::text, 'letter'::text, 'digest'::text]))),
  PRIMARY KEY (id),
  CHECK ((state = ANY (ARRAY['waiting'::text, 'deferred'::text, 'taken'::text, 'held'::text])))
) with (autovacuum_vacuum_scale_factor=0.02, autovacuum_vacuum_cost_delay=0);
CREATE INDEX deliveries_deferred ON deliveries USING btree (due_at) WHERE (state = 'deferred'::text);
CREATE INDEX deliveries_next ON deliveries USING btree (provider, class, tag, id) WHERE (state = 'waiting'::text);
CREATE INDEX deliveries_of_group ON deliveries USING btree (provider, class, group_id, tag) WHERE (state = 'waiting'::text);
CREATE INDEX deliveries_of_item ON deliveries USING btree (item_id);
CREATE INDEX deliveries_taken ON deliveries USING btree (taken_by) WHERE (state = 'taken'::text);

create table digests (
  id uuid not null,
  group_id uuid not null,
  first_number integer not null,
  last_number integer not null,
  raw bytea not null,
  created_at timestamp with time zone not null,
  PRIMARY KEY (id)
);
CREATE INDEX digests_at ON digests USING btree (created_at);
CREATE INDEX digests_of_group ON digests USING btree (group_id, last_number);

create table domains (
  domain text not null,
  provider text not null,
  checked_at timestamp with time zone not null,
  PRIMARY KEY (domain)
);

create table download_pieces (
  download_id uuid not null,
  index integer not null,
  name text not null,
  piece bytea not null storage e,
  PRIMARY KEY (download_id, index)
);

create table downloads (
  id uuid not null,
  person_id uuid not null,
  address text not null,
  language text not null,
  asked_at timestamp with time zone not null,
  step text not null,
  place text not null default ''::text,
  pieces integer not null default 0,
  size bigint not null default 0,
  posts integer not null default 0,
  left_out integer not null default 0,
  ready_at timestamp with time zone,
  PRIMARY KEY (id)
);
CREATE INDEX downloads_of ON downloads USING btree (person_id);
CREATE INDEX downloads_unready ON downloads USING btree (asked_at) WHERE (ready_at IS NULL);

create table draft_files (
  group_id uuid not null,
  draft_id uuid not null,
  id uuid not null,
  name text not null,
  type text not null,
  size integer not null,
  content bytea not null,
  added_at timestamp with time zone not null,
  FOREIGN KEY (group_id, draft_id) REFERENCES drafts(group_id, id) ON DELETE CASCADE,
  PRIMARY KEY (group_id, draft_id, id)
);

create table drafts (
  group_id uuid not null,
  id uuid not null,
  author_key text not null,
  address text not null,
  answers integer,
  name text not null,
  subject text not null,
  body text not null,
  is_special boolean not null default false,
  is_plain boolean not null default false,
  version integer not null default 1,
  created_at timestamp with time zone not null,
  saved_at timestamp with time zone not null,
  send_at timestamp with time zone,
  client text not null default ''::text,
  problem text,
  PRIMARY KEY (group_id, id)
);
CREATE INDEX drafts_by_author ON drafts USING btree (author_key, saved_at DESC);
CREATE INDEX drafts_due ON drafts USING btree (send_at) WHERE (send_at IS NOT NULL);
CREATE INDEX drafts_old ON drafts USING btree (saved_at);

create table emergencies (
  group_id uuid not null,
  began_at timestamp with time zone not null,
  began_by text not null,
  ended_at timestamp with time zone,
  ended_by text,
  PRIMARY KEY (group_id, began_at)
);
CREATE UNIQUE INDEX emergencies_present ON emergencies USING btree (group_id) WHERE (ended_at IS NULL);

create table enquiries (
  id uuid not null,
  group_id uuid not null,
  membership_id uuid not null,
  letter_id uuid not null,
  asked_at timestamp with time zone not null,
  state text not null default 'open'::text,
  ended_at timestamp with time zone,
  said text not null default ''::text,
  PRIMARY KEY (id),
  CHECK ((state = ANY (ARRAY['open'::text, 'passed'::text, 'failed'::text, 'answered'::text, 'dropped'::text])))
);
CREATE INDEX enquiries_of ON enquiries USING btree (group_id, membership_id, asked_at);
CREATE INDEX enquiries_of_letter ON enquiries USING btree (letter_id);
CREATE UNIQUE INDEX enquiries_open ON enquiries USING btree (group_id, membership_id) WHERE (state = 'open'::text);

create table erasures (
  id uuid not null,
  person_id uuid not null,
  address text not null,
  language text not null,
  asked_at timestamp with time zone not null,
  state text not null,
  confirmed_at timestamp with time zone,
  due_at timestamp with time zone,
  step text not null default ''::text,
  place text not null default ''::text,
  letter_id uuid,
  done_at timestamp with time zone,
  memberships integer not null default 0,
  posts integer not null default 0,
  PRIMARY KEY (id),
  CHECK ((state = ANY (ARRAY['asked'::text, 'due'::text, 'under way'::text, 'stopped'::text, 'taken back'::text, 'done'::text])))
);
CREATE INDEX erasures_due ON erasures USING btree (due_at) WHERE (state = ANY (ARRAY['due'::text, 'under way'::text, 'stopped'::text]));
CREATE INDEX erasures_of ON erasures USING btree (person_id);

create table group_erasures (
  group_id uuid not null,
  name text not null,
  began_at timestamp with time zone not null,
  erased bigint not null default 0,
  PRIMARY KEY (group_id)
);

create table group_names (
  name text not null,
  group_id uuid not null,
  left_at timestamp with time zone not null,
  CHECK ((name ~ '^[a-z0-9][a-z0-9._-]{0,39}$'::text)),
  PRIMARY KEY (name)
);
CREATE INDEX group_names_of ON group_names USING btree (group_id);

create table group_reads (
  group_id uuid not null,
  membership_id uuid not null,
  number integer not null,
  PRIMARY KEY (group_id, membership_id)
);

create table groups (
  id uuid not null,
  name text not null,
  title text not null,
  description text not null default ''::text,
  archive text not null default 'public'::text,
  joining text not null default 'open'::text,
  nonmembers text not null default 'hold'::text,
  copies text not null default 'personal'::text,
  dmarc text not null default 'rewrite-when-needed'::text,
  reply text not null default 'author'::text,
  tag text not null default ''::text,
  footer text not null default ''::text,
  created_at timestamp with time zone not null,
  weight real not null default 1,
  language text not null default 'en'::text,
  visibility text not null default 'public'::text,
  join_question text not null default ''::text,
  inviting text not null default 'moderators'::text,
  parent_id uuid,
  admits text not null default 'parent'::text,
  guidelines text not null default ''::text,
  list_id text,
  closed_at timestamp with time zone,
  erase_at timestamp with time zone,
  made_by uuid,
  keep text not null default 'forever'::text,
  size_max integer not null default 0,
  attachments text not null default 'sent'::text,
  refused_files text not null default 'bat chm cmd com cpl exe hta jse lnk msi msp pif ps1 reg scr vbe vbs wsf wsh'::text,
  named_max integer not null default 0,
  posting text not null default 'members'::text,
  others text not null default 'decline'::text,
  moderate text not null default 'nobody'::text,
  newcomers integer not null default 1,
  slow integer not null default 0,
  emergency text not null default 'off'::text,
  spam_hold numeric not null default 6,
  spam_decline numeric not null default 15,
  authors text not null default 'shown'::text,
  erasure text not null default 'anonymise'::text,
  listing text not null default 'moderators'::text,
  editing integer not null default 60,
  monthly text not null default 'nothing'::text,
  tells_approved boolean not null default false,
  CHECK ((admits = ANY (ARRAY['parent'::text, 'anybody'::text]))),
  CHECK ((archive = ANY (ARRAY['public'::text, 'members'::text]))),
  CHECK ((attachments = ANY (ARRAY['sent'::text, 'linked'::text, 'refused'::text]))),
  CHECK ((authors = ANY (ARRAY['shown'::text, 'hidden'::text]))),
  CHECK ((copies = ANY (ARRAY['personal'::text, 'shared'::text]))),
  CHECK ((dmarc = ANY (ARRAY['rewrite-when-needed'::text, 'always'::text, 'untouched'::text]))),
  CHECK (((editing >= 0) AND (editing <= 10080))),
  CHECK ((emergency = ANY (ARRAY['off'::text, 'on'::text]))),
  CHECK ((erasure = ANY (ARRAY['anonymise'::text, 'remove'::text]))),
  CHECK ((inviting = ANY (ARRAY['moderators'::text, 'members'::text]))),
  CHECK ((joining = ANY (ARRAY['open'::text, 'approval'::text, 'invitation'::text, 'closed'::text]))),
  CHECK (((keep = 'forever'::text) OR (keep ~ '^[1-9][0-9]{0,4}[dy]$'::text))),
  CHECK ((listing = ANY (ARRAY['nobody'::text, 'moderators'::text, 'members'::text]))),
  CHECK ((moderate = ANY (ARRAY['nobody'::text, 'newcomers'::text, 'everyone'::text]))),
  CHECK ((monthly = ANY (ARRAY['nothing'::text, 'guidelines'::text, 'membership'::text]))),
  CHECK ((name ~ '^[a-z0-9][a-z0-9._-]{0,39}$'::text)),
  UNIQUE (name),
  CHECK ((named_max >= 0)),
  CHECK (((newcomers >= 1) AND (newcomers <= 100))),
  CHECK ((nonmembers = ANY (ARRAY['hold'::text, 'refuse'::text]))),
  CHECK ((others = ANY (ARRAY['decline'::text, 'hold'::text]))),
  PRIMARY KEY (id),
  CHECK ((posting = ANY (ARRAY['members'::text, 'moderators'::text, 'everyone'::text]))),
  CHECK ((reply = ANY (ARRAY['author'::text, 'group'::text]))),
  CHECK ((size_max >= 0)),
  CHECK (((slow >= 0) AND (slow <= 10080))),
  CHECK (((spam_decline >= (0)::numeric) AND (spam_decline <= (999)::numeric))),
  CHECK (((spam_hold >= (0)::numeric) AND (spam_hold <= (999)::numeric))),
  CHECK ((visibility = ANY (ARRAY['public'::text, 'listed'::text, 'private'::text, 'secret'::text]))),
  CHECK ((weight > (0)::double precision))
);
CREATE INDEX groups_made ON groups USING btree (made_by, created_at) WHERE (made_by IS NOT NULL);
CREATE INDEX groups_of_parent ON groups USING btree (parent_id) WHERE (parent_id IS NOT NULL);
CREATE INDEX groups_to_erase ON groups USING btree (erase_at) WHERE (erase_at IS NOT NULL);

create table held_letters (
  group_id uuid not null,
  id uuid not null,
  membership_id uuid not null,
  at timestamp with time zone not null,
  mail_ids uuid[] not null,
  PRIMARY KEY (group_id, id)
);
CREATE INDEX held_letters_by_id ON held_letters USING btree (id);
CREATE INDEX held_letters_to ON held_letters USING btree (group_id, membership_id, at);

create table held_posts (
  group_id uuid not null,
  mail_id uuid not null,
  recipient text not null,
  received_at timestamp with time zone not null,
  author_name text not null,
  author_address text not null,
  author_key text not null,
  subject text not null,
  words text not null,
  size integer not null,
  attachments integer not null,
  spam jsonb,
  release_at timestamp with time zone,
  reason text not null,
  auth jsonb not null,
  message_id text,
  answers text[] not null,
  may_be_told boolean not null,
  state text not null default 'waiting'::text,
  decision_id uuid,
  decision text,
  decided_at timestamp with time zone,
  due_at timestamp with time zone,
  decided_by uuid,
  decided_name text,
  decided_how text,
  answer text not null default ''::text,
  is_silent boolean not null default false,
  claimed_by uuid,
  claimed_name text,
  claimed_until timestamp with time zone,
  question text,
  asked_name text,
  asked_at timestamp with time zone,
  reply text,
  replied_at timestamp with time zone,
  edited_subject text,
  edited_text text,
  edited_by uuid,
  edited_name text,
  edited_at timestamp with time zone,
  original bytea storage e,
  post_id uuid,
  CHECK ((decision = ANY (ARRAY['approve'::text, 'decline'::text, 'trust'::text]))),
  PRIMARY KEY (group_id, mail_id),
  CHECK ((state = ANY (ARRAY['waiting'::text, 'due'::text, 'approved'::text, 'declined'::text, 'gone'::text])))
);
CREATE INDEX held_posts_due ON held_posts USING btree (due_at) WHERE (state = 'due'::text);
CREATE INDEX held_posts_of_author ON held_posts USING btree (group_id, author_key, state);
CREATE INDEX held_posts_of_mail ON held_posts USING btree (mail_id);
CREATE INDEX held_posts_of_post ON held_posts USING btree (post_id) WHERE (post_id IS NOT NULL);
CREATE INDEX held_posts_waiting ON held_posts USING btree (group_id, mail_id) WHERE (state = 'waiting'::text);

create table held_untold (
  group_id uuid not null,
  mail_id uuid not null,
  address text not null,
  subject text not null,
  reason text not null,
  at timestamp with time zone not null,
  PRIMARY KEY (group_id, mail_id)
);
CREATE INDEX held_untold_at ON held_untold USING btree (at);

create table holds (
  scope text not null,
  key text not null,
  held_at timestamp with time zone not null,
  PRIMARY KEY (scope, key),
  CHECK ((scope = ANY (ARRAY['all'::text, 'group'::text, 'provider'::text])))
);

create table invitations (
  group_id uuid not null,
  id uuid not null,
  address text not null,
  address_key text not null,
  by_membership uuid,
  by_name text not null default ''::text,
  words text not null default ''::text,
  state text not null default 'waiting'::text,
  letter_id uuid not null,
  made_at timestamp with time zone not null,
  due_at timestamp with time zone not null,
  reminded_at timestamp with time zone,
  decided_at timestamp with time zone,
  PRIMARY KEY (group_id, id),
  CHECK ((state = ANY (ARRAY['waiting'::text, 'joined'::text, 'declined'::text, 'revoked'::text, 'expired'::text])))
);
CREATE INDEX invitations_by ON invitations USING btree (group_id, made_at);
CREATE INDEX invitations_by_id ON invitations USING btree (id);
CREATE INDEX invitations_due ON invitations USING btree (due_at) WHERE (state = 'waiting'::text);
CREATE INDEX invitations_to ON invitations USING btree (address_key, made_at);
CREATE UNIQUE INDEX invitations_waiting ON invitations USING btree (group_id, address_key) WHERE (state = 'waiting'::text);

create table invitations_unwanted (
  address_key text not null,
  group_id uuid,
  at timestamp with time zone not null
);
CREATE UNIQUE INDEX invitations_unwanted_of ON invitations_unwanted USING btree (address_key, group_id) NULLS NOT DISTINCT;

create table join_requests (
  id uuid not null,
  group_id uuid not null,
  address text not null,
  name text not null default ''::text,
  asked_at timestamp with time zone not null,
  address_key text not null default ''::text,
  state text not null default 'asked'::text,
  words text not null default ''::text,
  answer text not null default ''::text,
  confirmed_at timestamp with time zone,
  due_at timestamp with time zone,
  reminded_at timestamp with time zone,
  decided_at timestamp with time zone,
  decided_by text not null default ''::text,
  reason text not null default ''::text,
  shown_by text not null default 'mail'::text,
  PRIMARY KEY (id),
  CHECK ((shown_by = ANY (ARRAY['web'::text, 'mail'::text]))),
  CHECK ((state = ANY (ARRAY['asked'::text, 'waiting'::text, 'joined'::text, 'declined'::text, 'expired'::text])))
);
CREATE INDEX join_requests_asked ON join_requests USING btree (asked_at);
CREATE INDEX join_requests_due ON join_requests USING btree (due_at) WHERE (state = 'waiting'::text);
CREATE INDEX join_requests_of ON join_requests USING btree (group_id, id) WHERE (state <> 'asked'::text);
CREATE UNIQUE INDEX join_requests_waiting ON join_requests USING btree (group_id, address_key) WHERE (state = 'waiting'::text);

create table keys (
  name text not null,
  private text not null,
  public text not null,
  created_at timestamp with time zone not null,
  PRIMARY KEY (name)
);

create table lanes (
  provider text not null,
  source text not null,
  worker uuid,
  virtual bigint not null default 0,
  pace jsonb,
  used_at timestamp with time zone not null,
  PRIMARY KEY (provider, source)
) with (fillfactor=70);
CREATE INDEX lanes_driven ON lanes USING btree (worker) WHERE (worker IS NOT NULL);
CREATE INDEX lanes_used ON lanes USING btree (used_at);

create table letter_wordings (
  group_id uuid not null,
  name text not null,
  language text not null,
  number integer not null,
  subject text,
  text text,
  written_by text not null,
  written_at timestamp with time zone not null,
  PRIMARY KEY (group_id, name, language, number)
);

create table letters (
  id uuid not null,
  kind text not null,
  group_id uuid,
  sender text not null,
  recipient text not null,
  subject text not null,
  raw bytea not null storage e,
  created_at timestamp with time zone not null,
  written_by text,
  PRIMARY KEY (id)
);
CREATE INDEX letters_to ON letters USING btree (lower(recipient), created_at);
CREATE INDEX letters_written_by ON letters USING btree (written_by, created_at) WHERE (written_by IS NOT NULL);

create table mail_pieces (
  mail_id uuid not null,
  index integer not null,
  piece bytea not null storage e,
  PRIMARY KEY (mail_id, index)
);

create table mails (
  id uuid not null,
  received_at timestamp with time zone not null,
  state text not null default 'waiting'::text,
  due_at timestamp with time zone not null,
  taken_by uuid,
  attempts integer not null default 0,
  sender text not null,
  recipients text[] not null,
  client jsonb not null,
  size integer not null,
  raw bytea not null storage e,
  chunked boolean not null default false,
  approved_by uuid,
  problem text,
  approved_for text,
  release_at timestamp with time zone,
  release_for text,
  spam jsonb,
  PRIMARY KEY (id),
  CHECK ((state = ANY (ARRAY['waiting'::text, 'taken'::text, 'held'::text, 'unreadable'::text])))
) with (autovacuum_vacuum_scale_factor=0.02, autovacuum_vacuum_cost_delay=0);
CREATE INDEX mails_aside ON mails USING btree (state, received_at) WHERE (state = ANY (ARRAY['held'::text, 'unreadable'::text]));
CREATE INDEX mails_taken ON mails USING btree (taken_by) WHERE (state = 'taken'::text);
CREATE INDEX mails_to_release ON mails USING btree (release_at) WHERE (release_at IS NOT NULL);
CREATE INDEX mails_waiting ON mails USING btree (due_at) WHERE (state = 'waiting'::text);

create table membership_events (
  group_id uuid not null,
  membership_id uuid not null,
  at timestamp with time zone not null,
  what text not null,
  cause text not null
);
CREATE INDEX membership_events_of ON membership_events USING btree (group_id, membership_id, at);

create table memberships (
  group_id uuid not null,
  id uuid not null,
  person_id uuid not null,
  address text not null,
  address_key text not null,
  domain text not null,
  name text not null default ''::text,
  role text not null default 'member'::text,
  mode text not null default 'each'::text,
  joined_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  paused_at timestamp with time zone,
  pause_cause text,
  own_posts boolean not null default true,
  second_copy boolean not null default false,
  holiday_until timestamp with time zone,
  zone text not null default 'UTC'::text,
  digest_hour smallint not null default 8,
  digest_form text not null default 'html'::text,
  digest_upto integer,
  digest_due_at timestamp with time zone,
  permissions text[],
  notes text not null default ''::text,
  moderation text not null default 'default'::text,
  held_letters boolean not null default true,
  private_mail text not null default 'members'::text,
  replies text not null default 'all'::text,
  muted_tags text[] not null default '{}'::text[],
  only_tags text[] not null default '{}'::text[],
  is_listed boolean not null default false,
  about text not null default ''::text,
  reminders boolean not null default true,
  reminded_in date,
  CHECK ((length(about) <= 200)),
  CHECK ((digest_form = ANY (ARRAY['html'::text, 'mime'::text]))),
  CHECK (((digest_hour >= 0) AND (digest_hour <= 23))),
  CHECK ((mode = ANY (ARRAY['each'::text, 'digest'::text, 'summary'::text, 'notices'::text, 'none'::text]))),
  CHECK ((moderation = ANY (ARRAY['default'::text, 'moderated'::text, 'trusted'::text]))),
  CHECK ((permissions <@ ARRAY['approve'::text, 'posts'::text, 'members'::text, 'settings'::text])),
  PRIMARY KEY (group_id, id),
  CHECK ((private_mail = ANY (ARRAY['anyone'::text, 'members'::text, 'nobody'::text]))),
  CHECK ((replies = ANY (ARRAY['all'::text, 'own'::text]))),
  CHECK ((role = ANY (ARRAY['member'::text, 'moderator'::text, 'owner'::text])))
);
CREATE INDEX memberships_by_id ON memberships USING btree (id);
CREATE INDEX memberships_choosy ON memberships USING btree (group_id) WHERE ((ended_at IS NULL) AND ((replies <> 'all'::text) OR (muted_tags <> '{}'::text[]) OR (only_tags <> '{}'::text[])));
CREATE INDEX memberships_digest_begins ON memberships USING btree (group_id) WHERE ((mode = ANY (ARRAY['digest'::text, 'summary'::text])) AND (ended_at IS NULL) AND (digest_upto IS NULL));
CREATE INDEX memberships_digest_due ON memberships USING btree (digest_due_at) WHERE ((mode = ANY (ARRAY['digest'::text, 'summary'::text])) AND (ended_at IS NULL));
CREATE INDEX memberships_of_address ON memberships USING btree (address_key) WHERE (ended_at IS NULL);
CREATE INDEX memberships_of_person ON memberships USING btree (person_id);
CREATE INDEX memberships_on_holiday ON memberships USING btree (holiday_until) WHERE (holiday_until IS NOT NULL);
CREATE UNIQUE INDEX memberships_present ON memberships USING btree (group_id, address_key) WHERE (ended_at IS NULL);

create table migrations (
  name text not null,
  run_at timestamp with time zone not null default now(),
  PRIMARY KEY (name)
);

create table outages (
  id uuid not null,
  provider text not null,
  sense text not null,
  began_at timestamp with time zone not null,
  seen_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  ending text not null default ''::text,
  recipients integer not null,
  tried integer not null,
  said text not null default ''::text,
  CHECK ((ending = ANY (ARRAY[''::text, 'over'::text, 'lasting'::text]))),
  PRIMARY KEY (id)
);
CREATE INDEX outages_at ON outages USING btree (began_at);
CREATE UNIQUE INDEX outages_open ON outages USING btree (provider) WHERE (ended_at IS NULL);

create table outcomes (
  mail_id uuid not null,
  recipient text not null,
  received_at timestamp with time zone not null,
  at timestamp with time zone not null,
  outcome text not null,
  detail text not null default ''::text,
  message_id text,
  sender text not null,
  group_id uuid,
  post_id uuid,
  PRIMARY KEY (mail_id, recipient)
);
CREATE INDEX outcomes_of_message ON outcomes USING btree (message_id);
CREATE INDEX outcomes_of_post ON outcomes USING btree (post_id);

create table pauses (
  id uuid not null,
  group_id uuid not null,
  membership_id uuid not null,
  at timestamp with time zone not null,
  why text not null,
  sense text not null default ''::text,
  provider text not null default ''::text,
  said text not null default ''::text,
  ended_at timestamp with time zone,
  reminders integer not null default 0,
  told_at timestamp with time zone,
  PRIMARY KEY (id),
  CHECK ((why = ANY (ARRAY['returned'::text, 'complaint'::text, 'wish'::text, 'hand'::text])))
);
CREATE INDEX pauses_of ON pauses USING btree (group_id, membership_id, at);
CREATE UNIQUE INDEX pauses_present ON pauses USING btree (group_id, membership_id) WHERE (ended_at IS NULL);
CREATE INDEX pauses_untold ON pauses USING btree (at) WHERE (told_at IS NULL);

create table people (
  id uuid not null,
  name text not null default ''::text,
  created_at timestamp with time zone not null,
  is_operator boolean not null default false,
  is_guarded boolean not null default false,
  PRIMARY KEY (id)
);
CREATE INDEX people_operators ON people USING btree (id) WHERE is_operator;

create table post_editions (
  group_id uuid not null,
  post_id uuid not null,
  edition integer not null,
  at timestamp with time zone not null,
  membership_id uuid not null,
  by_name text not null,
  by_author boolean not null,
  reason text not null default ''::text,
  subject text not null,
  size integer not null,
  raw bytea not null storage e,
  PRIMARY KEY (group_id, post_id, edition)
);

create table posts (
  group_id uuid not null,
  id uuid not null,
  number integer not null,
  topic_id uuid not null,
  parent_id uuid,
  awaits text,
  message_id text not null,
  author_name text not null,
  author_address text not null,
  subject text not null,
  sent_at timestamp with time zone not null,
  received_at timestamp with time zone not null,
  words text not null,
  size integer not null,
  parts jsonb not null,
  auth jsonb not null,
  fingerprint bytea not null,
  source text not null,
  raw bytea not null storage e,
  awaited text[] not null default '{}'::text[],
  deleted_at timestamp with time zone,
  edition integer not null default 0,
  edited_at timestamp with time zone,
  edited_by text,
  PRIMARY KEY (group_id, id),
  CHECK ((source = ANY (ARRAY['mail'::text, 'web'::text, 'import'::text])))
);
CREATE INDEX posts_alike ON posts USING btree (group_id, fingerprint);
CREATE INDEX posts_awaited ON posts USING gin (awaited) WHERE (awaited <> '{}'::text[]);
CREATE INDEX posts_awaiting ON posts USING btree (group_id, awaits) WHERE (awaits IS NOT NULL);
CREATE INDEX posts_by_author ON posts USING btree (group_id, lower(author_address), id);
CREATE INDEX posts_by_date ON posts USING btree (group_id, sent_at, number);
CREATE INDEX posts_by_id ON posts USING btree (id);
CREATE INDEX posts_everywhere ON posts USING btree (message_id);
CREATE UNIQUE INDEX posts_numbered ON posts USING btree (group_id, number);
CREATE UNIQUE INDEX posts_of_message ON posts USING btree (group_id, message_id);
CREATE INDEX posts_of_topic ON posts USING btree (group_id, topic_id, sent_at);

create table provider_settings (
  provider text not null,
  key text not null,
  value integer,
  set_at timestamp with time zone not null,
  CHECK ((key = ANY (ARRAY['connections'::text, 'mails-per-connection'::text, 'per-minute'::text, 'recipients'::text]))),
  PRIMARY KEY (provider, key),
  CHECK ((value > 0))
);

create table reports (
  group_id uuid not null,
  id uuid not null,
  post_id uuid not null,
  number integer not null,
  membership_id uuid not null,
  by_name text not null,
  reason text not null,
  at timestamp with time zone not null,
  decided_at timestamp with time zone,
  UNIQUE (group_id, post_id, membership_id),
  PRIMARY KEY (group_id, id)
);
CREATE INDEX reports_by_member ON reports USING btree (group_id, membership_id, at);
CREATE INDEX reports_open ON reports USING btree (group_id, number) WHERE (decided_at IS NULL);

create table returns (
  id uuid not null,
  at timestamp with time zone not null,
  mail_id uuid not null,
  group_id uuid,
  membership_id uuid,
  letter_id uuid,
  item_id uuid,
  address text not null,
  kind text not null,
  class text not null default ''::text,
  status text not null default ''::text,
  sense text not null default ''::text,
  reason text not null default ''::text,
  said text not null default ''::text,
  weighed_at timestamp with time zone,
  CHECK ((class = ANY (ARRAY['permanent'::text, 'temporary'::text, ''::text]))),
  CHECK ((kind = ANY (ARRAY['bounce'::text, 'complaint'::text]))),
  PRIMARY KEY (id)
);
CREATE INDEX returns_of_item ON returns USING btree (item_id);
CREATE INDEX returns_of_membership ON returns USING btree (membership_id, at);
CREATE UNIQUE INDEX returns_once ON returns USING btree (mail_id, group_id, membership_id, letter_id, address) NULLS NOT DISTINCT;
CREATE INDEX returns_unweighed ON returns USING btree (at) WHERE (weighed_at IS NULL);

create table rules (
  group_id uuid not null,
  id uuid not null,
  place integer not null,
  field text not null,
  how text not null,
  pattern text not null,
  action text not null,
  why text not null,
  set_by text not null,
  set_at timestamp with time zone not null,
  CHECK ((action = ANY (ARRAY['hold'::text, 'decline'::text, 'pass'::text]))),
  CHECK ((how = ANY (ARRAY['words'::text, 'wildcard'::text, 'regex'::text]))),
  PRIMARY KEY (group_id, id)
);
CREATE INDEX rules_in_order ON rules USING btree (group_id, place);

create table sendings (
  item_id uuid not null,
  group_id uuid,
  planned integer not null,
  sent integer not null default 0,
  given_up integer not null default 0,
  planned_at timestamp with time zone not null,
  last_at timestamp with time zone,
  again integer not null default 0,
  PRIMARY KEY (item_id)
);
CREATE INDEX sendings_beyond ON sendings USING btree (item_id) WHERE ((sent + given_up) > planned);

create table settlements (
  at timestamp with time zone not null,
  id uuid not null,
  delivery_id uuid not null,
  item_id uuid not null,
  group_id uuid,
  provider text not null,
  host text not null,
  source text not null,
  tls text not null,
  kind text not null,
  recipients uuid[] not null,
  code integer not null,
  status text not null,
  reply text not null,
  CHECK ((kind = ANY (ARRAY['sent'::text, 'later'::text, 'never'::text]))),
  PRIMARY KEY (at, id)
) partition by RANGE (at);
CREATE INDEX settlements_never ON ONLY settlements USING btree (at) WHERE (kind = 'never'::text);
CREATE INDEX settlements_of_item ON ONLY settlements USING btree (item_id, delivery_id);

create table settlements_otherwise (
  at timestamp with time zone not null,
  id uuid not null,
  delivery_id uuid not null,
  item_id uuid not null,
  group_id uuid,
  provider text not null,
  host text not null,
  source text not null,
  tls text not null,
  kind text not null,
  recipients uuid[] not null,
  code integer not null,
  status text not null,
  reply text not null,
  CHECK ((kind = ANY (ARRAY['sent'::text, 'later'::text, 'never'::text]))),
  PRIMARY KEY (at, id)
);
CREATE INDEX settlements_otherwise_at_idx ON settlements_otherwise USING btree (at) WHERE (kind = 'never'::text);
CREATE INDEX settlements_otherwise_item_id_delivery_id_idx ON settlements_otherwise USING btree (item_id, delivery_id);

create table sign_in_accounts (
  id uuid not null,
  user_id uuid not null,
  account_id text not null,
  provider_id text not null,
  access_token text,
  refresh_token text,
  id_token text,
  access_token_expires_at timestamp with time zone,
  refresh_token_expires_at timestamp with time zone,
  scope text,
  password text,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  PRIMARY KEY (id),
  FOREIGN KEY (user_id) REFERENCES sign_in_users(id) ON DELETE CASCADE
);
CREATE INDEX sign_in_accounts_of ON sign_in_accounts USING btree (user_id);

create table sign_in_attempts (
  id uuid not null,
  address_key text not null,
  network text not null,
  is_ok boolean not null,
  at timestamp with time zone not null,
  PRIMARY KEY (id)
);
CREATE INDEX sign_in_attempts_at ON sign_in_attempts USING btree (at);
CREATE INDEX sign_in_attempts_from ON sign_in_attempts USING btree (network, at);
CREATE INDEX sign_in_attempts_of ON sign_in_attempts USING btree (address_key, at);

create table sign_in_identities (
  issuer text not null,
  subject text not null,
  user_id uuid not null,
  address text not null,
  linked_at timestamp with time zone not null,
  used_at timestamp with time zone not null,
  PRIMARY KEY (issuer, subject),
  FOREIGN KEY (user_id) REFERENCES sign_in_users(id) ON DELETE CASCADE
);
CREATE INDEX sign_in_identities_of ON sign_in_identities USING btree (user_id);

create table sign_in_links (
  id uuid not null,
  identifier text not null,
  value text not null,
  expires_at timestamp with time zone not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  PRIMARY KEY (id)
);
CREATE INDEX sign_in_links_by ON sign_in_links USING btree (identifier);
CREATE INDEX sign_in_links_end ON sign_in_links USING btree (expires_at);

create table sign_in_passkeys (
  id uuid not null,
  user_id uuid not null,
  credential_id text not null,
  public_key bytea not null,
  counter bigint not null,
  transports text[] not null,
  name text not null,
  created_at timestamp with time zone not null,
  used_at timestamp with time zone,
  UNIQUE (credential_id),
  PRIMARY KEY (id),
  FOREIGN KEY (user_id) REFERENCES sign_in_users(id) ON DELETE CASCADE
);
CREATE INDEX sign_in_passkeys_of ON sign_in_passkeys USING btree (user_id);

create table sign_in_requests (
  address_key text not null,
  client text not null,
  at timestamp with time zone not null,
  person_id uuid,
  network text not null default ''::text
);
CREATE INDEX sign_in_requests_at ON sign_in_requests USING btree (at);
CREATE INDEX sign_in_requests_by ON sign_in_requests USING btree (client, at);
CREATE INDEX sign_in_requests_near ON sign_in_requests USING btree (network, at) WHERE (network <> ''::text);
CREATE INDEX sign_in_requests_of ON sign_in_requests USING btree (person_id, at) WHERE (person_id IS NOT NULL);
CREATE INDEX sign_in_requests_to ON sign_in_requests USING btree (address_key, at);

create table sign_in_second_factors (
  id uuid not null,
  user_id uuid not null,
  secret text not null,
  backup_codes text not null,
  verified boolean not null default true,
  failed_verification_count integer not null default 0,
  locked_until timestamp with time zone,
  PRIMARY KEY (id),
  FOREIGN KEY (user_id) REFERENCES sign_in_users(id) ON DELETE CASCADE,
  UNIQUE (user_id)
);

create table sign_in_sessions (
  id uuid not null,
  user_id uuid not null,
  token text not null,
  expires_at timestamp with time zone not null,
  ip_address text,
  user_agent text,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  address text,
  signed_in_at timestamp with time zone,
  PRIMARY KEY (id),
  UNIQUE (token),
  FOREIGN KEY (user_id) REFERENCES sign_in_users(id) ON DELETE CASCADE
);
CREATE INDEX sign_in_sessions_by ON sign_in_sessions USING btree (lower(address));
CREATE INDEX sign_in_sessions_end ON sign_in_sessions USING btree (expires_at);
CREATE INDEX sign_in_sessions_of ON sign_in_sessions USING btree (user_id);

create table sign_in_used (
  what text not null,
  at timestamp with time zone not null,
  PRIMARY KEY (what)
);
CREATE INDEX sign_in_used_at ON sign_in_used USING btree (at);

create table sign_in_users (
  id uuid not null,
  name text not null,
  email text not null,
  email_verified boolean not null,
  image text,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  two_factor_enabled boolean default false,
  UNIQUE (email),
  PRIMARY KEY (id)
);

create table standing_history (
  provider text not null,
  source text not null,
  at timestamp with time zone not null,
  standing text,
  budget integer not null,
  cause text not null,
  PRIMARY KEY (provider, source, at)
);

create table standings (
  provider text not null,
  source text not null,
  standing text,
  budget integer not null,
  day date not null,
  spent integer not null default 0,
  refused integer not null default 0,
  spent_at timestamp with time zone,
  seen_at timestamp with time zone not null,
  PRIMARY KEY (provider, source),
  CHECK ((standing = ANY (ARRAY['approved'::text, 'warming'::text, 'closed'::text])))
);

create table sts_policies (
  domain text not null,
  record_id text not null,
  mode text not null,
  mx text[] not null,
  max_age_s bigint not null,
  lines text[] not null,
  fetched_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  CHECK ((mode = ANY (ARRAY['enforce'::text, 'testing'::text, 'none'::text]))),
  PRIMARY KEY (domain)
);
CREATE INDEX sts_policies_expires ON sts_policies USING btree (expires_at);

create table tls_reports (
  day date not null,
  domain text not null,
  recipients text[] not null,
  at timestamp with time zone not null,
  PRIMARY KEY (day, domain)
);

create table tls_results (
  day date not null,
  domain text not null,
  policy_type text not null,
  policy_domain text not null,
  policy_lines text[] not null,
  policy_hosts text[] not null,
  result text not null,
  reason text not null,
  source text not null,
  host text not null,
  address text not null,
  sessions bigint not null,
  id text not null,
  PRIMARY KEY (day, domain, id)
);

create table topic_follows (
  group_id uuid not null,
  topic_id uuid not null,
  membership_id uuid not null,
  wish text not null,
  at timestamp with time zone not null,
  PRIMARY KEY (group_id, topic_id, membership_id),
  CHECK ((wish = ANY (ARRAY['follow'::text, 'mute'::text])))
);
CREATE INDEX topic_follows_of ON topic_follows USING btree (group_id, membership_id, at);

create table topic_reads (
  group_id uuid not null,
  membership_id uuid not null,
  topic_id uuid not null,
  number integer not null,
  before integer not null,
  visited_at timestamp with time zone not null,
  PRIMARY KEY (group_id, membership_id, topic_id)
);
CREATE INDEX topic_reads_lowest ON topic_reads USING btree (group_id, membership_id, number);

create table topic_tags (
  group_id uuid not null,
  tag text not null,
  topic_id uuid not null,
  PRIMARY KEY (group_id, tag, topic_id)
);
CREATE INDEX topic_tags_of ON topic_tags USING btree (group_id, topic_id);

create table topics (
  group_id uuid not null,
  id uuid not null,
  subject text not null,
  base_subject text not null,
  started_at timestamp with time zone not null,
  last_at timestamp with time zone not null,
  post_count integer not null,
  last_number integer not null,
  last_author text not null,
  last_words text not null,
  authors text[] not null,
  pinned_at timestamp with time zone,
  locked_at timestamp with time zone,
  PRIMARY KEY (group_id, id)
);
CREATE INDEX topics_by_subject ON topics USING btree (group_id, base_subject, last_at DESC);
CREATE INDEX topics_in_order ON topics USING btree (group_id, last_at DESC, id DESC);
CREATE INDEX topics_locked ON topics USING btree (group_id) WHERE (locked_at IS NOT NULL);
CREATE INDEX topics_pinned ON topics USING btree (group_id, pinned_at) WHERE (pinned_at IS NOT NULL);

create table troubles (
  group_id uuid not null,
  membership_id uuid not null,
  day date not null,
  sense text not null,
  at timestamp with time zone not null,
  last_at timestamp with time zone not null,
  found text not null,
  provider text not null,
  address text not null,
  weight real not null,
  status text not null default ''::text,
  said text not null default ''::text,
  outage_id uuid,
  forgotten_at timestamp with time zone,
  CHECK ((found = ANY (ARRAY['returned'::text, 'refused'::text]))),
  PRIMARY KEY (group_id, membership_id, day, sense)
);
CREATE INDEX troubles_at ON troubles USING btree (at);
CREATE INDEX troubles_of_provider ON troubles USING btree (provider, last_at);

create table weighings (
  name text not null,
  at timestamp with time zone not null,
  again_at timestamp with time zone not null,
  PRIMARY KEY (name)
);

create table workers (
  id uuid not null,
  node text not null,
  pid integer not null,
  roles text[] not null,
  version text not null,
  started_at timestamp with time zone not null,
  seen_at timestamp with time zone not null,
  beat bigint not null default 0,
  silent_ms integer not null default 0,
  PRIMARY KEY (id)
);
