import { LEAD_STEPS_MS, REMINDER_STEPS_MS } from '../../domain/service/follow-ups.ts';
import type { Tx } from '../../platform/postgres.ts';

/** A lead that came to its next step. */
export interface LeadFollowedUp {
  readonly leadId: string;
  readonly step: number;
  readonly waitingSince: Date;
  readonly tenantId: string;
  readonly tenantOwnerUserId: string;
  readonly tenantName: string;
}

/** Puts leads' next steps on record, oldest leads first. Of steps that passed unnoticed only the last is taken. */
export async function followUpLeads(tx: Tx, now: Date, limit: number): Promise<readonly LeadFollowedUp[]> {
  return tx<LeadFollowedUp[]>`
    with waiting as (
      select lead.id, lead.tenant_id, lead.created_at,
             (
               select count(*)::integer from unnest(${LEAD_STEPS_MS.map(String)}::bigint[]) as after_ms
               where lead.created_at + after_ms * interval '1 millisecond' <= ${now}
             ) as step
      from lead
      where lead.status = 'new' and lead.created_at > 'epoch' -- no older one is real, and its event could not say its time
        and lead.created_at <= ${now}::timestamptz - ${LEAD_STEPS_MS[0] ?? 0} * interval '1 millisecond'
    ), due as (
      select * from waiting
      where not exists (select from lead_follow_up done where done.lead_id = waiting.id and done.step >= waiting.step)
      order by created_at, id limit ${limit}
    ), taken as (
      insert into lead_follow_up (lead_id, step, at) select id, step, ${now} from due
      on conflict do nothing
      returning lead_id, step
    )
    select due.id as "leadId", due.step, due.created_at as "waitingSince", due.tenant_id as "tenantId",
           tenant.owner_user_id as "tenantOwnerUserId", tenant.name as "tenantName"
    from taken
    join due on due.id = taken.lead_id and due.step = taken.step
    join tenant on tenant.id = due.tenant_id
    order by due.created_at, due.id
  `;
}

/** A visit that came near. */
export interface VisitRemindedOf {
  readonly appointmentId: string;
  readonly ticketId: string;
  readonly tenantId: string;
  readonly customerUserId: string;
  readonly assigneeUserId: string | null;
  readonly tenantName: string;
  readonly subject: string;
  readonly startsAt: Date;
}

/** Puts visits' reminders on record, nearest first; never of one that has begun. */
export async function remindOfVisits(tx: Tx, now: Date, limit: number): Promise<readonly VisitRemindedOf[]> {
  return tx<VisitRemindedOf[]>`
    with ahead as (
      select visit.id, visit.ticket_id, visit.starts_at, coalesce(visit.moved_at, visit.scheduled_at) as agreed_at,
             (
               select count(*)::integer from unnest(${REMINDER_STEPS_MS.map(String)}::bigint[]) as before_ms
               where visit.starts_at - before_ms * interval '1 millisecond' <= ${now}
             ) as step
      from appointment visit
      where visit.status = 'scheduled' and visit.starts_at > ${now}
        and visit.starts_at <= ${now}::timestamptz + ${REMINDER_STEPS_MS[0] ?? 0} * interval '1 millisecond'
    ), due as (
      select * from ahead
      where agreed_at <= starts_at - (${REMINDER_STEPS_MS.map(String)}::bigint[])[step] * interval '1 millisecond'
        and not exists (
          select from appointment_reminder done
          where done.appointment_id = ahead.id and done.starts_at = ahead.starts_at and done.step >= ahead.step
        )
      order by starts_at, id limit ${limit}
    ), taken as (
      insert into appointment_reminder (appointment_id, starts_at, step, at) select id, starts_at, step, ${now} from due
      on conflict do nothing
      returning appointment_id
    )
    select due.id as "appointmentId", due.ticket_id as "ticketId", ticket.tenant_id as "tenantId",
           ticket.customer_user_id as "customerUserId", ticket.assignee_user_id as "assigneeUserId",
           tenant.name as "tenantName", ticket.subject, due.starts_at as "startsAt"
    from taken
    join due on due.id = taken.appointment_id
    join ticket on ticket.id = due.ticket_id
    join tenant on tenant.id = ticket.tenant_id
    order by due.starts_at, due.id
  `;
}
