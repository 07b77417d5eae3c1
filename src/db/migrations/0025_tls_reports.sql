-- TLS reports that were sent: one a day and domain. Without recipients: the domain wants none.
create table tls_reports (
  day date not null,
  domain text not null,
  recipients text[] not null,
  at timestamptz not null,
  primary key (day, domain)
);
