import type { Contact } from '../src/domain/tenants/contact.ts';
import type { Db } from '../src/platform/postgres.ts';

/** A contact with a number, and the person's consent to WhatsApp; no consent unless it says so. */
export interface ConfirmedContact extends Contact {
  /** E.164. */
  readonly phone?: string;
  readonly optIn?: boolean;
}

/** Saves a person's contact as if its owner had confirmed every address. */
export async function saveConfirmedContact(db: Db, userId: string, contact: ConfirmedContact): Promise<void> {
  const { name, email, locale, phone = null, optIn = phone !== null } = contact;
  await db`
    insert into user_contact (
      user_id, name, email, locale, confirmed_email, phone, confirmed_phone, whatsapp_opt_in, updated_at
    )
    values (${userId}, ${name}, ${email}, ${locale}, ${email}, ${phone}, ${phone}, ${optIn}, now())
    on conflict (user_id) do update
    set name = excluded.name, email = excluded.email, locale = excluded.locale,
        confirmed_email = excluded.confirmed_email,
        phone = coalesce(excluded.phone, user_contact.phone),
        confirmed_phone = coalesce(excluded.confirmed_phone, user_contact.confirmed_phone),
        whatsapp_opt_in = case when excluded.phone is null then user_contact.whatsapp_opt_in else excluded.whatsapp_opt_in end
  `;
}
