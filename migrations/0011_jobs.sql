-- What the clock starts. `planned_until`: up to then every slot is in the ledger.
create table job (
  name          text        not null,
  planned_until timestamptz not null,
  paused_at     timestamptz,
  paused_reason text,
  constraint job_pkey         primary key (name),
  constraint job_paused_whole check ((paused_at is null) = (paused_reason is null))
);

-- The ledger: one row for each slot, whatever became of it.
create table job_run (
  job_name      text        not null,
  scheduled_for timestamptz not null,
  outcome       text        not null default 'due',
  reason        text,
  attempts      integer     not null default 0,
  -- After a failure: not before then.
  not_before    timestamptz not null default '-infinity',
  -- Of the holder that works or worked on it.
  fence         bigint,
  worker        text,
  -- The operator's action that asked for it: then no policy passes it over.
  requested_by  uuid,
  planned_at    timestamptz not null default clock_timestamp(),
  started_at    timestamptz,
  finished_at   timestamptz,
  constraint job_run_pkey          primary key (job_name, scheduled_for),
  constraint job_run_job           foreign key (job_name) references job (name),
  constraint job_run_outcome_known check (outcome in (
    'due', 'running', 'done', 'caught-up', 'failed', 'missed', 'skipped'
  ))
);

-- What is to be done.
create index job_run_open on job_run (job_name, scheduled_for) where outcome in ('due', 'running');

-- Who may work on a job, until when by this database's clock. A fence is given once.
create table job_lock (
  job_name     text        not null,
  locked_until timestamptz not null,
  locked_by    text        not null,
  fence        bigint      not null,
  constraint job_lock_pkey primary key (job_name)
);

-- Pieces of a run that are done: they committed with their piece, and a run that is resumed passes them over.
create table job_chunk (
  job_name      text        not null,
  scheduled_for timestamptz not null,
  chunk         text        not null,
  fence         bigint      not null,
  done_at       timestamptz not null default clock_timestamp(),
  constraint job_chunk_pkey primary key (job_name, scheduled_for, chunk),
  constraint job_chunk_run  foreign key (job_name, scheduled_for) references job_run (job_name, scheduled_for) on delete cascade
);
