import type { z } from 'zod';
import { Permanent, RetryLater } from './errors.ts';
import { strict, tolerant } from './reading.ts';

/** Order in which deliveries are served: urgent ones overtake, bulk ones yield. */
export const LANES = ['urgent', 'normal', 'bulk'] as const;
export type Lane = (typeof LANES)[number];

/** What every event carries besides its payload, as its author states it. */
export interface EventFacts {
  /** The tenant the fact belongs to; absent when it belongs to none. */
  readonly tenantId?: string | undefined;
  /** The user who brought it about; absent when a job or a provider did. */
  readonly actorUserId?: string | undefined;
  readonly occurredAt: Date;
  /** The lane of its deliveries; its cause's when absent, else `normal`. */
  readonly lane?: Lane | undefined;
}

/** An event its author has decided and nobody has committed: `append` gives it an id. */
export interface NewEvent<Type extends string = string, Payload = unknown> extends EventFacts {
  readonly eventType: Type;
  readonly schemaVersion: number;
  readonly payload: Payload;
}

/** A committed event as consumers see it: always in its type's newest version. */
export interface Event<Type extends string = string, Payload = unknown> extends NewEvent<Type, Payload> {
  /** UUIDv7. */
  readonly eventId: string;
  readonly correlationId: string;
  readonly causationId?: string | undefined;
  /** W3C trace context of the transaction that committed the event. */
  readonly traceparent?: string | undefined;
}

/** An event as `outbox_event` holds it: of whichever version, payload unchecked. */
export type StoredEvent = Event<string, unknown>;

/** An event type's name, versions and payload schema, declared once. Calling it makes a valid new event. */
export interface Contract<Type extends string = string, Payload = unknown> {
  (facts: EventFacts & { readonly payload: Payload }): NewEvent<Type, Payload>;
  readonly type: Type;
  readonly version: number;
  readonly schema: z.ZodType<Payload>;
  /** The payload's first field: the id of the resource that the event is about. */
  readonly subjectField: string;
  /**
   * Reads a stored event: upcasts it to the newest version, drops keys that version does not know, and reads enum
   * members it does not know as `unknown`.
   * @throws {RetryLater} when the event is newer than this process.
   * @throws {Permanent} when its payload does not fit its version.
   */
  read(stored: StoredEvent): Event<Type, Payload>;
}

/** Any contract. The kernel's one `any`: a contract both takes and gives its payload, so no other type holds them all. */
export type AnyContract = Contract<string, any>;

/** The event a contract makes. */
export type EventOf<C> = C extends Contract<infer Type, infer Payload> ? Event<Type, Payload> : never;

/** One step per version: `1` takes a payload of version 1 to version 2. */
export type Upcasters = Readonly<Record<number, (payload: never) => unknown>>;

export interface ContractOptions<Type extends string, Shape extends z.ZodRawShape> {
  /** In the past tense. Lives in tables and queues: never rename it. */
  readonly type: Type;
  readonly version: number;
  readonly payload: z.ZodObject<Shape>;
  readonly upcast?: Upcasters;
}

const NEWER_VERSION_RETRY_MS = 60_000;

/** Declares an event type: the writer is strict (unknown keys throw), the reader tolerant (unknown keys are dropped). */
export function defineEvent<const Type extends string, Shape extends z.ZodRawShape>({
  type,
  version,
  payload,
  upcast = {},
}: ContractOptions<Type, Shape>): Contract<Type, z.infer<z.ZodObject<Shape>>> {
  const writer = strict(payload);
  const reader = tolerant(payload);
  const step = (from: number) => {
    const upcaster = upcast[from];
    if (upcaster === undefined) throw new Error(`${type} version ${version} has no upcaster from version ${from}`);
    return upcaster;
  };
  for (let from = 1; from < version; from += 1) step(from);

  const create = (facts: EventFacts & { readonly payload: unknown }) =>
    Object.freeze({ ...facts, eventType: type, schemaVersion: version, payload: writer.parse(facts.payload) });

  function read(stored: StoredEvent) {
    if (stored.schemaVersion > version) {
      throw new RetryLater(NEWER_VERSION_RETRY_MS, `${type} version ${stored.schemaVersion} is newer than ${version}`);
    }
    const unreadable = (why: string) => new Permanent(`payload of ${type} version ${stored.schemaVersion}: ${why}`);
    let raw = stored.payload;
    for (let from = stored.schemaVersion; from < version; from += 1) {
      try {
        raw = step(from)(raw as never);
      } catch {
        throw unreadable(`no way to version ${from + 1}`); // what the upcaster threw may quote the payload
      }
    }
    const parsed = reader.safeParse(raw);
    if (!parsed.success) throw unreadable(paths(parsed.error));
    return Object.freeze({ ...stored, schemaVersion: version, payload: parsed.data });
  }

  const [subjectField] = Object.keys(payload.shape);
  return Object.freeze(Object.assign(create, { type, version, schema: payload, subjectField, read })) as never;
}

/** Where a payload is wrong and how, never the value: it may be personal data. */
function paths(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.') || '(root)'} ${issue.code}`).join(', ');
}
