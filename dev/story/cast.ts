import { randomUUID } from 'node:crypto';
import type { Person } from '../demo/people.ts';
import { seeded } from '../random.ts';

export const ZONES = ['monterrey-centro', 'bogota-norte', 'madrid-sur', 'cdmx-roma', 'sevilla-este'] as const;
const HOMES = [
  { country: 'MX', currency: 'MXN', timeZone: 'America/Monterrey' },
  { country: 'CO', currency: 'COP', timeZone: 'America/Bogota' },
  { country: 'ES', currency: 'EUR', timeZone: 'Europe/Madrid' },
  { country: 'MX', currency: 'MXN', timeZone: 'America/Mexico_City' },
  { country: 'ES', currency: 'EUR', timeZone: 'Europe/Madrid' },
] as const;
const TRADES = ['plumbing', 'air-conditioning', 'electricity', 'locks', 'appliances'] as const;

/** A business with its temper; what it does follows from the seed, whatever the others do meanwhile. */
export interface Actor {
  readonly number: number;
  readonly random: () => number;
  readonly owner: Person;
  readonly home: (typeof HOMES)[number];
  readonly zone: string;
  readonly trade: string;
  /** 0.2 to 2: how much comes its way. */
  readonly demand: number;
  /** 0 to 1: how well it works. */
  readonly quality: number;
  tenantId: string;
  listingIds: string[];
  subscriptionId: string;
}

/** The businesses of a story. */
export function castActors(count: number, seed: number): Actor[] {
  return Array.from({ length: count }, (_, number) => {
    const random = seeded(seed * 7_919 + number);
    const place = Math.floor(random() * ZONES.length);
    return {
      number,
      random,
      owner: castPerson(`owner ${number}`, random),
      home: HOMES[place] ?? HOMES[0],
      zone: ZONES[place] ?? ZONES[0],
      trade: TRADES[Math.floor(random() * TRADES.length)] ?? 'plumbing',
      demand: 0.2 + random() * 1.8,
      quality: random(),
      tenantId: '',
      listingIds: [],
      subscriptionId: '',
    };
  });
}

/** Somebody of the story. */
export function castPerson(title: string, random: () => number): Person {
  const name = title.replace(/^./, (first) => first.toUpperCase());
  return {
    userId: randomUUID(),
    title,
    contact: { name, email: `${title.replaceAll(' ', '-')}@story.example`, locale: random() < 0.6 ? 'es' : 'en' },
  };
}

/** How many times something with this mean happens (Poisson). */
export function howMany(mean: number, random: () => number): number {
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > limit; product *= random()) count += 1;
  return count;
}
