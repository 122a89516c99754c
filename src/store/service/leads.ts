import type { Lead, LeadStatus, Prospect } from '../../domain/service/lead.ts';
import type { Db, Tx } from '../../platform/postgres.ts';

interface LeadRow extends Omit<Lead, 'contact'>, Prospect {}

/** Makes the statement that adds a new lead. */
export const insertLead = (tx: Tx, lead: Lead) => tx`
  insert into lead (
    id, tenant_id, source, listing_id, contact_name, contact_email, contact_phone, status, created_by, created_at
  )
  values (
    ${lead.id}, ${lead.tenantId}, ${lead.source}, ${lead.listingId},
    ${lead.contact.name}, ${lead.contact.email}, ${lead.contact.phone}, ${lead.status}, ${lead.createdBy},
    ${lead.createdAt}
  )
`;

/** Finds a lead as committed. */
export async function findLead(db: Db, id: string): Promise<Lead | undefined> {
  const [row] = await db<LeadRow[]>`select ${columns(db)} from lead where id = ${id}`;
  return row && toLead(row);
}

/** Returns whether somebody created the lead and was not removed from its tenant since. */
export async function isStillCreator(db: Db, { createdBy, tenantId }: Lead, userId: string): Promise<boolean> {
  if (createdBy !== userId) return false;
  const removed = await db`
    select from tenant_member where tenant_id = ${tenantId} and user_id = ${userId} and removed_at is not null
  `;
  return removed.length === 0;
}

/** The lead, held against other changes until the transaction ends. */
export async function findLeadToChange(tx: Tx, id: string): Promise<Lead | undefined> {
  const [row] = await tx<LeadRow[]>`select ${columns(tx)} from lead where id = ${id} for no key update`;
  return row && toLead(row);
}

/** Makes the statement that writes down how far a lead has come. */
export const saveLead = (tx: Tx, { id, status, firstResponseAt }: Lead) =>
  tx`update lead set status = ${status}, first_response_at = ${firstResponseAt} where id = ${id}`;

export interface LeadPage {
  readonly tenantId: string;
  readonly status: LeadStatus | undefined;
  /** The id that ended the page before. */
  readonly before: string | undefined;
  readonly limit: number;
}

/** A tenant's leads, newest first. */
export async function listLeads(db: Db, { tenantId, status, before, limit }: LeadPage): Promise<Lead[]> {
  const rows = await db<LeadRow[]>`
    select ${columns(db)}
    from lead
    where tenant_id = ${tenantId}
      ${status === undefined ? db`` : db`and status = ${status}`}
      ${before === undefined ? db`` : db`and id < ${before}`}
    order by id desc
    limit ${limit}
  `;
  return rows.map(toLead);
}

const columns = (db: Db) => db`
  id, tenant_id as "tenantId", source, listing_id as "listingId", contact_name as name, contact_email as email,
  contact_phone as phone, status, created_by as "createdBy", created_at as "createdAt",
  first_response_at as "firstResponseAt"
`;

const toLead = ({ name, email, phone, ...lead }: LeadRow): Lead => ({ ...lead, contact: { name, email, phone } });
