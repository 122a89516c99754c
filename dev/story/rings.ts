import { createHash } from 'node:crypto';
import { seeded } from '../random.ts';

/** Somebody with a tenant, or without one. */
export interface Planted {
  readonly userId: string;
  readonly tenantId?: string;
  readonly listingId?: string;
}

interface Hold {
  readonly userId: string;
  readonly card?: string;
  readonly phone?: string;
  /** The owner's listing is visited so often by that device from that address. */
  readonly visits?: number;
  readonly device?: string;
  readonly address?: string;
}

interface Attributed {
  readonly ambassador: string;
  readonly tenantId: string;
  /** It ended before the days that the night looks at; it was entered a day ago. */
  readonly hasEnded?: boolean;
}

/** What is planted: who is a ring with whom, who is honest, and the facts that say so. */
export interface Plot {
  readonly rings: readonly (readonly string[])[];
  readonly honest: readonly string[];
  readonly people: readonly Planted[];
  readonly holds: readonly Hold[];
  /** Who earns from whose tenant. */
  readonly attributions: readonly Attributed[];
  /** Members by the owner of their tenant. */
  readonly members: readonly { readonly userId: string; readonly tenantId: string }[];
  /** Who has reviewed which tenant. */
  readonly reviews: readonly { readonly author: string; readonly tenantId: string }[];
}

interface Draft {
  readonly rings: string[][];
  readonly honest: string[];
  readonly people: Planted[];
  readonly holds: Hold[];
  readonly attributions: Attributed[];
  readonly members: { userId: string; tenantId: string }[];
  readonly reviews: { author: string; tenantId: string }[];
  /** A thing or a person that nobody else has: the same from the same seed. */
  name(kind: string): string;
  owner(): Required<Planted>;
  /** 0 to `below` − 1. */
  upTo(below: number): number;
}

const OFTEN = 12;

/** Plans so many rings of each make, each with honest neighbours who come close to one. */
export function plotRings({ rings, seed }: { readonly rings: number; readonly seed: number }): Plot {
  const draft = openDraft(seed);
  for (let count = 0; count < rings; count += 1) {
    for (const plan of [cards, phones, devices, chain, straw, selfDealer, colleague]) draft.rings.push(plan(draft));
    for (const plan of [partners, household, competitors, proudAmbassador, rivals, bookkeeper]) draft.honest.push(...plan(draft));
  }
  for (const plan of [agency, carrier, switchboard]) draft.honest.push(...plan(draft));
  const { rings: planned, honest, people, holds, attributions, members, reviews } = draft;
  return { rings: planned, honest, people, holds, attributions, members, reviews };
}

function openDraft(seed: number): Draft {
  const random = seeded(seed);
  let names = 0;
  const name = (kind: string) => {
    names += 1;
    return createHash('sha256').update(`${seed} ${kind} ${names}`).digest('hex');
  };
  const people: Planted[] = [];
  const owner = () => {
    const one = { userId: toUuid(name('user')), tenantId: toUuid(name('tenant')), listingId: toUuid(name('listing')) };
    people.push(one);
    return one;
  };
  return { rings: [], honest: [], people, holds: [], attributions: [], members: [], reviews: [], name, owner, upTo: (below) => Math.floor(random() * below) };
}

