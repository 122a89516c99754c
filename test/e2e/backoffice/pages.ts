import { digestOfLetters } from '../../../src/kernel/consumers/dead-letters.ts';
import { formSender, type History } from '../../support/history.ts';
import type { System } from '../../support/system.ts';

const UI = '/backoffice/ui';
const DAY = { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' };
const query = (asked: Readonly<Record<string, string>>) => new URLSearchParams(asked).toString();

/** Every page of the backoffice by its name; a new one is one entry here. */
export async function backofficePages(system: System, { tenantId, deadId, eventId, userId, notificationId, deliveryId, mismatchId }: History) {
  const send = await formSender(system);
  const window = { from: new Date(Date.now() - 3_600_000).toISOString(), to: new Date().toISOString() };
  const replay = await send('/replays', { consumer: 'notify', ...window, reason: 'looking at the page' });
  const letter = { eventId: deadId, consumer: 'notify' };
  const shown = { count: '1', digest: digestOfLetters([letter]) };
  const progress = await send('/dead-letters/retry', { ...letter, ...shown, reason: 'looking at the page' });
  const actionId = new URL(replay, system.apiUrl).searchParams.get('done') ?? '';
  return {
    'sign-in': '/backoffice/sign-in',
    overview: '/backoffice',
    events: `${UI}/events`,
    'events-filtered': `${UI}/events?${query({ tenantId, status: 'published' })}`,
    event: `${UI}/events/${eventId}`,
    'event-dead': `${UI}/events/${deadId}`,
    'dead-letters': `${UI}/dead-letters`,
    retry: `${UI}/dead-letters/retry?${query({ tenantId })}`,
    'retry-progress': progress,
    discard: `${UI}/dead-letters/discard?${query({ consumer: 'count-daily-metrics' })}`,
    replays: `${UI}/replays`,
    replay,
    jobs: `${UI}/jobs`,
    job: `${UI}/jobs/recalculate-ranking`,
    'job-often': `${UI}/jobs/run-replays`,
    'job-run': `${UI}/jobs/recalculate-ranking/run?${query({ slot: DAY.from })}`,
    'job-backfill': `${UI}/jobs/score-fraud/backfill?${query(DAY)}`,
    notifications: `${UI}/notifications`,
    explain: `${UI}/notifications/explain?${query({ eventId, userId })}`,
    resend: `${UI}/notifications/resend?${query({ id: notificationId })}`,
    recover: `${UI}/notifications/recover?${query({ channel: 'email', since: window.from })}`,
    templates: `${UI}/templates`,
    template: `${UI}/templates/ticket-created`,
    'template-preview': `${UI}/templates/ticket-created/preview?${query({ channel: 'email', locale: 'es' })}`,
    'notifications-missed': `${UI}/notifications/missed`,
    'template-comparison': `${UI}/templates/ticket-created/compare?${query({ from: '2', to: '1000', channel: 'inbox', locale: 'es' })}`,
    accounts: `${UI}/accounts`,
    account: `${UI}/accounts/${tenantId}`,
    mismatches: `${UI}/payment-mismatches`,
    mismatch: `${UI}/payment-mismatches/${mismatchId}`,
    webhooks: `${UI}/webhooks`,
    webhook: `${UI}/webhooks/sandpay/${deliveryId}`,
    actions: `${UI}/actions`,
    action: `${UI}/actions/${actionId}`,
    approvals: `${UI}/approvals`,
    bounds: `${UI}/bounds`,
    doctor: `${UI}/doctor`,
  };
}
