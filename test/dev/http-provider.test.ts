import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startProvider } from '../../dev/sandbox/http-provider.ts';

/** A provider that takes every text, with a log. */
async function open() {
  const folder = await mkdtemp(join(tmpdir(), 'provider-'));
  const logFile = join(folder, 'accepted.jsonl');
  const refused = { status: 400 };
  const provider = await startProvider<{ readonly text: string }>({
    logFile,
    failures: { refuse: refused, later: refused, limit: refused },
    judge: ({ body }) => ({ accepted: { text: body.toString() }, reply: { status: 200 } }),
  });
  onTestFinished(async () => {
    await provider.stop();
    await rm(folder, { recursive: true });
  });
  const say = (body: string) => fetch(provider.url, { method: 'POST', body }).then(({ status }) => status, () => 0);
  return { provider, logFile, say };
}

test('what a provider accepted is in its log by the time it answers, even where it does not answer', async () => {
  const { provider, logFile, say } = await open();
  expect(await say('one')).toBe(200);
  provider.fail = 'drop';
  expect(await say('two')).toBe(0);
  provider.fail = 'refuse';
  expect(await say('three')).toBe(400);
  const lines = (await readFile(logFile, 'utf8')).trimEnd().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { text: string }).text)).toEqual(['one', 'two']);
});

test('a provider that is down takes nothing, and answers at the same address once it is up again', async () => {
  const { provider, say } = await open();
  expect(await say('one')).toBe(200);
  await provider.down();
  expect(await say('two')).toBe(0);
  await provider.up();
  expect(await say('three')).toBe(200);
  expect(provider.accepted).toEqual([{ text: 'one' }, { text: 'three' }]);
});

test('a provider counts what its failures met', async () => {
  const { provider, say } = await open();
  await say('one');
  provider.fail = 'limit';
  await say('two');
  provider.fail = 'drop';
  await say('three');
  provider.fail = undefined;
  await say('four');
  expect(provider.failed).toBe(2);
});
