-- queue: lanes, and the order in which deliveries are taken from a provider's queue.

-- One provider seen from one of our sending addresses. Exactly one worker drives it, as long as it lives.
create table lanes (
  provider text not null,
  -- One of our own addresses, or the node's name in angle brackets where the system chooses.
  source text not null,
  -- Who drives it; null when nobody does.
  worker uuid,
  -- Virtual time of fair queueing: the largest tag that was taken here.
  virtual bigint not null default 0,
  -- What its last driver had learned (outbound/pace.ts); null when there is nothing to know.
  pace jsonb,
  used_at timestamptz not null,
  primary key (provider, source)
) with (fillfactor = 70);
create index lanes_driven on lanes (worker) where worker is not null;
create index lanes_used on lanes (used_at);

-- What is due later is a state of its own: it would stand in the way of what is due now.
alter table deliveries drop constraint deliveries_state_check;
alter table deliveries add constraint deliveries_state_check
  check (state in ('waiting', 'deferred', 'taken', 'held'));
update deliveries set state = 'deferred' where state = 'waiting' and due_at > now();

drop index deliveries_waiting;
drop index deliveries_of_provider;
create index deliveries_next on deliveries (provider, class, tag, id) where state = 'waiting';
create index deliveries_of_group on deliveries (provider, class, group_id, tag) where state = 'waiting';
create index deliveries_deferred on deliveries (due_at) where state = 'deferred';

-- A group's share of a provider's time against other groups' (1 is an equal share).
alter table groups add column weight real not null default 1 check (weight > 0);
-- What a delivery costs its group in fair queueing: hundredths of a recipient, less for a group that weighs more.
alter table deliveries add column cost int not null default 100;
