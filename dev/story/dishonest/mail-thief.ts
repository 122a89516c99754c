import { randomUUID } from 'node:crypto';
import type { Sql } from '../../../src/platform/postgres.ts';
import type { Mailbox } from '../../sandbox/mailbox.ts';
import type { Comparison } from '../check.ts';
import { asTenant, asUser, castOne, HOUR_MS, openShop, type Scene } from './scene.ts';

const TICKETS = 6;

/** A stranger whom a thief assigned with an address of the thief's, and a bystander whose address somebody named. */
export interface Stolen {
  readonly strangerUserId: string;
  readonly thiefAddress: string;
  readonly bystanderAddress: string;
  readonly attempts: number;
  /** Assignments that should have been refused and were not. */
  readonly accepted: number;
}

/** Tries to have a stranger's mail sent to a thief, and mail of the system to a bystander. */
export async function stealMail(scene: Scene): Promise<Stolen> {
  const { client, now } = scene;
  const shop = await openShop(scene, 'shop of a thief');
  const at = new Date(now.getTime() - HOUR_MS);
  const impostor = { ...castOne('impostor'), isVerified: false } as const;
  const bystanderAddress = 'bystander@elsewhere.example';
  const contact = { ...impostor.contact, email: bystanderAddress };
  const [strangerUserId, thiefAddress] = [randomUUID(), 'thief@evil.example'];
  const answers = [];
  for (let time = 0; time < TICKETS; time += 1) {
    await client.ask({ ...asUser(impostor), at, path: '/users/me/contact', body: contact });
    const ticket = await client.post({
      ...asUser(impostor), at, path: '/tickets',
      body: { tenantId: shop.tenantId, subject: `You won: https://evil.example/${time}`, description: 'x', contact },
    });
    const assignment = { contact: { name: 'You', email: thiefAddress, locale: 'es' } };
    const assign = (assigneeUserId: string) =>
      client.ask({ ...asTenant(shop), at, path: `/tickets/${ticket.id}/assign`, body: { ...assignment, assigneeUserId } });
    answers.push(await assign(strangerUserId), await assign(randomUUID()));
    await assign(shop.owner.userId);
    await client.post({ ...asTenant(shop), at, path: `/tickets/${ticket.id}/close`, body: { outcome: 'declined' } });
  }
  const accepted = answers.filter(({ status }) => status < 400).length;
  return { strangerUserId, thiefAddress, bystanderAddress, attempts: answers.length + TICKETS, accepted };
}

/** Counts mails to the thief's address, contacts of the stranger, and all but one request to confirm to the bystander. */
export async function checkMail(
  sql: Sql, { messages }: Pick<Mailbox, 'messages'>, { strangerUserId, thiefAddress, bystanderAddress, attempts, accepted }: Stolen,
): Promise<Comparison> {
  const sentTo = (address: string) => messages.filter(({ to }) => to.includes(address));
  const requests = sentTo(bystanderAddress);
  const isForeign = requests.some(({ text, subject }) => `${subject} ${text}`.includes('evil.example'));
  const [row] = await sql<{ contacts: number }[]>`
    select count(*)::integer as contacts from user_contact where user_id = ${strangerUserId} or email = ${thiefAddress}
  `;
  const stolen = sentTo(thiefAddress).length + (row?.contacts ?? 0) + accepted;
  return { figure: 'mail of others', compared: attempts, differences: stolen + Math.abs(requests.length - 1) + (isForeign ? 1 : 0) };
}
