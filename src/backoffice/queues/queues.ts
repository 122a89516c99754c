import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { HonoAdapter } from '@bull-board/hono';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import type { Context } from 'hono';
import { assertRole, type Caller } from '../../api/http/auth.ts';
import type { Api, ApiDeps, Env } from '../../api/http/context.ts';
import { toProblem, unavailable } from '../../api/http/problem.ts';
import type { AlarmQueue } from '../../platform/alarms.ts';
import type { BatchJob, BatchQueue } from '../../platform/queues.ts';
import { recordOperatorAction } from '../../store/operations/operator-actions.ts';
import { factsFor, mayKnow } from '../../api/http/personal-data.ts';
import { assertSameOrigin, requireSession } from '../sessions/session.ts';
import { limitForm } from '../kit/read-form.ts';
import { pageHeaders, UI } from '../kit/shell.ts';
import { signInPage } from '../sessions/sign-in.ts';
import { languageOf } from '../kit/words.ts';

const PATH = '/backoffice/queues';
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'self'; base-uri 'self'; frame-ancestors 'none'";
const OUTSIDE_LINK = /<link[^>]*href="https?:[^>]*>/g; // the board would ask another host for its fonts
const MOST_RECORDED = 4_096; // characters
const HEADERS = { 'Content-Security-Policy': CSP, 'Cache-Control': 'no-store' };

/** Bull Board behind the operators' session. Who may only read gets a board of its own that can do no more. */
export function queueRoutes(api: Api, deps: ApiDeps): void {
  let boards: Boards | undefined;

  api.all(`${PATH}/*`, limitForm, async (c) => {
    let operator: Caller;
    try {
      operator = await requireSession(c, deps.tokens);
    } catch (error) {
      if (toProblem(error).status !== 401 || !(c.req.header('Accept') ?? '').includes('text/html')) throw error;
      return c.html(signInPage(languageOf(c)), 401, pageHeaders);
    }
    if (c.req.method !== 'GET' && c.req.method !== 'HEAD') await admitChange(c, operator, deps);
    const queues = await deps.queues();
    if (queues === undefined) throw unavailable('The queues are unavailable. Try again.');
    const schedulers = deps.jobSchedulers();
    if (boards?.names !== namesOf(queues, schedulers)) boards = openBoards(queues, schedulers);
    const answer = await boards[operator.roles.has('backoffice:write') ? 'work' : 'watch'].fetch(c.req.raw, c.env);
    // Bull Board's own words for this would be the driver's.
    if (answer.status >= 500) throw unavailable('The queues are unavailable. Try again.');
    const headers = { ...Object.fromEntries(answer.headers), ...HEADERS };
    return new Response(await bodyFor(operator, answer), { status: answer.status, headers });
  });
}

/** Lets a change through from our own pages, by operators who may write, and on record. */
async function admitChange(c: Context<Env>, operator: Caller, { sql, config }: ApiDeps): Promise<void> {
  assertSameOrigin(c, config.PUBLIC_URL);
  assertRole(operator, 'backoffice:write');
  await recordOperatorAction(sql, {
    operatorUserId: operator.userId,
    action: 'change-queue',
    request: { method: c.req.method, path: c.req.path.slice(0, 500), ...(await bodyOf(c)) },
    outcome: {},
    traceId: c.get('trace').traceId,
  });
}

/** Returns what the board answers as an operator may see it: an error of a job may quote what the job met. */
async function bodyFor(operator: Caller, answer: Response): Promise<Response['body'] | string> {
  const type = answer.headers.get('Content-Type') ?? '';
  if (type.includes('html')) return (await answer.text()).replaceAll(OUTSIDE_LINK, '');
  if (mayKnow(operator) || !type.includes('json')) return answer.body;
  return JSON.stringify(factsFor(operator, await answer.json()));
}

/** Returns a change's body, as far as the record takes it: the board itself reads the request's own. */
async function bodyOf(c: Context<Env>): Promise<{ readonly body?: string }> {
  const body = await c.req.raw.clone().text();
  if (body === '') return {};
  return { body: body.slice(0, MOST_RECORDED).replaceAll('\0', ' ').toWellFormed() };
}

interface Boards {
  /** Names of the queues shown; a release may add one while we run. */
  readonly names: string;
  readonly watch: Hono;
  readonly work: Hono;
}

const namesOf = (queues: readonly BatchQueue[], schedulers: AlarmQueue | undefined) =>
  [...queues, ...(schedulers === undefined ? [] : [schedulers])].map(({ name }) => name).join(' ');

function openBoards(queues: readonly BatchQueue[], schedulers: AlarmQueue | undefined): Boards {
  const open = (readOnlyMode: boolean) => openBoard([
    ...queues.map((queue) => adapt(queue, readOnlyMode)),
    ...(schedulers === undefined ? [] : [adaptSchedulers(schedulers)]),
  ]);
  return { names: namesOf(queues, schedulers), watch: open(true), work: open(false) };
}

function openBoard(queues: readonly BullMQAdapter[]): Hono {
  const serverAdapter = new HonoAdapter(serveStatic).setBasePath(PATH);
  createBullBoard({ queues: [...queues], serverAdapter, options: { uiConfig: { boardTitle: 'Columna' } } });
  return new Hono({ strict: false }).route(PATH, serverAdapter.registerPlugin());
}

/** Shows the jobs' schedulers to everybody, read-only: workers set them, and the ledger has what they started. */
const adaptSchedulers = (schedulers: AlarmQueue): BullMQAdapter =>
  new BullMQAdapter(schedulers, { readOnlyMode: true, description: 'Schedulers of all jobs. Operate jobs at /backoffice/ui/jobs.' });

/** Shows what a batch carries; whatever else got into a job is not shown. */
function adapt(queue: BatchQueue, readOnlyMode: boolean): BullMQAdapter {
  const externalJobUrl = ({ data }: { data?: unknown }) => {
    const [first = ''] = ((data ?? {}) as Partial<BatchJob>).eventIds ?? [];
    return { displayText: 'Backoffice', href: `${UI}/events/${first}` };
  };
  const adapter = new BullMQAdapter(queue, { readOnlyMode, externalJobUrl });
  adapter.setFormatter('data', (data: unknown) => {
    const { eventIds, types, lane } = (data ?? {}) as Partial<BatchJob>;
    return { deliveries: eventIds?.length, types, lane, eventIds };
  });
  return adapter;
}
