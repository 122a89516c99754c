import { describe, expect, onTestFinished, test } from 'vitest';
import type { ProviderFailure } from '../../../dev/sandbox/http-provider.ts';
import type { Outcome } from '../../../src/notifications/channels/channel.ts';

/** A channel before its provider's sandbox; it gives an unanswered attempt up after less than a second. */
export interface Sandboxed {
  /** Sends one message that nothing is wrong with. */
  send(signal?: AbortSignal): Promise<Outcome>;
  fail(failure: ProviderFailure | undefined): void;
  /** How many messages the provider took. */
  accepted(): number;
  stop(): Promise<void>;
  /** What no reason may hold: addresses, tokens, keys. */
  readonly secrets: readonly string[];
}

/** Where a protocol differs from the others. */
export interface Differences {
  /** It can't name a time. */
  readonly hasNoPause?: boolean;
  /** Its address names the server, so that one which is away is the address's fault. */
  readonly addressNamesServer?: boolean;
}

/** The one contract of outward channels: what each answer, or none, makes of an attempt. */
export function describeChannel(name: string, open: () => Promise<Sandboxed>, differences: Differences = {}): void {
  const opened = async () => {
    const sandboxed = await open();
    onTestFinished(() => sandboxed.stop());
    return sandboxed;
  };
  const expectOutcome = async (sandboxed: Sandboxed, outcome: object) => {
    const ended = await sandboxed.send();
    expect(ended).toMatchObject(outcome);
    for (const secret of sandboxed.secrets) expect(JSON.stringify(ended)).not.toContain(secret);
  };

  describe(`${name}: what became of an attempt`, () => {
    test('an accepted message is sent, and taken once', async () => {
      const sandboxed = await opened();
      await expectOutcome(sandboxed, { outcome: 'sent', providerId: expect.stringMatching(/./) as string });
      expect(sandboxed.accepted()).toBe(1);
    });

    const one = differences.addressNamesServer === true ? { isOneOfMany: true } : {};
    const pause = differences.hasNoPause === true ? {} : { retryAfterMs: 7_000 };
    const limited = differences.addressNamesServer === true ? 'deferred' : 'limited'; // one of many limits one recipient
    const answers: readonly [title: string, failure: ProviderFailure, outcome: object, taken: number][] = [
      ['a definite refusal is the message’s end', 'refuse', { outcome: 'rejected' }, 0],
      ['a provider in trouble serves nobody', 'later', { outcome: 'unavailable', ...one }, 0],
      ['a refused account is no message’s fault', 'account', { outcome: 'unauthorized', ...one }, 0],
      ['a provider’s limit is as long as it asks for', 'limit', { outcome: limited, ...pause }, 0],
      ['a recipient is put off alone, for as long as the provider asks', 'defer', { outcome: 'deferred', ...pause }, 0],
      ['a connection lost after the request leaves nobody the wiser', 'drop', { outcome: 'unknown' }, 1],
      ['neither does silence', 'silent', { outcome: 'unknown' }, 0],
      ['nor an answer that is none', 'malformed', { outcome: 'unknown' }, 0],
    ];
    test.each(answers)(
      '%s', async (_title, failure, outcome, taken) => {
        const sandboxed = await opened();
        sandboxed.fail(failure);
        await expectOutcome(sandboxed, outcome);
        expect(sandboxed.accepted()).toBe(taken);
        sandboxed.fail(undefined);
        await expectOutcome(sandboxed, { outcome: 'sent' });
      },
    );

    test('nothing was handed over where nobody listens', async () => {
      const sandboxed = await opened();
      await sandboxed.stop();
      await expectOutcome(sandboxed, { outcome: 'unreachable', ...one });
    });

    test('an attempt that was given up before it began handed nothing over', async () => {
      const sandboxed = await opened();
      const { outcome } = await sandboxed.send(AbortSignal.abort());
      expect(['unreachable', 'rejected']).toContain(outcome);
      expect(sandboxed.accepted()).toBe(0);
    });
  });
}
