-- Where listings stand. A generation is the ranking as of one slot's time. It is made beside the others and shown in one
-- step, whole; the current one is the newest that is completed.
create table ranking_generation (
  generation   timestamptz not null,   -- the slot's time
  completed_at timestamptz,
  constraint ranking_generation_pkey primary key (generation)
);

-- Partitioned by generation: an old one is dropped whole.
create table ranking (
  generation     timestamptz not null,
  zone           text        not null,
  position       integer     not null,
  listing_id     uuid        not null,
  tenant_id      uuid        not null,
  category       text        not null,
  score          integer     not null,   -- thousandths of a point
  -- Basis points: why the score is what it is.
  reputation     smallint    not null,
  response_time  smallint    not null,
  closed_tickets smallint    not null,
  verification   smallint    not null,
  demand         smallint    not null,
  penalty        smallint    not null,
  constraint ranking_pkey              primary key (generation, zone, position),
  constraint ranking_position_from_one check (position > 0),
  constraint ranking_score_range       check (score between 0 and 1000000)
) partition by list (generation);

create index ranking_in_category on ranking (zone, category, position);
create index ranking_of_tenant on ranking (tenant_id, zone, position);

-- What a ranking looks at every quarter of an hour is what happened lately.
create index lead_lately on lead (created_at);
create index ticket_completed on ticket (closed_at) where outcome = 'completed';

-- The night looks at whole days.
create index daily_metric_of_day on daily_metric (day);

-- Where a figure was not what the facts say, and was corrected.
create table daily_metric_difference (
  tenant_id uuid        not null,
  day       date        not null,
  metric    text        not null,
  slot      timestamptz not null,
  kept      bigint      not null,
  found     bigint      not null,
  constraint daily_metric_difference_pkey primary key (tenant_id, day, metric, slot)
);
