-- providers: how each of them takes our sending addresses, and what an operator has set.

-- One row a provider and sending address of ours, for providers that do not take everybody alike.
create table standings (
  provider text not null,
  source text not null,
  -- The word of an operator, or earned by growth; null: by the provider's rule.
  standing text check (standing in ('approved', 'warming', 'closed')),
  -- Mails on `day` while warming; spent and refused are of that day (UTC) too.
  budget int not null,
  day date not null,
  spent int not null default 0,
  refused int not null default 0,
  spent_at timestamptz,
  -- When a worker that sends from this address last asked.
  seen_at timestamptz not null,
  primary key (provider, source)
);

-- What became of a standing, and why.
create table standing_history (
  provider text not null,
  source text not null,
  at timestamptz not null,
  standing text,
  budget int not null,
  cause text not null,
  primary key (provider, source, at)
);

-- Limits in place of those known of the provider; null: none.
create table provider_settings (
  provider text not null,
  key text not null check (key in ('connections', 'mails-per-connection', 'per-minute', 'recipients')),
  value int check (value > 0),
  set_at timestamptz not null,
  primary key (provider, key)
);
