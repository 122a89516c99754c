import { z } from '@hono/zod-openapi';
import { contracts } from '../events/index.ts';
import { type CloudEvent, toCloudEvent } from '../kernel/cloud-event.ts';
import type { StoredEvent } from '../kernel/event.ts';
import { uuid } from './fields.ts';
import { anyJson } from './openapi/any-json.ts';

const subjectFields = new Map(contracts.map(({ type, subjectField }) => [type, subjectField]));

/** The envelope of an event in the reference; the AsyncAPI document has the data of each type. */
export const cloudEvent = z
  .object({
    specversion: z.literal('1.0'),
    id: uuid.openapi({ description: 'Recognise repetitions by it.' }),
    source: z.string(),
    type: z.string().openapi({ description: 'In reverse DNS, with the version of `data`.' }),
    subject: z.string().optional().openapi({ description: 'Id of the resource that the event is about.' }),
    time: z.iso.datetime(),
    datacontenttype: z.literal('application/json'),
    dataschema: z.string().openapi({ description: 'Where the schema of `data` is.' }),
    tenantid: uuid.optional(),
    correlationid: uuid.openapi({ description: 'Shared by all events that one request caused.' }),
    causationid: uuid.optional().openapi({ description: 'Id of the event that caused this one.' }),
    traceparent: z.string().optional().openapi({ description: 'W3C trace context.' }),
    data: anyJson,
  })
  .openapi('CloudEvent');

/** Puts an event into the envelope that readers outside know. */
export const toOutwardEvent = (event: StoredEvent, publicUrl: string): CloudEvent =>
  toCloudEvent(event, { source: publicUrl.replace(/\/$/, ''), subjectField: subjectFields.get(event.eventType) });
