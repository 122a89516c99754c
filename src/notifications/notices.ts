import { tenantVerified as tenantVerifiedNotice } from '../../templates/tenant-verified/contract.ts';
import { ticketAssigned as ticketAssignedNotice } from '../../templates/ticket-assigned/contract.ts';
import { ticketCreated as ticketCreatedNotice } from '../../templates/ticket-created/contract.ts';
import { tenantVerified } from '../events/tenant-verified.ts';
import { ticketAssigned } from '../events/ticket-assigned.ts';
import { ticketCreated } from '../events/ticket-created.ts';
import type { EventOf } from '../kernel/event.ts';
import type { TemplateContract } from './template-contract.ts';

/** The events somebody is told about. */
export const noticed = [tenantVerified, ticketAssigned, ticketCreated] as const;
export type Noticed = EventOf<(typeof noticed)[number]>;

/** What people are told of an event, before anyone's name, language or channel comes in. */
export interface Notice {
  readonly template: TemplateContract;
  readonly userIds: ReadonlySet<string>;
  /** The page it is about, under our public address. */
  readonly path: string;
  readonly props: Readonly<Record<string, string>>;
}

/** Who is told what of an event; a user with two parts in it is told once. */
export function noticeOf(event: Noticed): Notice {
  switch (event.eventType) {
    case tenantVerified.type: {
      const { tenantId, ownerUserId, name } = event.payload;
      return {
        template: tenantVerifiedNotice,
        userIds: new Set([ownerUserId]),
        path: `/tenants/${tenantId}`,
        props: { tenantName: name },
      };
    }
    case ticketCreated.type: {
      const { ticketId, customerUserId, tenantOwnerUserId, tenantName, subject } = event.payload;
      return {
        template: ticketCreatedNotice,
        userIds: new Set([customerUserId, tenantOwnerUserId]),
        path: `/tickets/${ticketId}`,
        props: { tenantName, subject },
      };
    }
    case ticketAssigned.type: {
      const { ticketId, customerUserId, assigneeUserId, tenantName, subject } = event.payload;
      return {
        template: ticketAssignedNotice,
        userIds: new Set([customerUserId, assigneeUserId]),
        path: `/tickets/${ticketId}`,
        props: { tenantName, subject },
      };
    }
  }
}
