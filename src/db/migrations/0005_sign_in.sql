-- sign-in: the web's accounts and sessions, in the form better-auth keeps them. A person of the directory is found by address.

create table sign_in_users (
  id uuid primary key,
  name text not null,
  email text not null unique,
  email_verified boolean not null,
  image text,
  created_at timestamptz not null,
  updated_at timestamptz not null
);

create table sign_in_sessions (
  id uuid primary key,
  user_id uuid not null references sign_in_users (id) on delete cascade,
  token text not null unique,
  expires_at timestamptz not null,
  ip_address text,
  user_agent text,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index sign_in_sessions_of on sign_in_sessions (user_id);
create index sign_in_sessions_end on sign_in_sessions (expires_at);

-- Other ways to sign in than a mail link (password, passkey, another service): one row each.
create table sign_in_accounts (
  id uuid primary key,
  user_id uuid not null references sign_in_users (id) on delete cascade,
  account_id text not null,
  provider_id text not null,
  access_token text,
  refresh_token text,
  id_token text,
  access_token_expires_at timestamptz,
  refresh_token_expires_at timestamptz,
  scope text,
  password text,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index sign_in_accounts_of on sign_in_accounts (user_id);

-- Links on their way: the identifier holds a hash, so that who reads the database can't use one.
create table sign_in_links (
  id uuid primary key,
  identifier text not null,
  value text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index sign_in_links_by on sign_in_links (identifier);
create index sign_in_links_end on sign_in_links (expires_at);

-- Who asked for links: nobody can make us flood a stranger.
create table sign_in_requests (
  address_key text not null,
  client text not null,
  at timestamptz not null
);
create index sign_in_requests_to on sign_in_requests (address_key, at);
create index sign_in_requests_by on sign_in_requests (client, at);
create index sign_in_requests_at on sign_in_requests (at);
