import type { Db, Tx } from '../platform/postgres.ts';

/** How a person is reached. */
export interface Contact {
  readonly name: string;
  readonly email: string;
  readonly locale: 'es' | 'en';
}

/** Makes the statement that saves a person's own contact. A contact that is known is not written, nor locked. */
export const saveOwnContact = (db: Db, userId: string, { name, email, locale }: Contact) => db`
  insert into user_contact (user_id, name, email, locale, updated_at)
  select ${userId}, ${name}, ${email}, ${locale}, now()
  where not exists (
    select from user_contact
    where user_id = ${userId} and name = ${name} and email = ${email} and locale = ${locale}
  )
  on conflict (user_id) do update
  set name = excluded.name, email = excluded.email, locale = excluded.locale, updated_at = excluded.updated_at
`;

/** What somebody else says of a person: it never replaces what is known, or a tenant could redirect anybody's mail. */
export async function saveContactIfUnknown(tx: Tx, userId: string, contact: Contact): Promise<void> {
  await tx`
    insert into user_contact (user_id, name, email, locale, updated_at)
    values (${userId}, ${contact.name}, ${contact.email}, ${contact.locale}, now())
    on conflict (user_id) do nothing
  `;
}

/** Reads contacts by user id; who is not known is missing from the map. */
export async function readContacts(db: Db, userIds: readonly string[]): Promise<Map<string, Contact>> {
  const rows = await db<(Contact & { userId: string })[]>`
    select user_id as "userId", name, email, locale from user_contact where user_id = any(${[...userIds]}::uuid[])
  `;
  return new Map(rows.map(({ userId, ...contact }) => [userId, contact]));
}

/** What a person says of their WhatsApp number, and whether we may use it; false when they have no contact yet. */
export async function saveWhatsApp(
  tx: Tx,
  userId: string,
  { phone, optIn }: { readonly phone: string; readonly optIn: boolean },
): Promise<boolean> {
  const { count } = await tx`
    update user_contact set phone = ${phone}, whatsapp_opt_in = ${optIn}, updated_at = now() where user_id = ${userId}
  `;
  return count > 0;
}

/** The numbers, in E.164, of those users who said yes to WhatsApp, by user id. */
export async function readWhatsAppPhones(db: Db, userIds: readonly string[]): Promise<Map<string, string>> {
  if (userIds.length === 0) return new Map();
  const rows = await db<{ userId: string; phone: string }[]>`
    select user_id as "userId", phone from user_contact
    where user_id = any(${[...userIds]}::uuid[]) and whatsapp_opt_in
  `;
  return new Map(rows.map(({ userId, phone }) => [userId, phone]));
}
