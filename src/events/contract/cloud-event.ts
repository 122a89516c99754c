import type { StoredEvent } from './event.ts';

const TYPE_PREFIX = 'ai.techmarket.';

/** An event as CloudEvents 1.0 (JSON format), with the tenant, causality and trace as extension attributes. */
export interface CloudEvent {
  readonly specversion: '1.0';
  /** Unique together with `source`; an event that is read twice keeps it. */
  readonly id: string;
  readonly source: string;
  /** In reverse DNS, with the version of `data`. */
  readonly type: string;
  /** Id of the resource that the event is about. */
  readonly subject?: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly dataschema: string;
  readonly data: unknown;
  readonly [extension: string]: unknown;
}

/** Facts of an envelope that the event itself does not have. */
export interface EnvelopeFacts {
  /** Our public address. */
  readonly source: string;
  /** Name of the payload's field with the id of the resource; undefined for an event of another release. */
  readonly subjectField: string | undefined;
}

/** Names a version of an event type as readers outside know it. */
export const cloudEventType = (eventType: string, version: number): string => `${TYPE_PREFIX}${eventType}.v${version}`;

/** Reads a type that `cloudEventType` names, or an event type alone, which means each of its versions. */
export function readCloudEventType(type: string): { readonly eventType: string; readonly version?: number } | undefined {
  const [, outer, version, inner] = /^(?:ai\.techmarket\.([A-Z][A-Za-z]{2,63})\.v(\d{1,4})|([A-Z][A-Za-z]{2,63}))$/.exec(type) ?? [];
  if (outer !== undefined) return { eventType: outer, version: Number(version) };
  return inner === undefined ? undefined : { eventType: inner };
}

/** Returns where the schema of an event's data is. */
export const dataSchemaOf = (source: string, eventType: string, version: number): string =>
  `${source}/asyncapi.json#/components/schemas/${eventType}.v${version}`;

/** Puts an event into the envelope that readers outside know. */
export function toCloudEvent(event: StoredEvent, { source, subjectField }: EnvelopeFacts): CloudEvent {
  const { eventId, eventType, schemaVersion, occurredAt, tenantId, correlationId, causationId, traceparent, payload } = event;
  const subject = subjectField === undefined ? undefined : (payload as Readonly<Record<string, unknown>>)[subjectField];
  return {
    specversion: '1.0',
    id: eventId,
    source,
    type: cloudEventType(eventType, schemaVersion),
    ...(typeof subject === 'string' && { subject }),
    time: occurredAt.toISOString(),
    datacontenttype: 'application/json',
    dataschema: dataSchemaOf(source, eventType, schemaVersion),
    ...(tenantId !== undefined && { tenantid: tenantId }),
    correlationid: correlationId,
    ...(causationId !== undefined && { causationid: causationId }),
    ...(traceparent !== undefined && { traceparent }),
    data: payload,
  };
}
