import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';

export interface Person {
  readonly userId: string;
  readonly title: string;
  readonly contact: { readonly name: string; readonly email: string; readonly locale: 'es' | 'en' };
  /** Where pushes are shown: in the app, or by a browser. */
  readonly push?: 'fcm' | 'web';
  /** Of those who say yes to WhatsApp, in E.164. */
  readonly phone?: string;
  /** False for somebody whose mail address the issuer of tokens did not verify. */
  readonly isVerified?: false;
}

/** Who is who in the story. */
export type Cast = ReturnType<typeof castPeople>;

/** The cast of the story, under new ids in every run. */
export function castPeople() {
  return {
    owner: person('owner', {
      contact: { name: 'Lucía Fernández', email: 'lucia@clima-norte.example', locale: 'es' },
      push: 'web', phone: '+528110009001',
    }),
    customer: person('customer', {
      contact: { name: 'Daniel Whitaker', email: 'daniel@whitaker.example', locale: 'en' },
      push: 'fcm', phone: '+528112345678',
    }),
    technician: person('technician', {
      contact: { name: 'Marco Salas', email: 'marco@clima-norte.example', locale: 'es' }, push: 'fcm', isVerified: false,
    }),
    ambassador: person('ambassador', {
      contact: { name: 'Paola Ríos', email: 'paola@rios.example', locale: 'es' }, push: 'web',
    }),
    operator: person('operator', {
      contact: { name: 'Irene Vidal', email: 'irene@techmarket.example', locale: 'es' },
    }),
  };
}

const person = (title: string, reached: Omit<Person, 'userId' | 'title'>): Person =>
  ({ userId: randomUUID(), title, ...reached });

const DAY_MS = 86_400_000;

/** Six in the evening where the story takes place, at most so many days from now. */
export function eveningIn(days: number): string {
  const day = new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);
  return `${day}T00:00:00Z`;
}

export interface Claims {
  readonly roles: readonly string[];
  /** For role `tenant`. */
  readonly tenantId?: string;
}

/** Makes the tokens of a run from its secret; they last as long as a day of work. */
export type IssueToken = (person: Bearer, claims: Claims) => Promise<string>;

/** A person; the issuer verified the addresses that are given. */
interface Bearer extends Pick<Person, 'userId'> {
  readonly contact?: { readonly email: string };
  readonly phone?: string;
  readonly isVerified?: false;
}

export function tokenIssuer(secret: string): IssueToken {
  const key = new TextEncoder().encode(secret);
  return ({ userId, contact, phone, isVerified = true }, claims) =>
    new SignJWT({
      ...claims,
      ...(contact && isVerified && { email: contact.email, email_verified: true }),
      ...(phone !== undefined && { phone_number: phone, phone_number_verified: true }),
    })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(userId)
      .setIssuer('techmarket')
      .setAudience('columna')
      .setExpirationTime('12h')
      .sign(key);
}
