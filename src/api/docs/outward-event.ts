import { z } from '@hono/zod-openapi';
import { contracts } from '../../events/index.ts';
import { type CloudEvent, cloudEventType, readCloudEventType, toCloudEvent } from '../../events/contract/cloud-event.ts';
import type { StoredEvent } from '../../events/contract/event.ts';
import { uuid } from '../http/fields.ts';
import { anyJson } from '../openapi/any-json.ts';

const contractsByType = new Map(contracts.map((contract) => [contract.type, contract]));

/** The envelope of an event in the reference; the AsyncAPI document has the data of each type. */
export const cloudEvent = z
  .object({
    specversion: z.literal('1.0'),
    id: uuid.openapi({ description: 'Stays the same when the event is sent again.' }),
    source: z.string(),
    type: z.string().openapi({ description: 'In reverse DNS, with the version of `data`.' }),
    subject: z.string().optional().openapi({ description: 'Id of the resource that the event is about.' }),
    time: z.iso.datetime(),
    datacontenttype: z.literal('application/json'),
    dataschema: z.string().openapi({ description: 'Address of the schema of `data`.' }),
    tenantid: uuid.optional(),
    correlationid: uuid.openapi({ description: 'Shared by all events that one request caused.' }),
    causationid: uuid.optional().openapi({ description: 'Id of the event that caused this one.' }),
    traceparent: z.string().optional().openapi({ description: 'W3C trace context.' }),
    data: anyJson,
  })
  .openapi('CloudEvent');

/**
 * Returns an event in its type's newest version, whose schema the AsyncAPI document has; as stored where that fails.
 */
export function newestOf<Event extends StoredEvent>(event: Event): Event {
  const contract = contractsByType.get(event.eventType);
  if (contract === undefined || event.schemaVersion >= contract.version) return event;
  try {
    return { ...event, ...contract.read(event) };
  } catch {
    return event;
  }
}

/** Puts an event into the envelope that readers outside know. */
export const toOutwardEvent = (event: StoredEvent, publicUrl: string): CloudEvent =>
  toCloudEvent(event, { source: publicUrl.replace(/\/$/, ''), subjectField: contractsByType.get(event.eventType)?.subjectField });

/** The filter by type: one of the types that are sent, or an event type alone. */
export const outwardType = z
  .string()
  .transform((written, context) => {
    const read = readCloudEventType(written);
    const sent = contractsByType.get(read?.eventType ?? '');
    if (read === undefined) context.addIssue('must be a type such as ai.techmarket.TicketCreated.v1 or TicketCreated');
    else if (read.version !== undefined && read.version !== sent?.version) {
      context.addIssue(
        sent === undefined ? 'is not a type that is sent' : `is sent as ${cloudEventType(sent.type, sent.version)}`,
      );
    }
    return read?.eventType;
  })
  .openapi({
    type: 'string',
    description: 'A type that is sent, or an event type alone.',
    example: 'ai.techmarket.TicketCreated.v1',
  });
