import { z } from '@hono/zod-openapi';
import { NIL } from 'uuid';
import { currencies } from '../../domain/iso-codes.ts';
import { MAX_MINOR } from '../../domain/money.ts';
import { uuid } from '../http/fields.ts';
import { readProviderInstant } from './provider-instant.ts';
import { refuse } from '../http/refuse.ts';
import { sentenceOf } from '../http/sentences.ts';

/** A provider may write its ids as numbers. Too large ones come as the text that was sent. */
const providerId = z
  .union([
    z
      .string()
      .trim()
      .regex(/^[\x21-\x7e]{1,200}$/, 'must be visible ASCII'),
    z.int().nonnegative().transform(String),
  ])
  .openapi({ type: 'string', example: 'pay_1' });

/** Whole minor units, also as text. A text with a point may be an amount in another unit. */
const amountMinor = z.preprocess(
  (written) => (typeof written === 'string' && /^\s*\d{1,15}\s*$/.test(written) ? Number(written) : written),
  z.int().min(1).max(MAX_MINOR),
).openapi({ type: 'integer', minimum: 1, maximum: MAX_MINOR });

const currency = z.string().trim().toUpperCase().refine((code) => currencies.has(code), 'must be an ISO 4217 code')
  .openapi({ type: 'string', example: 'MXN' });

const readId = (written: unknown): string | undefined =>
  uuid.safeParse(typeof written === 'string' ? written.trim() : written).data;
const isAbsent = (written: unknown) => written == null || written === '';

/** A tenant's id; null when the report names none that can be read. */
const tenantId = z.unknown().optional().transform((written) => readId(written) ?? null)
  .openapi({ type: 'string', format: 'uuid' });

/** A subscription's id; null when the report names none. What cannot be read is the id of no subscription. */
const subscriptionId = z
  .unknown()
  .optional()
  .transform((written) => (isAbsent(written) ? null : (readId(written) ?? NIL)))
  .openapi({ type: 'string', format: 'uuid' });

const occurredAt = z
  .unknown()
  .optional()
  .transform(readProviderInstant)
  .openapi({
    type: 'string',
    format: 'date-time',
    description: 'When it happened. Without it, the time of receipt counts.',
  });

const facts = z.object({ paymentId: providerId, tenantId, subscriptionId, amountMinor, currency, occurredAt });

/** A provider's words, as one line of ours. */
const foreignLine = (maxLength: number) => z.unknown().optional().transform((written) =>
  (typeof written === 'string' || typeof written === 'number' ? String(written) : '').toWellFormed()
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069\s]+/gu, ' ').trim().slice(0, maxLength).toWellFormed())
  .openapi({ type: 'string' });

/** What a provider reports. Keys that are not known here are its own affair: providers add some without asking. */
export const paymentReport = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('payment.captured'),
    data: facts.extend({ instrument: z.string().nullish().catch(null).openapi({ type: 'string' }) }),
  }),
  z.object({ type: z.literal('payment.failed'), data: facts.extend({ reason: foreignLine(500) }) }),
  z.object({ type: z.literal('payment.refunded'), data: facts.extend({ refundId: providerId }) }),
]);
export type PaymentReport = z.infer<typeof paymentReport>;

/** A report of ours of which nothing can be recorded. */
export interface UnreadableReport {
  /** Null when the report names no payment that can be read. */
  readonly paymentId: string | null;
  /** The first fields that cannot be read, with what they must be. */
  readonly detail: string;
}

const MOST_FLAWS = 5;
const knownTypes: ReadonlySet<string> = new Set(paymentReport.options.map(({ shape }) => shape.type.value));
const foreign = z.looseObject({}).refine(({ type }) => typeof type !== 'string' || !knownTypes.has(type));
const ofPayment = z.object({ data: z.object({ paymentId: providerId }) });

/**
 * Reads what a provider signed; `undefined` when it is no report of ours.
 * @throws {Problem} 422 when it is no object.
 */
export function readPaymentReport(body: unknown): PaymentReport | UnreadableReport | undefined {
  refuse({ ...z.looseObject({}).safeParse(body), target: 'json' });
  if (foreign.safeParse(body).success) return undefined;
  const { data: report, error } = paymentReport.safeParse(body);
  if (report !== undefined) return report;
  const flaws = error.issues.slice(0, MOST_FLAWS).map((issue) => `${issue.path.join('.')} ${sentenceOf(issue)}`);
  return { paymentId: ofPayment.safeParse(body).data?.data.paymentId ?? null, detail: flaws.join('; ') };
}
