import { tenantCreated } from '../events/tenant-created.ts';
import { tenantVerified } from '../events/tenant-verified.ts';
import { ticketAssigned } from '../events/ticket-assigned.ts';
import { ticketCreated } from '../events/ticket-created.ts';
import { defineReaction } from '../kernel/consumer.ts';
import { countDaily } from '../store/daily-metrics.ts';

/** The figure that each event adds one to. Names of figures live in a table: never rename them. */
const METRICS = Object.freeze({
  [tenantCreated.type]: 'tenants_created',
  [tenantVerified.type]: 'tenants_verified',
  [ticketAssigned.type]: 'tickets_assigned',
  [ticketCreated.type]: 'tickets_created',
});

/** Keeps each tenant's figures of the day. */
export const countDailyMetrics = defineReaction({
  name: 'count-daily-metrics', // names its queue and its proofs: never rename
  on: [tenantCreated, tenantVerified, ticketAssigned, ticketCreated],

  async handleBatch(events, { tx }) {
    const counted = events.flatMap(({ tenantId, occurredAt, eventType }) =>
      tenantId === undefined ? [] : [{ tenantId, occurredAt, metric: METRICS[eventType] }],
    );
    await countDaily(tx, counted);
  },
});
