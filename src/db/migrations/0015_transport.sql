-- What domains ask of who sends them mail (MTA-STS, RFC 8461), kept for as long as they say.
create table sts_policies (
  domain text primary key,
  -- The id in the domain's TXT record when the policy was fetched.
  record_id text not null,
  mode text not null check (mode in ('enforce', 'testing', 'none')),
  mx text[] not null,
  max_age_s bigint not null,
  lines text[] not null,
  fetched_at timestamptz not null,
  expires_at timestamptz not null
);
create index sts_policies_expires on sts_policies (expires_at);

-- TLS sessions as they came out, counted for reports (RFC 8460). Rows of one count are equal in all but `sessions`.
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
  -- A digest of everything but `sessions`: the lines of a policy are too long for a key.
  id text not null,
  primary key (day, domain, id)
);
