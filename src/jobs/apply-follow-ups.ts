import { appointmentApproached } from '../events/appointment-approached.ts';
import { leadLeftUnanswered } from '../events/lead-left-unanswered.ts';
import { defineJob } from '../kernel/job.ts';
import { followUpLeads, remindOfVisits } from '../store/follow-ups.ts';

const AT_ONCE = 500;

/** Tells tenants of leads that nobody answers, and customers of visits that come near. */
export const applyFollowUps = defineJob<object>({
  name: 'apply-follow-ups', // lives in the ledger: never rename
  schedule: { cron: '*/5 * * * *', timeZone: 'America/Mexico_City' },
  overlap: 'skip',

  async run({ chunk, scheduledFor: now }) {
    let found = AT_ONCE;
    for (let part = 1; found === AT_ONCE; part += 1) {
      await chunk(`leads ${part}`, async ({ tx, append }) => {
        const leads = await followUpLeads(tx, now, AT_ONCE);
        const events = leads.map(({ waitingSince, ...facts }) => leadLeftUnanswered({
          tenantId: facts.tenantId, occurredAt: now, payload: { ...facts, waitingSince: waitingSince.toISOString() },
        }));
        await append(...events);
        found = leads.length;
      });
    }
    found = AT_ONCE;
    for (let part = 1; found === AT_ONCE; part += 1) {
      await chunk(`visits ${part}`, async ({ tx, append }) => {
        const visits = await remindOfVisits(tx, now, AT_ONCE);
        const events = visits.map(({ tenantId, startsAt, ...facts }) => appointmentApproached({
          tenantId, occurredAt: now, payload: { ...facts, startsAt: startsAt.toISOString() },
        }));
        await append(...events);
        found = visits.length;
      });
    }
  },
});
