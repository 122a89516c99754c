import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { startPrometheus } from '../../dev/services/prometheus.ts';
import type { System } from './system.ts';
import { until } from './until.ts';

const ops = (name: string) => readFileSync(new URL(`../../ops/${name}`, import.meta.url), 'utf8');

/** The names of all alerts that are shipped. */
export const alertNames = [...ops('alerts.yml').matchAll(/- alert: (\w+)/g)].map(([, name = '']) => name);

/**
 * The rules in haste: a minute is a second. What is written in minutes (how long an alert waits, how far it looks back)
 * and bounds of a minute and more, which are in seconds, become a sixtieth; other bounds stay.
 */
const hastened = (rules: string) =>
  rules.replaceAll(/\b(\d+)m\b/g, '$1s').replaceAll(/> (\d{2,})$/gm, (bound, n: string) => (Number(n) < 60 ? bound : `> ${Number(n) / 60}`));

/** The shipped configuration, looking at these processes every second. */
const aimed = (config: string, { scraped }: Pick<System, 'scraped'>) =>
  config.replaceAll('15s', '1s').replaceAll(/job_name: (\w+)\n.*/g, (_, type: string) =>
    `job_name: ${type}\n    static_configs: [{ targets: ${JSON.stringify(scraped(type))} }]`);

/** A Prometheus that watches a system by the shipped rules, in haste, until the calling test ends. */
export async function watchBy(system: Pick<System, 'scraped'>) {
  const folder = mkdtempSync(join(tmpdir(), 'columna-prometheus-'));
  writeFileSync(join(folder, 'alerts.yml'), hastened(ops('alerts.yml')));
  const prometheus = await startPrometheus({ folder, config: aimed(ops('prometheus.yml'), system) });
  onTestFinished(async () => {
    await prometheus.stop();
    rmSync(folder, { recursive: true });
  });
  const fired = new Set<string>();

  async function get<T>(path: string): Promise<T> {
    const { data } = (await (await fetch(`${prometheus.url}/api/v1/${path}`)).json()) as { readonly data: T };
    return data;
  }

  /** The alerts that wait or fire now. */
  async function active(): Promise<readonly string[]> {
    interface Alert { readonly state: string; readonly labels: { readonly alertname: string } }
    const { alerts } = await get<{ readonly alerts: readonly Alert[] }>('alerts');
    for (const { state, labels } of alerts) if (state === 'firing') fired.add(labels.alertname);
    return alerts.map(({ labels: { alertname } }) => alertname);
  }

  return {
    active,
    /** All that have fired so far. */
    fired,
    /** The names of all series. */
    metricNames: () => get<readonly string[]>('label/__name__/values'),
    /** Waits until each of these has fired, and provokes them meanwhile, again and again. */
    async untilFired(names: readonly string[], provoke: () => unknown = () => undefined): Promise<void> {
      const missing = () => names.filter((name) => !fired.has(name));
      await until(() => `fired: ${missing().join(', ')}`, async () => {
        await provoke();
        await active();
        return missing().length === 0;
      }, { deadlineMs: 40_000 });
    },
  };
}
