-- A click is charged after a hold, in which the night's checks can strike it out. What is over a bound waits for an
-- operator ('infinity').
alter table performance_charge
  add column listing_id    uuid,
  add column held_until    timestamptz not null default '-infinity',
  add column hold_reason   text,
  add column struck_at     timestamptz,
  add column struck_reason text,
  add constraint performance_charge_hold_reason check (hold_reason in ('visitor', 'address')),
  add constraint performance_charge_struck      check ((struck_at is null) = (struck_reason is null)),
  -- A billed charge is given back by a dispute or a credit note, and not struck out.
  add constraint performance_charge_struck_free check (struck_at is null or invoice_id is null);

-- The few that wait for an operator.
create index performance_charge_held on performance_charge (id)
  where hold_reason is not null and struck_at is null and held_until = 'infinity';

-- A visitor's and an address's clicks of the last hour.
create index listing_visit_click_visitor on listing_visit (visitor_hash, at) where kind = 'whatsapp-click';
create index listing_visit_click_address on listing_visit (ip_hash, at)      where kind = 'whatsapp-click';
