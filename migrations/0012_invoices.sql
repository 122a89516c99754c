-- Invoices: what a tenant is billed for a month, frozen, with numbers that leave no gap. And payout cycles whose lines
-- are frozen by a hash. Amounts are minor units of the currency beside them.

-- To the nearest whole number, to the even one of two as near; the divisor is positive.
create function divide_half_even(dividend numeric, divisor numeric) returns bigint
  language sql immutable parallel safe
return (
  div(dividend, divisor) + case
    when 2 * abs(mod(dividend, divisor)) > divisor then sign(dividend)
    when 2 * abs(mod(dividend, divisor)) = divisor then sign(dividend) * abs(mod(div(dividend, divisor), 2))
    else 0
  end
)::bigint;

-- Months since year 0, for counting between days.
create function month_number(day date) returns integer
  language sql immutable parallel safe
return (extract(year from day) * 12 + extract(month from day))::integer;

-- The zone, or UTC where this server does not know it: one tenant's odd zone must not keep others from being billed.
create function zone_or_utc(zone text) returns text
  language plpgsql stable
as $$
begin
  perform now() at time zone zone;
  return zone;
exception when invalid_parameter_value then
  return 'UTC';
end
$$;

-- The last number of each series, given in the transaction of the invoice that has it: what rolls back gives it back.
create table invoice_series (
  -- Country and year, 'MX-2026'; of credit notes 'MX-NC-2026'.
  series      text    not null,
  last_number integer not null,
  constraint invoice_series_pkey     primary key (series),
  constraint invoice_series_form     check (series ~ '^[A-Z]{2}(-NC)?-[0-9]{4}$'),
  constraint invoice_series_positive check (last_number > 0)
);

create table invoice (
  id           uuid        not null,
  kind         text        not null,
  series       text        not null,
  place        integer     not null,
  number       text        not null generated always as (
    series || '-' || lpad(place::text, greatest(6, length(place::text)), '0')
  ) stored,
  tenant_id    uuid        not null,
  -- As they were on the day.
  tenant_name  text        not null,
  country      text        not null,
  currency     text        not null,
  -- The month, by the tenant's calendar. What came too late for its own month is in a later one.
  period_start date        not null,
  period_end   date        not null,
  issued_at    timestamptz not null,
  -- The day of that in the tenant's zone.
  issued_on    date        not null,
  net_minor    bigint      not null,
  tax_minor    bigint      not null,
  total_minor  bigint      not null,
  line_count   integer     not null,
  -- Of a credit note: the invoice that it takes back, and why.
  credits      uuid,
  reason       text,
  constraint invoice_pkey             primary key (id),
  constraint invoice_once             unique (tenant_id, period_start, currency, kind),
  constraint invoice_number_once      unique (series, place),
  constraint invoice_series_known     foreign key (series) references invoice_series (series),
  constraint invoice_tenant           foreign key (tenant_id) references tenant (id),
  constraint invoice_credits          foreign key (credits) references invoice (id),
  constraint invoice_kind_known       check (kind in ('invoice', 'credit-note')),
  constraint invoice_credit_whole     check ((kind = 'credit-note') = (credits is not null)
                                        and (credits is null) = (reason is null)),
  constraint invoice_country_alpha_2  check (country ~ '^[A-Z]{2}$'),
  constraint invoice_currency_alpha_3 check (currency ~ '^[A-Z]{3}$'),
  constraint invoice_whole_month      check (extract(day from period_start) = 1
                                        and period_end = (period_start + interval '1 month')::date - 1),
  constraint invoice_adds_up          check (net_minor + tax_minor = total_minor),
  constraint invoice_has_lines        check (line_count > 0)
);

create index invoice_list on invoice (tenant_id, id);
-- An invoice is taken back once; most of them never are.
create unique index invoice_credited_once on invoice (credits) where credits is not null;

create table invoice_line (
  invoice_id        uuid    not null,
  position          integer not null,
  kind              text    not null,
  -- The subscription or the dispute; null where charges are summed up, of taxes, and in credit notes.
  source_id         uuid,
  -- The plan, what was charged for, what was disputed, or the tax; of no tax, why.
  detail            text    not null,
  -- The days that it is for.
  starts_on         date    not null,
  ends_on           date    not null,
  quantity          integer not null,
  -- Of a tax: what the rate is taken of.
  unit_minor        bigint  not null,
  rate_basis_points integer not null,
  amount_minor      bigint  not null,
  constraint invoice_line_pkey         primary key (invoice_id, position),
  constraint invoice_line_invoice      foreign key (invoice_id) references invoice (id),
  constraint invoice_line_kind_known   check (kind in ('subscription', 'charge', 'dispute', 'tax')),
  constraint invoice_line_days_forward check (ends_on >= starts_on),
  constraint invoice_line_counts       check (quantity > 0),
  constraint invoice_line_amount       check (kind = 'tax' or amount_minor = quantity * unit_minor),
  constraint invoice_line_tax          check (
    kind <> 'tax' or amount_minor = divide_half_even(unit_minor::numeric * rate_basis_points, 10000)
  )
);

-- Nothing is billed twice: a period of a subscription, or a dispute. Charges bear their invoice themselves.
create unique index invoice_line_period_once on invoice_line (source_id, starts_on)
  where kind = 'subscription' and source_id is not null;
create unique index invoice_line_dispute_once on invoice_line (source_id)
  where kind = 'dispute' and source_id is not null;

alter table performance_charge
  add column invoice_id uuid,
  add constraint performance_charge_invoice foreign key (invoice_id) references invoice (id);

-- What is still to be billed, however much was.
create index performance_charge_unbilled on performance_charge (tenant_id) where invoice_id is null;
-- The few disputes that give something back.
create index dispute_lost on dispute (tenant_id) where status = 'lost';

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is frozen: a correction is a credit note', tg_table_name using errcode = 'restrict_violation';
end
$$;

create trigger invoice_frozen      before update or delete or truncate on invoice      execute function refuse_change();
create trigger invoice_line_frozen before update or delete or truncate on invoice_line execute function refuse_change();

-- An invoice is the sum of its lines, and none is added later.
create function check_invoice_lines() returns trigger language plpgsql as $$
begin
  if exists (
    select from invoice
    join lateral (
      select count(*) as lines, sum(amount_minor) filter (where kind <> 'tax') as net,
             sum(amount_minor) filter (where kind = 'tax') as tax
      from invoice_line where invoice_id = invoice.id
    ) written on true
    where invoice.id in (select invoice_id from added)
      and (lines, net, tax) is distinct from (line_count, net_minor, tax_minor)
  ) then
    raise exception 'an invoice is not the sum of its lines' using errcode = 'check_violation';
  end if;
  return null;
end
$$;

create trigger invoice_line_adds_up after insert on invoice_line
  referencing new table as added for each statement execute function check_invoice_lines();

-- SHA-256 over a line «commission id,minor units» for each of the cycle's, by id: a changed one would be seen.
alter table payout_cycle add column lines_hash text;

update payout_cycle cycle
set lines_hash = (
  select encode(sha256(convert_to(coalesce(
           string_agg(commission.id || ',' || commission.amount_minor, E'\n' order by commission.id), ''
         ), 'UTF8')), 'hex')
  from payout_line line join commission on commission.id = line.commission_id
  where line.cycle_id = cycle.id
);

alter table payout_cycle
  alter column lines_hash set not null,
  add constraint payout_cycle_lines_hash_hex check (lines_hash ~ '^[0-9a-f]{64}$');
