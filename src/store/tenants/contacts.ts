import type { Contact, ContactConfirmation, ContactDecision, OwnContact, WhatsAppConsent } from '../../domain/tenants/contact.ts';
import type { Db, Tx } from '../../platform/postgres.ts';
import type { Statement } from '../operations/idempotency-keys.ts';

/** A person who can be told something; `email` is null until its owner confirmed it. */
export interface ReachableContact extends Pick<Contact, 'name' | 'locale'> {
  readonly email: string | null;
}

/** Makes the query for what a person said of how to reach them, with the addresses whose confirmation is open. */
export const selectOwnContact = (db: Db, userId: string) => db<OwnContact[]>`
  select name, email, locale, phone, whatsapp_opt_in as "whatsAppOptIn",
         confirmed_email as "confirmedEmail", confirmed_phone as "confirmedPhone",
         array(
           select address from contact_confirmation open
           where open.user_id = contact.user_id and open.confirmed_at is null and open.expires_at > now()
         ) as pending
  from user_contact contact
  where user_id = ${userId}
`;

/** Finds what a person said of how to reach them, with the addresses whose confirmation is open. */
export async function findOwnContact(db: Db, userId: string): Promise<OwnContact | undefined> {
  const [contact] = await selectOwnContact(db, userId);
  return contact;
}

/** Makes the statements that save a person's own contact: none when nothing changed. */
export function saveOwnContact(
  db: Db,
  { userId, contact: { name, email, locale } }: { readonly userId: string; readonly contact: Contact },
  { isChanged, newlyConfirmed, confirmation }: Pick<ContactDecision, 'isChanged' | 'newlyConfirmed' | 'confirmation'>,
): readonly Statement[] {
  const save = db`
    insert into user_contact as current (user_id, name, email, locale, confirmed_email, updated_at)
    values (${userId}, ${name}, ${email}, ${locale}, ${newlyConfirmed}, now())
    on conflict (user_id) do update
    set name = excluded.name, email = excluded.email, locale = excluded.locale, updated_at = excluded.updated_at,
        confirmed_email = coalesce(excluded.confirmed_email, current.confirmed_email)
  `;
  return [...(isChanged ? [save] : []), ...insertConfirmation(db, confirmation)];
}

/** Makes the statements that save a person's consent to WhatsApp: none when nothing changed. */
export function saveWhatsApp(
  db: Db,
  { userId, consent: { phone, optIn } }: { readonly userId: string; readonly consent: WhatsAppConsent },
  { isChanged, newlyConfirmed, confirmation }: Pick<ContactDecision, 'isChanged' | 'newlyConfirmed' | 'confirmation'>,
): readonly Statement[] {
  const save = db`
    update user_contact
    set phone = ${phone}, whatsapp_opt_in = ${optIn}, updated_at = now(),
        confirmed_phone = coalesce(${newlyConfirmed}, confirmed_phone)
    where user_id = ${userId}
  `;
  return [...(isChanged ? [save] : []), ...insertConfirmation(db, confirmation)];
}

function insertConfirmation(db: Db, confirmation: ContactConfirmation | undefined): readonly Statement[] {
  if (confirmation === undefined) return [];
  const { id, userId, channel, address, createdAt, expiresAt } = confirmation;
  return [db`
    insert into contact_confirmation (id, user_id, channel, address, created_at, expires_at)
    values (${id}, ${userId}, ${channel}, ${address}, ${createdAt}, ${expiresAt})
  `];
}

/** Lists a person's open confirmations, newest first. */
export const listOpenConfirmations = (db: Db, userId: string) => db<Pick<ContactConfirmation, 'id' | 'channel'>[]>`
  select id, channel from contact_confirmation
  where user_id = ${userId} and confirmed_at is null and expires_at > now()
  order by created_at desc
`;

/** Finds an open confirmation with its person's language. */
export async function findOpenConfirmation(db: Db, id: string) {
  const [found] = await db<(Pick<ContactConfirmation, 'id' | 'channel' | 'address'> & Pick<Contact, 'locale'>)[]>`
    select request.id, request.channel, request.address, contact.locale
    from contact_confirmation request
    join user_contact contact on contact.user_id = request.user_id
    where request.id = ${id} and request.confirmed_at is null and request.expires_at > now()
  `;
  return found;
}

/** Confirms the address of an open confirmation, if it is still the one that the person named last. */
export async function confirmAddress(tx: Tx, id: string): Promise<boolean> {
  const { count } = await tx`
    with confirmed as (
      update contact_confirmation set confirmed_at = now()
      where id = ${id} and confirmed_at is null and expires_at > now()
      returning user_id, channel, address
    )
    update user_contact contact
    set confirmed_email = case when channel = 'email' then address else confirmed_email end,
        confirmed_phone = case when channel = 'whatsapp' then address else confirmed_phone end
    from confirmed
    where contact.user_id = confirmed.user_id
      and address = case when channel = 'email' then contact.email else contact.phone end
  `;
  return count > 0;
}

const REQUESTS_A_DAY = 3; // that one address gets, whoever named it

/**
 * Lists those confirmations that no request is sent for: the person's request to the address is open already, or the
 * address got enough requests within the day.
 */
export async function listExcessConfirmations(db: Db, ids: readonly string[]): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const rows = await db<{ id: string }[]>`
    select request.id
    from contact_confirmation request
    join contact_confirmation earlier
      on earlier.address = request.address and earlier.id < request.id
      and earlier.created_at > request.created_at - interval '1 day'
    where request.id = any(${[...ids]}::uuid[])
    group by request.id
    having count(*) >= ${REQUESTS_A_DAY}
      or bool_or(earlier.user_id = request.user_id and earlier.channel = request.channel and earlier.confirmed_at is null)
  `;
  return new Set(rows.map(({ id }) => id));
}

/** Reads the addresses that open confirmations ask for, by the confirmation's id. */
export async function readAddressesToConfirm(db: Db, ids: readonly string[]): Promise<Map<string, string>> {
  const rows = await db<{ id: string; address: string }[]>`
    select id, address from contact_confirmation
    where id = any(${[...ids]}::uuid[]) and confirmed_at is null and expires_at > now()
  `;
  return new Map(rows.map(({ id, address }) => [id, address]));
}

/** Reads contacts by user id; who is not known is missing from the map. */
export async function readContacts(db: Db, userIds: readonly string[]): Promise<Map<string, ReachableContact>> {
  const rows = await db<(ReachableContact & { userId: string })[]>`
    select user_id as "userId", name, confirmed_email as email, locale
    from user_contact
    where user_id = any(${[...userIds]}::uuid[])
  `;
  return new Map(rows.map(({ userId, ...contact }) => [userId, contact]));
}

/** Reads the confirmed numbers, in E.164, of those users who said yes to WhatsApp, by user id. */
export async function readWhatsAppPhones(db: Db, userIds: readonly string[]): Promise<Map<string, string>> {
  if (userIds.length === 0) return new Map();
  const rows = await db<{ userId: string; phone: string }[]>`
    select user_id as "userId", confirmed_phone as phone from user_contact
    where user_id = any(${[...userIds]}::uuid[]) and whatsapp_opt_in and confirmed_phone = phone
  `;
  return new Map(rows.map(({ userId, phone }) => [userId, phone]));
}
