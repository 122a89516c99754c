-- What a user wants to be told by which channel: a row where they said something, else they are told.
create table notification_preference (
  user_id    uuid        not null,
  channel    text        not null,
  category   text        not null,
  enabled    boolean     not null,
  updated_at timestamptz not null default now(),
  constraint notification_preference_pkey          primary key (user_id, channel, category),
  constraint notification_preference_channel_known check (channel in ('inbox', 'email', 'push', 'whatsapp'))
);

-- When a user is to be left alone, by the clock on their wall.
create table notification_setting (
  user_id     uuid        not null,
  time_zone   text        not null,
  quiet_from  time,
  quiet_until time,
  updated_at  timestamptz not null default now(),
  constraint notification_setting_pkey        primary key (user_id),
  constraint notification_setting_quiet_whole check ((quiet_from is null) = (quiet_until is null)),
  constraint notification_setting_quiet_ends  check (quiet_from <> quiet_until)
);

-- What is gathered for a user: the open window of a category takes what comes, and is told as one when it closes.
create table digest (
  id        uuid        not null,
  user_id   uuid        not null,
  category  text        not null,
  opened_at timestamptz not null default now(),
  closes_at timestamptz not null,
  closed_at timestamptz,
  -- What told of it.
  event_id  uuid,
  constraint digest_pkey primary key (id)
);

-- One open window: whoever comes at the same instant joins it.
create unique index digest_open on digest (user_id, category) where closed_at is null;
-- Those that are due.
create index digest_due on digest (closes_at) where closed_at is null;

alter table notification
  add column category       text,
  -- 'queued' and not before then; a job asks for it again.
  add column due_at         timestamptz,
  -- Of no use from then on.
  add column expires_at     timestamptz,
  -- Of no use when this visit is called off or at another time than `expires_at`.
  add column appointment_id uuid,
  add column digest_id      uuid,
  -- Attempts that ended without the provider's yes; an operator's resend begins anew.
  add column refusals       integer not null default 0,
  -- When the last attempt began.
  add column attempted_at   timestamptz,
  add constraint notification_digest    foreign key (digest_id) references digest (id),
  add constraint notification_due_waits check (due_at is null or status = 'queued'),
  drop constraint notification_inbox_text,
  add constraint notification_inbox_text check (channel <> 'inbox' or status in ('failed', 'suppressed') or body is not null);

-- What waits for its time.
create index notification_due on notification (due_at) where due_at is not null;
-- What is gathered in a window.
create index notification_digest on notification (digest_id) where digest_id is not null;
-- How much a user was sent by a channel lately.
create index notification_attempted on notification (user_id, channel, attempted_at) where attempted_at is not null;
-- What operators look for, and what they recover.
create index notification_trouble on notification (channel, status, id) where status in ('failed', 'unknown', 'suppressed');

-- Why somebody was told, or was not, or later: a row for each rule that had a say; rows are only ever added.
create table notification_decision (
  event_id   uuid        not null,
  user_id    uuid        not null,
  channel    text        not null,
  decided_at timestamptz not null default clock_timestamp(),
  rule       text        not null,
  verdict    text        not null,
  detail     text,
  constraint notification_decision_pkey          primary key (event_id, user_id, channel, decided_at, rule),
  constraint notification_decision_verdict_known check (verdict in ('allowed', 'suppressed', 'held', 'gathered', 'replaced', 'sent again'))
);
