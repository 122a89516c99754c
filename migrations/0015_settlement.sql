-- What a payment provider says it settled for us in a period, as its report has it.
create table settlement_report (
  id            uuid        not null,
  provider      text        not null,
  period_start  date        not null,
  period_end    date        not null,
  -- Of the report's bytes: the same report is taken once.
  sha256        text,
  lines         bigint,
  loaded_at     timestamptz not null default clock_timestamp(),
  reconciled_at timestamptz,
  constraint settlement_report_pkey           primary key (id),
  constraint settlement_report_once           unique (provider, sha256),
  constraint settlement_report_period_forward check (period_end >= period_start)
);

-- What is to be reconciled.
create index settlement_report_open on settlement_report (id) where reconciled_at is null;

-- A report is copied straight in here; the transaction that copies says whose lines they are.
create table settlement_line (
  report_id           uuid   not null default current_setting('columna.settlement_report')::uuid,
  line                bigint not null generated always as identity,
  provider_payment_id text   not null,
  amount_minor        bigint not null,
  currency            text   not null,
  settled_on          date   not null,
  constraint settlement_line_pkey             primary key (report_id, line),
  constraint settlement_line_payment_id       check (provider_payment_id <> '' and length(provider_payment_id) <= 200),
  constraint settlement_line_amount_positive  check (amount_minor > 0),
  constraint settlement_line_currency_alpha_3 check (currency ~ '^[A-Z]{3}$')
);

-- Whether any report has a payment.
create index settlement_line_of_payment on settlement_line (provider_payment_id);
-- What should be in a report of the period.
create index payment_captured on payment (provider, captured_at) where status = 'captured';

-- Where ours and theirs do not agree. What a later report sets right is resolved by it.
create table payment_mismatch (
  id                  uuid        not null,
  provider            text        not null,
  provider_payment_id text        not null,
  kind                text        not null,
  report_id           uuid        not null,
  ours_minor          bigint,
  ours_currency       text,
  theirs_minor        bigint,
  theirs_currency     text,
  found_at            timestamptz not null,
  announced_at        timestamptz,
  resolved_at         timestamptz,
  constraint payment_mismatch_pkey       primary key (id),
  constraint payment_mismatch_once       unique (provider, provider_payment_id, kind),
  constraint payment_mismatch_report     foreign key (report_id) references settlement_report (id),
  constraint payment_mismatch_kind_known check (kind in (
    'missing-here', 'missing-there', 'amount-differs', 'currency-differs', 'duplicate'
  ))
);

-- What nobody has been told of yet.
create index payment_mismatch_unannounced on payment_mismatch (id) where announced_at is null;
