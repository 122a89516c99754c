import { expect, test } from 'vitest';
import { HandlerTimeout, withDeadline } from '../../src/platform/with-deadline.ts';

const HOUR_MS = 3_600_000;
const never = () => new Promise<never>(() => undefined);

test('what settles in time settles as it did', async () => {
  expect(await withDeadline(HOUR_MS, undefined, async () => 'done')).toBe('done');
  await expect(withDeadline(HOUR_MS, undefined, () => Promise.reject(new Error('its own')))).rejects.toThrow('its own');
  await expect(withDeadline(HOUR_MS, undefined, () => {
    throw new Error('at once');
  })).rejects.toThrow('at once');
});

test('what never settles is given up at the deadline, and its signal has aborted by then', async () => {
  let given: AbortSignal | undefined;
  const run = withDeadline(20, new AbortController().signal, (signal) => {
    given = signal;
    return never();
  });
  await expect(run).rejects.toThrow(new HandlerTimeout('no end within 20 ms'));
  expect(given?.aborted).toBe(true);
});

test('it is given up when the hold is lost', async () => {
  const holder = new AbortController();
  const run = withDeadline(HOUR_MS, holder.signal, never);
  holder.abort();
  await expect(run).rejects.toThrow(new HandlerTimeout('the hold was lost'));
});

test('with a hold that is lost already nothing is begun', async () => {
  let began = false;
  const run = withDeadline(HOUR_MS, AbortSignal.abort(), () => {
    began = true;
    return never();
  });
  await expect(run).rejects.toThrow(new HandlerTimeout('the hold was lost'));
  expect(began).toBe(false);
});
