-- What the marketplace serves: where tenants are, what they offer and who looked, and a ticket's way from a quote to a
-- review.
create table branch (
  id         uuid             not null,
  tenant_id  uuid             not null,
  zone       text             not null,
  address    text             not null,
  latitude   double precision not null,
  longitude  double precision not null,
  created_at timestamptz      not null,
  updated_at timestamptz      not null,
  constraint branch_pkey             primary key (id),
  constraint branch_tenant           foreign key (tenant_id) references tenant (id),
  constraint branch_of_tenant        unique (tenant_id, id, zone),
  constraint branch_zone_kebab_case  check (zone ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  constraint branch_latitude_range   check (latitude between -90 and 90),
  constraint branch_longitude_range  check (longitude between -180 and 180)
);

create table listing (
  id           uuid        not null,
  tenant_id    uuid        not null,
  branch_id    uuid        not null,
  zone         text        not null,
  title        text        not null,
  category     text        not null,
  status       text        not null default 'visible',
  published_at timestamptz not null,
  constraint listing_pkey                primary key (id),
  -- A listing is where its branch is, also after the branch has moved.
  constraint listing_branch              foreign key (tenant_id, branch_id, zone)
                                         references branch (tenant_id, id, zone) on update cascade,
  constraint listing_status_known        check (status in ('visible', 'hidden', 'banned')),
  constraint listing_category_kebab_case check (category ~ '^[a-z0-9]+(-[a-z0-9]+)*$')
);

create index listing_of_branch on listing (tenant_id, branch_id);
-- The ranking of a zone: what the public can't see is not ranked.
create index listing_in_zone on listing (zone, category) where status = 'visible';

create table listing_flag (
  listing_id uuid        not null,
  user_id    uuid        not null,
  flagged_by text        not null,
  reason     text        not null,
  created_at timestamptz not null,
  constraint listing_flag_pkey     primary key (listing_id, user_id),
  constraint listing_flag_listing  foreign key (listing_id) references listing (id),
  constraint listing_flag_by_known check (flagged_by in ('user', 'operator'))
);

-- A visit that counted. `follows` is the time of the visit counted before it, of the same visitor to the same listing:
-- each has one successor at most, so of two batches that saw the same end of the chain one wins. There is no foreign
-- key, for it would lock a listing's row with every visit; listings are never deleted.
create table listing_visit (
  listing_id   uuid        not null,
  kind         text        not null,
  visitor_hash text        not null,
  follows      timestamptz not null,   -- -infinity for the first
  at           timestamptz not null,
  ip_hash      text        not null,
  constraint listing_visit_pkey       primary key (listing_id, kind, visitor_hash, follows),
  constraint listing_visit_kind_known check (kind in ('view', 'whatsapp-click')),
  constraint listing_visit_onwards    check (at > follows)
);

-- The night's look for patterns goes through one day at a time.
create index listing_visit_at on listing_visit (at);

alter table ticket
  add column outcome   text,
  add column closed_at timestamptz,
  add column closed_by uuid,
  drop constraint ticket_status_known,
  drop constraint ticket_assigned_whole,
  add constraint ticket_status_known
    check (status in ('open', 'assigned', 'quoted', 'approved', 'scheduled', 'closed')),
  add constraint ticket_assigned_whole
    check ((assigned_at is null) = (assignee_user_id is null)
       and (status <> 'open' or assigned_at is null)
       and (status <> 'assigned' or assigned_at is not null)),
  add constraint ticket_outcome_known
    check (outcome in ('completed', 'declined', 'cancelled')),
  add constraint ticket_closed_whole
    check ((status = 'closed') = (closed_at is not null)
       and (closed_at is null) = (outcome is null)
       and (closed_at is null) = (closed_by is null));

create table quote (
  id          uuid        not null,
  ticket_id   uuid        not null,
  lines       jsonb       not null,   -- [{ description, quantity, unitPriceMinor }]
  currency    text        not null,
  total_minor bigint      not null,
  valid_until timestamptz not null,
  status      text        not null default 'sent',
  sent_at     timestamptz not null,
  approved_at timestamptz,
  constraint quote_pkey             primary key (id),
  constraint quote_ticket           foreign key (ticket_id) references ticket (id),
  constraint quote_lines_are_a_list check (jsonb_typeof(lines) = 'array'),
  constraint quote_currency_alpha_3 check (currency ~ '^[A-Z]{3}$'),
  constraint quote_total_not_owed   check (total_minor >= 0),
  constraint quote_status_known     check (status in ('sent', 'superseded', 'approved')),
  constraint quote_approved_whole   check ((status = 'approved') = (approved_at is not null))
);

create index quote_of_ticket on quote (ticket_id, id);
-- One quote awaits the customer's answer; the next supersedes it.
create unique index quote_one_awaited on quote (ticket_id) where status = 'sent';

create table appointment (
  id           uuid        not null,
  ticket_id    uuid        not null,
  starts_at    timestamptz not null,
  status       text        not null default 'scheduled',
  reason       text,                   -- of its cancellation
  scheduled_at timestamptz not null,
  cancelled_at timestamptz,
  constraint appointment_pkey            primary key (id),
  constraint appointment_ticket          foreign key (ticket_id) references ticket (id),
  constraint appointment_status_known    check (status in ('scheduled', 'cancelled')),
  constraint appointment_cancelled_whole check ((status = 'cancelled') = (cancelled_at is not null)
                                            and (cancelled_at is null) = (reason is null))
);

create index appointment_of_ticket on appointment (ticket_id, id);
-- What to remind of: visits that are cancelled are never looked for.
create index appointment_ahead on appointment (starts_at) where status = 'scheduled';

create table lead (
  id                uuid        not null,
  tenant_id         uuid        not null,
  source            text        not null,
  listing_id        uuid,
  -- The prospect's; they are in no event.
  contact_name      text        not null,
  contact_email     text,
  contact_phone     text,
  status            text        not null default 'new',
  created_by        uuid        not null,
  created_at        timestamptz not null,
  first_response_at timestamptz,
  constraint lead_pkey                primary key (id),
  constraint lead_tenant              foreign key (tenant_id) references tenant (id),
  constraint lead_listing             foreign key (listing_id) references listing (id),
  constraint lead_source_known        check (source in ('form', 'whatsapp', 'phone', 'referral')),
  constraint lead_status_known        check (status in ('new', 'contacted', 'qualified', 'won', 'lost')),
  constraint lead_can_be_reached      check (contact_email is not null or contact_phone is not null),
  constraint lead_answered_when_moved check (status in ('new', 'lost') or first_response_at is not null)
);

create index lead_of_tenant on lead (tenant_id, id);
-- Who still waits for a first response: few, and looked for again and again.
create index lead_waiting on lead (created_at) where status = 'new';

create table review (
  id             uuid        not null,
  ticket_id      uuid        not null,
  tenant_id      uuid        not null,
  author_user_id uuid        not null,
  rating         smallint    not null,
  text           text        not null,
  verified       boolean     not null,
  status         text        not null default 'visible',
  created_at     timestamptz not null,
  constraint review_pkey           primary key (id),
  constraint review_one_per_ticket unique (ticket_id),
  constraint review_ticket         foreign key (ticket_id) references ticket (id),
  constraint review_tenant         foreign key (tenant_id) references tenant (id),
  constraint review_rating_range   check (rating between 1 and 5),
  constraint review_status_known   check (status in ('visible', 'hidden', 'banned'))
);

-- A tenant's reviews and its reputation: hidden ones are in neither.
create index review_shown on review (tenant_id, id) where status = 'visible';

-- Made of the reviews again whenever one is written or moderated; a tenant without reviews has no row, or zeros.
create table tenant_reputation (
  tenant_id        uuid             not null,
  score            double precision not null,
  reviews          integer          not null,
  verified_reviews integer          not null,
  updated_at       timestamptz      not null,
  constraint tenant_reputation_pkey          primary key (tenant_id),
  constraint tenant_reputation_tenant        foreign key (tenant_id) references tenant (id),
  constraint tenant_reputation_score_range   check (score between 1 and 5),
  constraint tenant_reputation_verified_part check (verified_reviews between 0 and reviews)
);
