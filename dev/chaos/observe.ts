import { readFileSync } from 'node:fs';
import type { Finding } from './check.ts';
import { PLANTED, PLANTED_PHONE } from './client.ts';
import { findLeaks } from './leaks.ts';
import type { World } from './world.ts';

/** Invariants 12 and 14: nothing personal where operators look, and the gauges say what SQL says. */
export async function observe(world: World): Promise<Finding[]> {
  const pages = await readMetrics(world);
  const texts = { 'the log': readFileSync(world.logFile, 'utf8'), 'a metric': pages.join('\n') };
  const isLeak = (text: string) => [PLANTED, PLANTED_PHONE, ...world.secrets].some((planted) => text.includes(planted));
  const leaking = Object.entries(texts).filter(([, text]) => isLeak(text)).map(([place]) => place);
  const leaks = [...leaking, ...(await findLeaks(world.redis))];
  return [
    { invariant: '12 no planted text in logs, Redis or metrics', verdict: 'unexpected', checked: 3, wrong: new Set(leaks).size },
    await gauges(world, pages.join('\n')),
  ];
}

async function readMetrics({ formation }: World): Promise<string[]> {
  const urls = formation.processes.flatMap(({ ports }) => (ports['METRICS_PORT'] === undefined ? [] : [`http://127.0.0.1:${ports['METRICS_PORT']}`]));
  return Promise.all(urls.map((url) => fetch(`${url}/metrics`).then((response) => response.text(), () => '')));
}

async function gauges({ sql }: World, page: string): Promise<Finding> {
  const valueOf = (gauge: string) => Number(page.split('\n').find((line) => line.startsWith(gauge))?.split(' ').at(-1) ?? Number.NaN);
  const dead = await sql<{ name: string; letters: number }[]>`
    select consumer.name, count(dead.event_id)::integer as letters
    from consumer left join dead_letter dead on dead.consumer_name = consumer.name and dead.resolution is null
    group by 1
  `;
  const [outbox] = await sql<{ pending: number; failed: number }[]>`
    select (count(*) filter (where status = 'pending'))::integer as pending, (count(*) filter (where status = 'failed'))::integer as failed
    from outbox_event
  `;
  const pairs: [string, number][] = [
    ['outbox_events{status="pending"}', outbox?.pending ?? 0],
    ['outbox_events{status="failed"}', outbox?.failed ?? 0],
    ...dead.map(({ name, letters }): [string, number] => [`dead_letters{consumer="${name}"}`, letters]),
    ...dead.map(({ name }): [string, number] => [`queue_jobs{queue="${name}",state="waiting"}`, 0]),
  ];
  const wrong = pairs.filter(([gauge, value]) => valueOf(gauge) !== value);
  return { invariant: '14 the gauges equal the counts', verdict: 'unexpected', checked: pairs.length, wrong: wrong.length };
}
