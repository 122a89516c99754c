import { expect, test } from 'vitest';
import { signWebhook } from '../../../dev/sandbox/payment-provider.ts';
import { judge } from '../../../src/api/webhooks/webhook-signature.ts';

const now = new Date('2026-03-01T12:00:00.900Z');
const seconds = 1_772_366_400; // the same second
const secret = 'a-webhook-secret-of-this-test-longer-than-32';

const verdictAt = (offset: number) => {
  const timestamp = String(seconds + offset);
  const signature = signWebhook(secret, { deliveryId: 'whd_1', timestamp, body: '{}' });
  return judge({ deliveryId: 'whd_1', timestamp, signature, rawBody: Buffer.from('{}') }, [secret], now);
};

test('a timestamp may be 300 s off, and not one more, either way', () => {
  expect([-300, 0, 300].map(verdictAt)).toEqual(['valid', 'valid', 'valid']);
  expect(new Set([-301, 301].map(verdictAt))).toEqual(new Set(['Webhook-Timestamp out of tolerance']));
});

test('a signature is of the bytes: one more space and it is another body’s', () => {
  const timestamp = String(seconds);
  const signature = signWebhook(secret, { deliveryId: 'whd_1', timestamp, body: '{}' });
  const judged = (body: string, deliveryId = 'whd_1') =>
    judge({ deliveryId, timestamp, signature, rawBody: Buffer.from(body) }, [secret], now);
  expect(judged('{}')).toBe('valid');
  expect(judged('{ }')).toBe('no valid Webhook-Signature');
  expect(judged('{}', 'whd_2')).toBe('no valid Webhook-Signature');
});
