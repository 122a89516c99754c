import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';

export interface Person {
  readonly userId: string;
  readonly title: string;
  readonly contact: { readonly name: string; readonly email: string; readonly locale: 'es' | 'en' };
}

/** The cast of the story, under new ids in every run. */
export function castPeople() {
  return {
    owner: person('owner', 'Lucía Fernández', 'lucia@clima-norte.example', 'es'),
    customer: person('customer', 'Daniel Whitaker', 'daniel@whitaker.example', 'en'),
    technician: person('technician', 'Marco Salas', 'marco@clima-norte.example', 'es'),
    ambassador: person('ambassador', 'Paola Ríos', 'paola@rios.example', 'es'),
    operator: person('operator', 'Irene Vidal', 'irene@techmarket.example', 'es'),
  };
}

function person(title: string, name: string, email: string, locale: 'es' | 'en'): Person {
  return { userId: randomUUID(), title, contact: { name, email, locale } };
}

export interface Claims {
  readonly roles: readonly string[];
  /** For role `tenant`. */
  readonly tenantId?: string;
}

/** Makes the tokens of a run from its secret; they last as long as a day of work. */
export type IssueToken = (person: Pick<Person, 'userId'>, claims: Claims) => Promise<string>;

export function tokenIssuer(secret: string): IssueToken {
  const key = new TextEncoder().encode(secret);
  return ({ userId }, claims) =>
    new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(userId)
      .setIssuer('techmarket')
      .setAudience('columna')
      .setExpirationTime('12h')
      .sign(key);
}
