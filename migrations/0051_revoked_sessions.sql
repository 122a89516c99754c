-- Tokens that were signed out, by their SHA-256. A row is of no use once the token has expired.
create table revoked_token (
  digest     text        not null,
  expires_at timestamptz not null,
  constraint revoked_token_pkey primary key (digest)
);

-- Users all of whose sessions an operator ended: tokens issued until then are refused. A row is of no use once every
-- such token has expired.
create table ended_session (
  user_id    uuid        not null,
  ended_at   timestamptz not null,
  expires_at timestamptz not null,
  constraint ended_session_pkey primary key (user_id)
);
