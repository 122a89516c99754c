-- What the night finds suspicious: nothing here says who somebody is, only ids, counts and points.
-- Who shares something with whom, as pairs of users, both ways round; what it is that they share is not kept.
create table fraud_link (
  day           date    not null,
  kind          text    not null,
  user_id       uuid    not null,
  other_user_id uuid    not null,
  shared        integer not null,
  constraint fraud_link_pkey            primary key (day, kind, user_id, other_user_id),
  constraint fraud_link_kind_known      check (kind in ('instrument', 'phone', 'ip', 'visitor')),
  constraint fraud_link_of_two          check (user_id <> other_user_id),
  constraint fraud_link_shared_positive check (shared > 0)
);

-- Subjects without a point have no row.
create table fraud_score (
  subject_kind text    not null,
  subject_id   uuid    not null,
  day          date    not null,
  score        integer not null,
  components   jsonb   not null,   -- { feature: { value, points } }, of those with points
  constraint fraud_score_pkey          primary key (day, subject_kind, subject_id),
  constraint fraud_score_subject_known check (subject_kind in ('tenant', 'ambassador', 'reviewer')),
  constraint fraud_score_range         check (score between 1 and 1000)
);

create table fraud_case (
  id           uuid        not null,
  subject_kind text        not null,
  -- Of a ring, what `fraud_ring_member` calls it.
  subject_id   uuid        not null,
  opened_at    timestamptz not null,
  -- The highest while it was open.
  score        integer     not null,
  evidence     jsonb       not null,
  status       text        not null default 'open',
  resolved_at  timestamptz,
  resolved_by  uuid,
  reason       text,
  constraint fraud_case_pkey           primary key (id),
  constraint fraud_case_subject_known  check (subject_kind in ('tenant', 'ambassador', 'reviewer', 'ring')),
  constraint fraud_case_score_range    check (score between 1 and 1000),
  constraint fraud_case_status_known   check (status in ('open', 'dismissed', 'confirmed')),
  constraint fraud_case_resolved_whole check ((status = 'open') = (resolved_at is null)
                                          and (resolved_at is null) = (resolved_by is null)
                                          and (resolved_at is null) = (reason is null))
);

create index fraud_case_of_subject on fraud_case (subject_kind, subject_id);
-- However often the night finds a subject, a person looks at it once at a time.
create unique index fraud_case_one_open on fraud_case (subject_kind, subject_id) where status = 'open';

-- Whom a ring was made of: it is known again by them when it has grown or shrunk.
create table fraud_ring_member (
  ring_id uuid not null,
  user_id uuid not null,
  constraint fraud_ring_member_pkey primary key (user_id, ring_id)
);

-- Whether an author is new: the night looks for their first review.
create index review_of_author on review (author_user_id, created_at);
