-- directory: a person wants a further address; the token in our letter to it names the row.
create table address_claims (
  id uuid primary key,
  person_id uuid not null,
  address text not null,
  address_key text not null,
  asked_at timestamptz not null
);
create index address_claims_of on address_claims (person_id);
create index address_claims_to on address_claims (address_key);
create index address_claims_asked on address_claims (asked_at);

-- directory: a signed-in person's memberships are asked for on every page.
create index memberships_of_person on memberships (person_id);

-- sign-in: on whose account a letter to an address was asked for.
alter table sign_in_requests add column person_id uuid;
create index sign_in_requests_of on sign_in_requests (person_id, at) where person_id is not null;
