import { appointmentApproached } from '../events/appointment-approached.ts';
import { leadLeftUnanswered } from '../events/lead-left-unanswered.ts';
import { defineJob } from '../kernel/jobs/job.ts';
import { followUpLeads, remindOfVisits } from '../store/service/follow-ups.ts';
import { inParts } from './in-parts.ts';

const AT_ONCE = 500;

/** Tells tenants of leads that nobody answers, and customers and assignees of visits that come near. */
export const applyFollowUps = defineJob<object>({
  name: 'apply-follow-ups', // lives in the ledger: never rename
  schedule: { cron: '*/5 * * * *', timeZone: 'America/Mexico_City' },
  overlap: 'skip',

  async run({ chunk, scheduledFor: now }) {
    await inParts(chunk, { name: 'leads', atOnce: AT_ONCE }, async ({ tx, append }) => {
      const leads = await followUpLeads(tx, now, AT_ONCE);
      await append(...leads.map(({ waitingSince, ...facts }) => leadLeftUnanswered({
        tenantId: facts.tenantId, occurredAt: now, payload: { ...facts, waitingSince: waitingSince.toISOString() },
      })));
      return leads.length;
    });
    await inParts(chunk, { name: 'visits', atOnce: AT_ONCE }, async ({ tx, append }) => {
      const visits = await remindOfVisits(tx, now, AT_ONCE);
      await append(...visits.map(({ tenantId, startsAt, assigneeUserId, ...facts }) => appointmentApproached({
        tenantId, occurredAt: now, payload: { ...facts, assigneeUserId: assigneeUserId ?? undefined, startsAt: startsAt.toISOString() },
      })));
      return visits.length;
    });
  },
});
