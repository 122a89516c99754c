import { issueInvoices } from '../src/jobs/issue-invoices.ts';
import { type Db, openPostgres, type Sql } from '../src/platform/postgres.ts';
import { transaction } from '../src/platform/transaction.ts';
import { insertBareInvoices } from './bare-invoices.ts';
import { growth, type Measure, median, ratio, type Size, SMALLER } from './measure.ts';
import { runSlot } from './run-slot.ts';
import { openWorld, seconds, type Servers } from './world.ts';

const PATIENCE_MS = 300_000; // one statement over all tenants takes longer than a product's may

/**
 * Invoices per second of `issue-invoices` for so many tenants, against one bare statement that writes the same rows; and
 * how its time grows from a tenth of them. Each round is a month; the most memory that a run took is printed.
 */
export async function measureInvoices(servers: Servers, { count, rounds }: Size): Promise<readonly Measure[]> {
  const all = await openTenants(servers, count);
  const few = await openTenants(servers, count / SMALLER);
  const [ours, bare, tenth]: [number[], number[], number[]] = [[], [], []];
  let peak = 0;
  for (let round = 0; round <= rounds; round += 1) {
    const month = new Date(Date.UTC(2025, round, 1)).toISOString().slice(0, 10);
    const slot = new Date(Date.UTC(2025, round + 1, 1, 11));
    for (const { patient } of [all, few]) await fillCharges(patient, month);
    const small = await runSlot(few.world, issueInvoices, slot);
    const baseline = await issueBare(all.patient, month);
    await tidy(all.patient);
    const { took, peakBytes } = await runSlot(all.world, issueInvoices, slot);
    const made = await stateOf(all.patient);
    if (made !== baseline.made) throw new Error(`ours made ${made}, the bare statement ${baseline.made}`);
    peak = Math.max(peak, peakBytes);
    if (round === 0) continue;
    ours.push(took);
    bare.push(baseline.took);
    tenth.push(small.took);
  }
  for (const { close } of [all, few]) await close();
  const size = count.toLocaleString('en');
  console.log(`issue-invoices, ${size} tenants: peak RSS ${Math.round(peak / 2 ** 20)} MiB`);
  return [
    ratio({
      name: `invoices of ${size} tenants, against a bare statement`, unit: 'invoices/s',
      ours: count / median(ours), baseline: count / median(bare), bound: { atLeast: 0.5 },
    }),
    growth('invoices', { count, took: median(ours), tenth: median(tenth) }),
  ];
}

/** A world with so many tenants, and a connection to it that may take its time. */
async function openTenants(servers: Servers, count: number) {
  const world = await openWorld(servers, []);
  const patient = openPostgres({ url: world.url, name: 'bench', connections: 1, statementTimeoutMs: PATIENCE_MS });
  await fillTenants(patient, count);
  const close = async () => {
    await patient.end();
    await world.close();
  };
  return { world, patient, close };
}

/** The statement's time, and what there was after it; it is rolled back. */
async function issueBare(sql: Sql, month: string) {
  const back = new Error('only measured');
  let [took, made] = [0, ''];
  await transaction(sql, async (tx) => {
    took = await seconds(() => insertBareInvoices(tx, month));
    made = await stateOf(tx);
    throw back;
  }, { timeoutMs: PATIENCE_MS }).catch((error: unknown) => {
    if (error !== back) throw error;
  });
  return { took, made };
}

/** How much there is of what a run writes, and what it comes to. */
async function stateOf(db: Db): Promise<string> {
  const [row] = await db`
    select (select count(*) from invoice) as invoices, (select sum(total_minor) from invoice) as total,
           (select count(*) from invoice_line) as lines,
           (select count(*) from ledger_entry) as entries, (select count(*) from outbox_event) as events,
           (select count(*) from performance_charge where invoice_id is not null) as charges
  `;
  return JSON.stringify(row);
}

/** Each has a subscription that falls due in every month. */
async function fillTenants(sql: Sql, count: number): Promise<void> {
  await sql`
    insert into tenant (id, owner_user_id, name, country, currency, time_zone, created_at)
    select gen_random_uuid(), gen_random_uuid(), 'Taller ' || nth, country, currency, zone, '2024-12-01'
    from generate_series(1, ${count}) nth
    join (values
      (0, 'MX', 'MXN', 'America/Mexico_City'), (1, 'CO', 'COP', 'America/Bogota'), (2, 'ES', 'EUR', 'Europe/Madrid')
    ) as place (rest, country, currency, zone) on rest = nth % 3
  `;
  await sql`
    insert into tenant_subscription (id, tenant_id, plan, period, price_minor, currency, starts_on, created_at)
    select gen_random_uuid(), id, 'basic', 'monthly', 49901, currency, '2025-01-10', created_at from tenant
  `;
}

/** Four charges of two kinds in a month for every second tenant. */
async function fillCharges(sql: Sql, month: string): Promise<void> {
  await sql`
    insert into performance_charge (id, tenant_id, kind, source_id, amount_minor, currency, occurred_at)
    select gen_random_uuid(), tenant.id, case nth % 2 when 0 then 'qualified-lead' else 'whatsapp-click' end,
           gen_random_uuid(), 451, currency, ${month}::date + nth * interval '5 days'
    from tenant, generate_series(1, 4) nth
    where name ~ '[02468]$'
  `;
  await tidy(sql);
}

const tidy = (sql: Sql) =>
  sql.unsafe(`
    vacuum analyze tenant, tenant_subscription, performance_charge, invoice, invoice_line, ledger_entry, outbox_event
  `);
