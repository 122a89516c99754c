import { z } from 'zod';
import type { Caller } from './auth.ts';
import { contracts } from '../../events/index.ts';
import { mask, maskBySchema, redact } from '../../notifications/templates/mask.ts';

/**
 * The one rule of who sees personal data. Operators who may write see everything. Others see texts masked, and what
 * systems said (errors, providers' answers) without addresses and numbers. They see one event whole when they reveal it, on
 * record (`reveal-event.ts`).
 */
type Viewer = Pick<Caller, 'roles'>;

/** Returns whether an operator may see personal data. */
export const mayKnow = ({ roles }: Viewer): boolean => roles.has('backoffice:write');

/** Returns a value as an operator may see it, each of its texts masked. */
export const textsFor = (viewer: Viewer, value: unknown): unknown => (mayKnow(viewer) ? value : mask(value));

/** Returns an event as an operator may see it: ids, times and words of its contract stay, other texts are masked. */
export function eventFor<Event extends { readonly eventType: string; readonly payload: unknown }>(viewer: Viewer, event: Event): Event {
  if (mayKnow(viewer)) return event;
  return { ...event, payload: maskBySchema(event.payload, schemaOf(event.eventType)) };
}

/** Fields in which systems say what went wrong. */
const SAID = new Set(['error', 'failure', 'reason', 'pausedReason', 'detail', 'failedReason', 'stacktrace']);
/** Fields that hold what somebody sent. */
const SENT = new Set(['body']);

/** Returns facts as an operator may see them: what systems or operators said keeps neither addresses nor numbers. */
export const factsFor = <Facts>(viewer: Viewer, facts: Facts): Facts =>
  mayKnow(viewer) ? facts : (redactFields(facts) as Facts);

function redactFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redactFields);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, redactField(key, inner)]));
}

function redactField(key: string, value: unknown): unknown {
  if (SENT.has(key)) return mask(value);
  if (!SAID.has(key)) return redactFields(value);
  if (Array.isArray(value)) return value.map((line) => redactField(key, line));
  return typeof value === 'string' ? redact(value) : redactFields(value);
}

/** Fields of a ticket, its quotes and its appointments that its parties wrote. */
const WRITTEN = new Set(['subject', 'description', 'reason']);

/** Returns what belongs to a ticket as an operator may see it: what its parties wrote is masked. */
export const ticketFor = <Facts>(viewer: Viewer, facts: Facts): Facts =>
  mayKnow(viewer) ? facts : (maskFields(facts) as Facts);

function maskFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(maskFields);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) =>
    [key, WRITTEN.has(key) ? mask(inner) : maskFields(inner)]));
}

const schemas = new Map<string, unknown>();

function schemaOf(type: string): unknown {
  const contract = contracts.find((known) => known.type === type);
  if (contract === undefined) return undefined;
  const schema = schemas.get(type) ?? z.toJSONSchema(contract.schema);
  schemas.set(type, schema);
  return schema;
}
