import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream, openAsBlob, rmSync } from 'node:fs';
import { finished, pipeline } from 'node:stream/promises';
import { tokenIssuer } from '../dev/demo/people.ts';
import { reconcilePayments } from '../src/jobs/reconcile-payments.ts';
import { copyInto } from '../src/platform/copy-into.ts';
import { transaction } from '../src/platform/transaction.ts';
import { growth, type Measure, ratio, SMALLER } from './measure.ts';
import { startOn } from './processes.ts';
import { runSlot } from './run-slot.ts';
import { openWorld, seconds, type Servers, type World } from './world.ts';

const DAY = '2026-06-10';
const LINES_AT_ONCE = 10_000;
const WRONG_EVERY = 1_000; // one line in so many does not agree
const TIMEOUT_MS = 600_000;

interface Size {
  readonly lines: number;
  /** Where the reports are written. */
  readonly folder: string;
}

/**
 * Lines a second from a provider's report on the disk to what does not agree: uploaded to a web process and reconciled
 * by the job, against a bare `copy` of the same file and the bare statements; and how the time grows from a tenth.
 */
export async function measureReconciliation(servers: Servers, { lines, folder }: Size): Promise<readonly Measure[]> {
  const few = await reconcileOnce(servers, { lines: lines / SMALLER, folder });
  const { took, bare, peakBytes } = await reconcileOnce(servers, { lines, folder });
  console.log(`  peak memory of this process, which ran the job: ${Math.round(peakBytes / 2 ** 20)} MB`);
  return [
    ratio({
      name: `reconciliation of ${lines.toLocaleString('en')} lines, against copy and the bare SQL`, unit: 'lines/s',
      ours: lines / took, baseline: lines / bare, bound: { atLeast: 0.5 },
    }),
    growth('reconciliation', { count: lines, took, tenth: few.took }),
  ];
}

/** Seconds that one report takes by us, and bare. */
async function reconcileOnce(servers: Servers, { lines, folder }: Size) {
  const world = await openWorld(servers, []);
  await world.sql`select set_config('statement_timeout', '0', false)`;
  await fillPayments(world, lines);
  const file = `${folder}/settlement.csv`;
  const [theirs, ours] = [`${file}.bare`, `${file}.ours`];
  await writeReport(theirs, lines, 'bare');
  await writeReport(ours, lines, 'ours');

  const secret = randomBytes(32).toString('hex');
  const env = { JWT_SECRET: secret, HASH_KEY: secret, PAYMENTS_WEBHOOK_SECRETS: secret, JWKS_URL: '' };
  const web = await startOn(world, { servers, formation: { web: 1 }, env });
  const url = `http://127.0.0.1:${web.processes[0]?.ports['PORT']}`;
  const token = await tokenIssuer(secret)({ userId: randomUUID() }, { roles: ['backoffice:write'] });
  const bare = await seconds(() => reconcileBare(world, theirs));
  await clear(world);
  const uploaded = await seconds(() => upload({ url, token, file: ours }));
  const { took, peakBytes } = await runSlot(world, reconcilePayments, new Date(Date.now() - 1_000));
  await assertFound(world);
  await web.stop();
  for (const written of [theirs, ours]) rmSync(written);
  await world.close();
  return { took: uploaded + took, bare, peakBytes };
}

async function fillPayments({ sql }: World, count: number): Promise<void> {
  const tenantId = randomUUID();
  await sql`
    insert into tenant (id, owner_user_id, name, country, currency, time_zone, created_at)
    values (${tenantId}, ${randomUUID()}, 'Taller Norte', 'MX', 'MXN', 'America/Mexico_City', now())
  `;
  for (let filled = 0; filled < count; filled += LINES_AT_ONCE * 10) {
    await sql`
      insert into payment (id, provider, provider_payment_id, tenant_id, amount_minor, currency, status, captured_at, created_at)
      select gen_random_uuid(), 'sandpay', 'pay-' || n, ${tenantId}, 10000 + n, 'MXN', 'captured', ${DAY}, ${DAY}
      from generate_series(${filled + 1}::integer, ${Math.min(count, filled + LINES_AT_ONCE * 10)}::integer) as n
    `;
  }
  await sql.unsafe('vacuum analyze payment');
}

/** The payments as the provider has them; one in a thousand another amount. `mark` makes the files' bytes differ. */
async function writeReport(file: string, count: number, mark: string): Promise<void> {
  const out = createWriteStream(file);
  out.write('provider_payment_id,amount_minor,currency,settled_on\n');
  for (let first = 1; first <= count; first += LINES_AT_ONCE) {
    const length = Math.min(LINES_AT_ONCE, count - first + 1);
    const lines = Array.from({ length }, (_, index) => {
      const n = first + index;
      return `pay-${n},${10_000 + n + (n % WRONG_EVERY === 0 ? 1 : 0)},MXN,${DAY}\n`;
    });
    if (!out.write(lines.join(''))) await once(out, 'drain');
  }
  out.end(mark === 'ours' ? '' : `only-${mark},1,MXN,${DAY}\n`);
  await finished(out);
}

/** As fast as PostgreSQL goes: the same lines by `copy`, and one statement that sums the last report of each day. */
async function reconcileBare({ sql }: World, file: string): Promise<void> {
  await transaction(sql, async (tx) => {
    const id = randomUUID();
    await tx`insert into settlement_report (id, provider, period_start, period_end) values (${id}, 'sandpay', ${DAY}, ${DAY})`;
    await tx`select set_config('columna.settlement_report', ${id}, true)`;
    const lines = await copyInto(tx`
      copy settlement_line (provider_payment_id, amount_minor, currency, settled_on) from stdin with (format csv, header)
    `);
    await pipeline(createReadStream(file), lines);
  }, { timeoutMs: TIMEOUT_MS });
  await sql`
    select count(*) from (
      select provider_payment_id, count(*) as times, sum(amount_minor) as minor, min(currency) as currency
      from (
        select line.*, first_value(report_id) over (
                 partition by provider_payment_id, settled_on order by report_id desc
               ) as last_report_id
        from settlement_line line
      ) as line
      where report_id = last_report_id
      group by provider_payment_id
    ) as theirs
    full join payment using (provider_payment_id)
    where payment.id is null or theirs.times is null
       or theirs.minor <> payment.amount_minor or theirs.currency <> payment.currency
  `;
}

async function clear({ sql }: World): Promise<void> {
  await sql.unsafe('truncate settlement_line, payment_mismatch_change, payment_mismatch, settlement_report');
}

async function upload({ url, token, file }: { readonly url: string; readonly token: string; readonly file: string }): Promise<void> {
  const query = `provider=sandpay&periodStart=${DAY}&periodEnd=${DAY}`;
  const answer = await fetch(`${url}/backoffice/settlement-reports?${query}`, {
    method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'text/csv' }, body: await openAsBlob(file, { type: 'text/csv' }),
  });
  if (answer.status !== 201) throw new Error(`the upload was answered ${answer.status}: ${await answer.text()}`);
}

async function assertFound({ sql }: World): Promise<void> {
  const [row] = await sql<{ found: number; told: number }[]>`
    select (select count(*) from payment_mismatch)::integer as found,
           (select count(*) from outbox_event where event_type = 'PaymentMismatchFound')::integer as told
  `;
  if (!row || row.found === 0 || row.found !== row.told) throw new Error(`found ${row?.found}, told ${row?.told}`);
}
