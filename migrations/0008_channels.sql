-- Push: one row for each app or browser that may show a user's notifications.
create table push_device (
  id           uuid        not null,
  user_id      uuid        not null,
  platform     text        not null,
  -- FCM's registration token, or a browser's push endpoint: whoever has it can reach the device.
  address      text        not null,
  -- A browser's keys (RFC 8291), base64url.
  p256dh       text,
  auth         text,
  created_at   timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  constraint push_device_pkey           primary key (id),
  -- A device that changes hands belongs to who signed in last.
  constraint push_device_address_once   unique (address),
  constraint push_device_platform_known check (platform in ('fcm', 'web')),
  constraint push_device_keys_of_web    check ((platform = 'web') = (p256dh is not null and auth is not null))
);

create index push_device_user on push_device (user_id, last_seen_at);

alter table notification
  drop constraint notification_channel_known,
  add constraint notification_channel_known check (channel in ('inbox', 'email', 'push', 'whatsapp'));

alter table notification_attempt
  drop constraint notification_attempt_outcome_known,
  add constraint notification_attempt_outcome_known check (outcome in (
    'sending', 'sent', 'rejected', 'limited', 'unreachable', 'unknown'
  ));

-- WhatsApp: only to who said yes to it.
alter table user_contact
  add column phone           text,   -- E.164
  add column whatsapp_opt_in boolean not null default false,
  add constraint user_contact_opt_in_has_phone check (phone is not null or not whatsapp_opt_in);

-- What providers reported of a message after they took it; rows are only ever added.
create table notification_receipt (
  notification_id uuid        not null,
  status          text        not null,
  -- By the provider's clock.
  occurred_at     timestamptz not null,
  detail          text,
  received_at     timestamptz not null default clock_timestamp(),
  constraint notification_receipt_pkey         primary key (notification_id, status),
  constraint notification_receipt_notification foreign key (notification_id) references notification (id),
  constraint notification_receipt_status_known check (status in ('sent', 'delivered', 'read', 'failed'))
);
