import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { prometheusProgram } from '../../dev/services/prometheus.ts';
import { guide } from '../support/walk-through.ts';

const OPS = fileURLToPath(new URL('../../ops', import.meta.url));
const FETCH_MS = 120_000; // where Prometheus comes from Debian first

const promtool = (...args: string[]) => execFileSync(prometheusProgram('promtool'), args, { cwd: OPS, encoding: 'utf8', stdio: 'pipe' });
const read = (name: string) => readFileSync(join(OPS, name), 'utf8');
const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, found = '']) => found);
const alerts = all(read('alerts.yml'), /- alert: (\w+)/g);

test('the rules and the configuration are what Prometheus takes', { timeout: FETCH_MS }, () => {
  expect(promtool('check', 'rules', 'alerts.yml')).toContain(`${alerts.length} rules found`);
  expect(promtool('check', 'config', 'prometheus.yml')).toContain('is valid prometheus config');
});

test('each alert is silent where it should be and fires where it should', { timeout: FETCH_MS }, () => {
  expect(promtool('test', 'rules', 'alerts.test.yml')).toContain('SUCCESS');
  const tests = read('alerts.test.yml');
  expect(all(tests, /eval_time: \w+, alertname: (\w+) \}/g)).toEqual(alerts);
  expect(all(tests, /alertname: (\w+)\n +exp_alerts:\n +- exp_labels/g)).toEqual(alerts);
});

const asIs = (name: string) => name.replaceAll(/(?<=.)[A-Z]/g, '-$&').toLowerCase();

test('each alert says how urgent it is and where to read on', () => {
  const rules = read('alerts.yml').split('- alert: ').slice(1);
  for (const rule of rules) {
    const [name = ''] = rule.split('\n');
    expect(rule).toMatch(/labels: \{ severity: (page|ticket) \}/);
    expect(rule).toContain("summary: '");
    expect(rule).toContain(`runbook: docs/operating.md#${asIs(name)}\n`);
  }
});

test('the runbook has a part for each alert, in their order, and no other', () => {
  const runbook = /^## Runbook\n(.*?)^## /ms.exec(guide)?.[1] ?? '';
  expect(all(runbook, /^### (.+)$/gm)).toEqual(alerts.map(asIs));
});

test('what the guide links to in itself is there', () => {
  const anchors = all(guide, /^#+ (.+)$/gm).map((heading) => heading.toLowerCase().replaceAll(' ', '-'));
  expect(all(guide, /\]\(#([^)]+)\)/g).filter((anchor) => !anchors.includes(anchor))).toEqual([]);
});
