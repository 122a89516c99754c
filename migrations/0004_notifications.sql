-- What a user was or will be told: one row for each event, user, channel and template.
create table notification (
  id               uuid        not null,
  event_id         uuid        not null,
  user_id          uuid        not null,
  tenant_id        uuid,
  channel          text        not null,
  template         text        not null,
  template_version integer     not null,
  locale           text        not null,
  payload          jsonb       not null,
  -- The text as it stands in the in-app inbox; other channels render when they send.
  body             text,
  status           text        not null default 'queued',
  reason           text,
  attempts         integer     not null default 0,
  -- While 'sending': until when the attempt may still be under way. Later nobody knows what became of it.
  sending_until    timestamptz,
  provider_id      text,
  created_at       timestamptz not null default now(),
  sent_at          timestamptz,
  read_at          timestamptz,
  constraint notification_pkey          primary key (id),
  constraint notification_once          unique (event_id, user_id, channel, template),
  constraint notification_channel_known check (channel in ('inbox', 'email')),
  constraint notification_status_known  check (status in (
    'queued', 'sending', 'sent', 'delivered', 'read', 'failed', 'suppressed', 'unknown'
  )),
  constraint notification_sending_ends  check ((status = 'sending') = (sending_until is not null)),
  constraint notification_inbox_text    check (channel <> 'inbox' or status = 'failed' or body is not null)
);

-- A user's inbox, newest first: other channels are never listed to the user.
create index notification_inbox on notification (user_id, id) where channel = 'inbox';
-- The unread count.
create index notification_unread on notification (user_id) where channel = 'inbox' and read_at is null;

-- What was tried, one row for each step of each attempt; rows are only ever added.
create table notification_attempt (
  notification_id uuid        not null,
  attempt         integer     not null,
  outcome         text        not null,
  detail          text,
  at              timestamptz not null default clock_timestamp(),
  constraint notification_attempt_pkey          primary key (notification_id, attempt, outcome),
  constraint notification_attempt_notification  foreign key (notification_id) references notification (id),
  constraint notification_attempt_outcome_known check (outcome in (
    'sending', 'sent', 'rejected', 'unreachable', 'unknown'
  ))
);
