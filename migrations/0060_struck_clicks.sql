-- Clicks whose charge was struck out: rankings leave them out.
create index performance_charge_struck on performance_charge (listing_id, occurred_at) where struck_at is not null;
