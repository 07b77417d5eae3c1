-- queue: leases that no clock can take away, and recipients who are settled twice.

-- Changes with every beat of the worker's supervisor; `seen_at` is for people.
alter table workers add column beat bigint not null default 0;
-- How long its main thread has said nothing to its supervisor.
alter table workers add column silent_ms int not null default 0;

-- Ids under which those who held it before, and may not be quite dead, can still write down what they sent; null: nobody.
alter table deliveries add column formerly uuid[];

-- Copies beyond the first that a far side is known to have taken.
alter table sendings add column again int not null default 0;
-- Counted by earlier versions, which could count somebody twice.
create index sendings_beyond on sendings (item_id) where sent + given_up > planned;
