-- The document store where no MONGODB_URL is set: the same contract as the collections notification_templates and
-- webhook_payloads.

create table notification_template (
  name          text        not null,
  version       integer     not null,
  parts         jsonb       not null,   -- [{ locale, part, source }]
  content_hash  text        not null,
  published_by  text        not null,
  reason        text        not null,
  published_at  timestamptz not null,
  constraint notification_template_pkey                primary key (name, version),
  constraint notification_template_version_is_positive check (version > 0),
  constraint notification_template_parts_are_a_list    check (jsonb_typeof(parts) = 'array')
);

-- Rows are only added. The row with the highest seq is the pointer, the others are how it got there.
create table notification_template_pointer (
  name     text        not null,
  seq      integer     not null,
  version  integer     not null,
  moved_by text        not null,
  reason   text        not null,
  moved_at timestamptz not null,
  constraint notification_template_pointer_pkey            primary key (name, seq),
  constraint notification_template_pointer_version_is_known foreign key (name, version)
    references notification_template (name, version)
);

create table webhook_payload (
  provider     text        not null,
  delivery_id  text        not null,
  standing     text        not null,
  body_sha256  text        not null,
  raw_body     bytea       not null,
  headers      jsonb       not null,
  verdict      text        not null,
  received_at  timestamptz not null,
  constraint webhook_payload_pkey                  primary key (provider, delivery_id, standing, body_sha256),
  constraint webhook_payload_standing_is_known     check (standing in ('first', 'conflict', 'refused')),
  constraint webhook_payload_delivery_id_is_short  check (char_length(delivery_id) <= 256)
);

-- One valid delivery takes the id. Refused ones do not count: whoever cannot sign could otherwise occupy an id.
create unique index webhook_payload_first_is_unique on webhook_payload (provider, delivery_id) where standing = 'first';
