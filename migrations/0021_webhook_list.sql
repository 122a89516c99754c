-- Deliveries of webhooks newest first, for operators; the text after the time tells those of one instant apart.
create index webhook_payload_received
  on webhook_payload (received_at, (provider || ' ' || delivery_id || ' ' || standing || ' ' || body_sha256));
-- What was refused is rare among what was not, and is what is looked for when a provider complains.
create index webhook_payload_refused
  on webhook_payload (received_at, (provider || ' ' || delivery_id || ' ' || standing || ' ' || body_sha256))
  where standing = 'refused';
