import { shuffled } from '../random.ts';
import type { WhatsAppMessage, WhatsAppStatus } from '../sandbox/whatsapp.ts';
import { until } from '../until.ts';
import { type Given, STRIKE_DEADLINE_MS } from './faults.ts';
import { channelsOf, type World } from './world.ts';

const MESSAGES = 30;
const STORIES: readonly (readonly WhatsAppStatus[])[] = [
  ['sent', 'delivered', 'read'], ['sent', 'delivered'], ['sent', 'failed'], ['failed', 'delivered'],
];

/** WhatsApp reports of its last messages: each status twice, in any order, over two connections at once. */
export async function reportInDisorder(world: World, { random, tell }: Given): Promise<readonly string[]> {
  const { whatsApp } = channelsOf(world);
  const deadline = { deadlineMs: STRIKE_DEADLINE_MS };
  await until(`WhatsApp took ${MESSAGES} messages`, () => whatsApp.accepted.length >= MESSAGES, deadline);
  const report = (message: WhatsAppMessage, statuses: readonly WhatsAppStatus[]) =>
    until('WhatsApp’s reports are taken', async () => {
      const answers = await whatsApp.report(`${world.apiUrl}/webhooks/whatsapp`, message, statuses).catch(() => [0]);
      return answers.every((status) => status === 200);
    }, deadline);
  const reported = whatsApp.accepted.slice(-MESSAGES).map((message, index) => {
    const statuses = STORIES[index % STORIES.length] ?? [];
    return { message, statuses, deck: shuffled([...statuses, ...statuses], random) };
  });
  await Promise.all(
    reported.flatMap(({ message, statuses: { length }, deck }) => [
      report(message, deck.slice(0, length)), report(message, deck.slice(length)),
    ]),
  );
  tell(`${reported.reduce((sum, { deck }) => sum + deck.length, 0)} reports of ${reported.length} messages`);
  const told = reported.flatMap(({ message: { callbackData }, statuses }) =>
    statuses.map((status) => `${callbackData} ${status}`),
  );
  const rows = await world.sql<{ report: string }[]>`
    select notification_id || ' ' || status as report from notification_receipt
  `;
  const onRecord = new Set(rows.map((row) => row.report));
  return told.filter((one) => !onRecord.has(one)).map((one) => `answered with 200, and not on record: ${one}`);
}
