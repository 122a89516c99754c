-- A past time that one consumer is to handle again, as an operator asked: first tried out and rolled back, then for good.
create table replay (
  id            uuid        not null,
  consumer_name text        not null,
  from_at       timestamptz not null,
  to_at         timestamptz not null,
  state         text        not null default 'asked',
  -- What the trial said it would do; no personal data.
  report        jsonb,
  -- Everything up to here is done.
  position      uuid        not null default '00000000-0000-0000-0000-000000000000',
  handled       integer     not null default 0,
  failure       text,
  asked_at      timestamptz not null default clock_timestamp(),
  finished_at   timestamptz,
  constraint replay_pkey         primary key (id),
  constraint replay_consumer     foreign key (consumer_name) references consumer (name),
  constraint replay_time_forward check (from_at < to_at),
  constraint replay_state_known  check (state in ('asked', 'tried', 'running', 'done', 'failed', 'cancelled'))
);

-- What a worker looks for every few seconds; almost always empty.
create index replay_open on replay (id) where state in ('asked', 'running');
