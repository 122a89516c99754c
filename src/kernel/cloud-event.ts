import type { StoredEvent } from './event.ts';

/** An event as CloudEvents 1.0 (JSON format), with the tenant, causality and trace as extension attributes. */
export interface CloudEvent {
  readonly specversion: '1.0';
  /** Unique together with `source`; an event that is read twice keeps it. */
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly dataschema: string;
  readonly data: unknown;
  readonly [extension: string]: unknown;
}

/** Puts an event into the envelope that outside readers know. `source` is our public address. */
export function toCloudEvent(event: StoredEvent, source: string): CloudEvent {
  const { eventId, eventType, schemaVersion, occurredAt, tenantId, correlationId, causationId, traceparent } = event;
  return {
    specversion: '1.0',
    id: eventId,
    source,
    type: eventType,
    time: occurredAt.toISOString(),
    datacontenttype: 'application/json',
    dataschema: `${source}/asyncapi.json#/components/schemas/${eventType}.v${schemaVersion}`,
    ...(tenantId !== undefined && { tenantid: tenantId }),
    correlationid: correlationId,
    ...(causationId !== undefined && { causationid: causationId }),
    ...(traceparent !== undefined && { traceparent }),
    data: event.payload,
  };
}
