import { describe, expect, onTestFinished, test } from 'vitest';
import type { ProviderFailure } from '../../../dev/sandbox/http-provider.ts';
import type { Outcome } from '../../../src/notifications/channel.ts';

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
  /** It can't ask for a pause. */
  readonly hasNoLimit?: boolean;
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

    const answers: readonly [title: string, failure: ProviderFailure, outcome: object, taken: number][] = [
      ['a definite refusal is permanent', 'refuse', { outcome: 'rejected', permanent: true }, 0],
      ['a refusal for now is not', 'later', { outcome: 'rejected', permanent: false }, 0],
      ['a connection lost after the request leaves nobody the wiser', 'drop', { outcome: 'unknown' }, 1],
      ['neither does silence', 'silent', { outcome: 'unknown' }, 0],
      ['nor an answer that is none', 'malformed', { outcome: 'unknown' }, 0],
    ];
    const pause = { outcome: 'limited', retryAfterMs: 7_000 };
    const limited = ['a provider’s pause is as long as it asks for', 'limit', pause, 0] as const;
    test.each([...answers, ...(differences.hasNoLimit === true ? [] : [limited])])(
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
      const itsFault = { outcome: 'rejected', permanent: false };
      await expectOutcome(sandboxed, differences.addressNamesServer === true ? itsFault : { outcome: 'unreachable' });
    });

    test('an attempt that was given up before it began handed nothing over', async () => {
      const sandboxed = await opened();
      const { outcome } = await sandboxed.send(AbortSignal.abort());
      expect(['unreachable', 'rejected']).toContain(outcome);
      expect(sandboxed.accepted()).toBe(0);
    });
  });
}
