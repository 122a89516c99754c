-- Rows that point at a row, found without reading the whole table.
create index commission_of_case              on commission (case_id) where case_id is not null;
create index dispute_of_tenant               on dispute (tenant_id);
create index fraud_case_attribution_of       on fraud_case_attribution (attribution_id);
create index lead_of_listing                 on lead (listing_id) where listing_id is not null;
create index ledger_entry_of_charge          on ledger_entry (charge_id) where charge_id is not null;
create index ledger_entry_of_dispute         on ledger_entry (dispute_id) where dispute_id is not null;
create index ledger_entry_of_payment         on ledger_entry (payment_id) where payment_id is not null;
create index ledger_entry_of_subscription    on ledger_entry (subscription_id) where subscription_id is not null;
create index member_invitation_of_tenant     on member_invitation (tenant_id);
create index payment_of_any_status           on payment (tenant_id);
create index payment_mismatch_of_report      on payment_mismatch (report_id) where report_id is not null;
create index payout_cycle_after              on payout_cycle (previous_cycle_id) where previous_cycle_id is not null;
create index performance_charge_of_invoice   on performance_charge (invoice_id) where invoice_id is not null;
create index replay_of_consumer              on replay (consumer_name);
create index review_of_tenant                on review (tenant_id);
create index subscription_of_type            on subscription (event_type);
create index ticket_of_tenant                on ticket (tenant_id);

-- A notification's way to its provider changes no indexed column: its updates stay in the row's page.
alter table notification
  -- The status of one that ended badly; null on the way and after a good end.
  add column trouble text generated always as (case when status in ('failed', 'unknown', 'suppressed') then status end) stored,
  set (fillfactor = 60);
drop index notification_trouble;
drop index notification_attempted;
drop index notification_inbox;
create index notification_of_user on notification (user_id, channel, id);
-- What operators look for, and what they recover.
create index notification_trouble on notification (channel, trouble, id) where trouble is not null;
