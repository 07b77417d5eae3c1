-- sign-in: the ways beside the mail link. They belong to a person, whose row in sign_in_users bears the person's own id;
-- rows by address are left from links, and their sessions go on.

alter table sign_in_users add column two_factor_enabled boolean default false;

-- By which of their addresses a person came, and when they last showed who they are.
alter table sign_in_sessions add column address text;
alter table sign_in_sessions add column signed_in_at timestamptz;
create index sign_in_sessions_by on sign_in_sessions (lower(address));

-- The second factor (RFC 6238): secret and backup codes are encrypted with the service's key.
create table sign_in_second_factors (
  id uuid primary key,
  user_id uuid not null unique references sign_in_users (id) on delete cascade,
  secret text not null,
  backup_codes text not null,
  verified boolean not null default true,
  failed_verification_count integer not null default 0,
  locked_until timestamptz
);

create table sign_in_passkeys (
  id uuid primary key,
  user_id uuid not null references sign_in_users (id) on delete cascade,
  credential_id text not null unique,
  public_key bytea not null,
  counter bigint not null,
  transports text[] not null,
  name text not null,
  created_at timestamptz not null,
  used_at timestamptz
);
create index sign_in_passkeys_of on sign_in_passkeys (user_id);

-- Whom other services know a person as: the pair is unique for ever (OpenID Connect Core 5.7).
create table sign_in_identities (
  issuer text not null,
  subject text not null,
  user_id uuid not null references sign_in_users (id) on delete cascade,
  address text not null,
  linked_at timestamptz not null,
  used_at timestamptz not null,
  primary key (issuer, subject)
);
create index sign_in_identities_of on sign_in_identities (user_id);

-- What works once: a passkey's challenge, a code of the second factor. The row is the proof that it was used.
create table sign_in_used (
  what text primary key,
  at timestamptz not null
);
create index sign_in_used_at on sign_in_used (at);

-- Tries at a password, by what was typed and from where, and where somebody came in: those networks are theirs.
create table sign_in_attempts (
  id uuid primary key,
  address_key text not null,
  network text not null,
  is_ok boolean not null,
  at timestamptz not null
);
create index sign_in_attempts_at on sign_in_attempts (at);
create index sign_in_attempts_of on sign_in_attempts (address_key, at);
create index sign_in_attempts_from on sign_in_attempts (network, at);