const toUuid = (hex: string) => `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
const toPhone = (hex: string) => `+52${BigInt(`0x${hex.slice(0, 16)}`) % 10_000_000_000n}`.padEnd(13, '0');

const owners = (draft: Draft, count: number) => Array.from({ length: count }, draft.owner);
const idsOf = (people: readonly Planted[]) => people.map(({ userId }) => userId);

function share(draft: Draft, people: readonly Planted[], what: Omit<Hold, 'userId'>): string[] {
  draft.holds.push(...people.map(({ userId }) => ({ userId, ...what })));
  return idsOf(people);
}

/** Three to six owners who pay with one card and gave one phone. */
const cards = (draft: Draft) =>
  share(draft, owners(draft, 3 + draft.upTo(4)), { card: draft.name('card'), phone: toPhone(draft.name('phone')) });

/** An owner, somebody who brings tenants and somebody who praises them, behind one phone. */
function phones(draft: Draft): string[] {
  const [shop, other, ambassador, author] = [draft.owner(), draft.owner(), draft.owner(), draft.owner()];
  draft.attributions.push({ ambassador: ambassador.userId, tenantId: other.tenantId });
  draft.reviews.push({ author: author.userId, tenantId: other.tenantId });
  draft.honest.push(other.userId);
  return share(draft, [shop, ambassador, author], { phone: toPhone(draft.name('phone')) });
}

/** Three or four owners whose listings the same two devices at two places keep visiting. */
function devices(draft: Draft): string[] {
  const shops = owners(draft, 3 + draft.upTo(2));
  for (const _ of [1, 2]) share(draft, shops, { visits: OFTEN, device: draft.name('device'), address: draft.name('address') });
  return idsOf(shops);
}

/** A card joins two, a phone the second and a third, two addresses the third and a fourth, and so on. */
function chain(draft: Draft): string[] {
  const shops = owners(draft, 4 + draft.upTo(4));
  shops.slice(1).forEach((shop, index) => {
    const pair = [shops[index] ?? shop, shop];
    if (index % 3 === 0) share(draft, pair, { card: draft.name('card') });
    else if (index % 3 === 1) share(draft, pair, { phone: toPhone(draft.name('phone')) });
    else for (const _ of [1, 2]) share(draft, pair, { visits: OFTEN, device: draft.name('device'), address: draft.name('address') });
  });
  return idsOf(shops);
}

/** An ambassador who brought a tenant that pays with the card of their own. */
function straw(draft: Draft): string[] {
  const [ambassador, shop] = [draft.owner(), draft.owner()];
  draft.attributions.push({ ambassador: ambassador.userId, tenantId: shop.tenantId });
  return share(draft, [ambassador, shop], { card: draft.name('card') });
}

/** An ambassador who brought their own tenant. */
function selfDealer(draft: Draft): string[] {
  const { userId, tenantId } = draft.owner();
  draft.attributions.push({ ambassador: userId, tenantId });
  return [userId];
}

/** An ambassador who works for the tenant that they brought, whose attribution was dated back and has ended. */
function colleague(draft: Draft): string[] {
  const [{ userId, tenantId }, member] = [draft.owner(), draft.owner().userId];
  draft.members.push({ userId: member, tenantId });
  draft.attributions.push({ ambassador: member, tenantId, hasEnded: true });
  return [userId, member];
}

/** Three clients whom a bookkeeper's card pays for, and who are visited from her office; two are a couple with a phone. */
function bookkeeper(draft: Draft): string[] {
  const clients = owners(draft, 3);
  share(draft, clients.slice(0, 2), { phone: toPhone(draft.name('phone')) });
  share(draft, clients, { visits: OFTEN, device: draft.name('device'), address: draft.name('address') });
  return share(draft, clients, { card: draft.name('card') });
}

/** Two partners with a card. */
const partners = (draft: Draft) => share(draft, owners(draft, 2), { card: draft.name('card') });

/** A couple with a phone, one of whom has reviewed a neighbour. */
function household(draft: Draft): string[] {
  const [one, other, neighbour] = [draft.owner(), draft.owner(), draft.owner()];
  draft.reviews.push({ author: other.userId, tenantId: neighbour.tenantId });
  return [...share(draft, [one, other], { phone: toPhone(draft.name('phone')) }), neighbour.userId];
}

/** Three whose listings the same competitor keeps looking at: a weak link. */
const competitors = (draft: Draft) =>
  share(draft, owners(draft, 3), { visits: OFTEN, device: draft.name('device'), address: draft.name('address') });

/** An ambassador who keeps looking at the tenant they brought. */
function proudAmbassador(draft: Draft): string[] {
  const [ambassador, shop] = [draft.owner(), draft.owner()];
  draft.attributions.push({ ambassador: ambassador.userId, tenantId: shop.tenantId });
  return share(draft, [ambassador, shop], { visits: OFTEN, device: draft.name('device'), address: draft.name('address') });
}

/** Three who pay for themselves, and whom the same few customers visit a few times. */
function rivals(draft: Draft): string[] {
  const shops = owners(draft, 3);
  for (const _ of [1, 2, 3]) share(draft, shops, { visits: 4, device: draft.name('device'), address: draft.name('address') });
  for (const shop of shops) share(draft, [shop], { card: draft.name('card') });
  return idsOf(shops);
}

/** Clients of an agency that pays for all of them. */
const agency = (draft: Draft) => share(draft, owners(draft, 30), { card: draft.name('card') });

/** Owners whose customers come from two addresses of a carrier. */
function carrier(draft: Draft): string[] {
  const shops = owners(draft, 6);
  for (const address of [draft.name('address'), draft.name('address')]) {
    for (let customers = 0; customers < 30; customers += 1) share(draft, shops, { visits: 1, device: draft.name('device'), address });
  }
  return idsOf(shops);
}

/** Owners in one building who gave its switchboard's number. */
const switchboard = (draft: Draft) => share(draft, owners(draft, 25), { phone: toPhone(draft.name('phone')) });
