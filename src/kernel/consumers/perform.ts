import { append } from '../../outbox/append.ts';
import { isOpen } from '../../outbox/batch.ts';
import { readEvents } from '../../outbox/read-events.ts';
import type { Capacity } from '../../platform/capacity.ts';
import { signal as reach } from '../../platform/signal.ts';
import { within } from '../../platform/telemetry.ts';
import { transaction } from '../../platform/transaction.ts';
import { isUnavailable } from '../../platform/unavailable.ts';
import { RetryLater } from '../../events/contract/errors.ts';
import { withDeadline } from '../../platform/with-deadline.ts';
import { type Batched, makeBatcher } from './batcher.ts';
import { type Consumed, SupersededBatch } from './consumed.ts';
import type { Claim, Ended, Outbound } from './consumer.ts';
import { consumeFresh, listConsumed } from './consumption.ts';
import { type BatchAtHand, type Delivery, type FailedDelivery, readDeliveries, type Runtime } from './delivery.ts';
import { eventLog } from './event-log.ts';
import { followOn } from './follow-on.ts';

const SETTLED_TOGETHER = 200;
const SETTLE_EVERY_MS = 50; // under load: a transaction for each call would cost more than the call

/** Handles a part of a batch's deliveries. Returns those that failed. */
export type Perform = (batch: BatchAtHand, deliveries: readonly Delivery[]) => Promise<readonly FailedDelivery[]>;

/** Resolves to how many of the calls that are wanted may begin; at once where there is no limit. */
export type TakeCalls = (wanted: number) => Promise<number>;

/**
 * Makes the function that performs an outbound consumer's deliveries: claims together as many as may begin, performs
 * each by itself with no transaction open, and settles those that have ended together with their consumption records.
 * After a crash in between, the claim recognises what was begun.
 */
export function makePerform<Ports>(outbound: Outbound<Ports>, runtime: Runtime<Ports>, takeCalls: TakeCalls): Perform {
  const { ports, isClosing = () => false } = runtime;
  const capacity = outbound.capacity?.(ports) ?? unbounded;
  const performPart = makePerformPart(outbound, runtime, capacity);

  async function takeRoom(wanted: number): Promise<number> {
    const room = await capacity.take(wanted);
    const calls = await takeCalls(room);
    capacity.release(room - calls);
    return calls;
  }

  return async (batch, deliveries) => {
    const waiting = [...deliveries];
    const failed: FailedDelivery[] = [];
    const parts: Promise<void>[] = [];
    let ending: { readonly error: unknown; readonly isWhole: boolean } | undefined;
    while (waiting.length > 0) {
      const room = await takeRoom(waiting.length);
      if (isClosing()) ending ??= { error: new RetryLater(0, 'the worker stops'), isWhole: false };
      if (ending !== undefined) {
        capacity.release(room);
        break;
      }
      const onOutage = (error: unknown) => void (ending ??= { error, isWhole: false }); // the others would meet it, too
      parts.push(performPart({ batch, deliveries: waiting.splice(0, room), onOutage }).then(
        (failures) => void failed.push(...failures),
        (error: unknown) => void (ending = { error, isWhole: true }),
      ));
    }
    await Promise.all(parts);
    if (ending?.isWhole === true) throw ending.error;
    const error = ending?.error;
    return [...failed, ...waiting.map(({ event: { eventId }, committed }) => ({ eventId, committed, error }))];
  };
}

const unbounded: Pick<Capacity, 'take' | 'release'> = { take: async (wanted) => wanted, release: () => undefined };

/** Deliveries that may begin now. */
interface Part extends ClaimPart {
  /** Called as soon as a provider is found to be unavailable. */
  readonly onOutage: (error: unknown) => void;
}

/** Makes the function that claims deliveries together and performs each. */
function makePerformPart<Ports>(outbound: Outbound<Ports>, runtime: Runtime<Ports>, { release }: Pick<Capacity, 'release'>) {
  const { sql, ports, log, onPerformed = () => undefined } = runtime;
  const settle = makeBatcher<Ended>({
    name: `settle ${outbound.name}`, limit: SETTLED_TOGETHER, gatherMs: SETTLE_EVERY_MS,
    run: (all) => settleTogether(outbound, runtime, all),
  });

  async function performOne(delivery: Delivery, task: unknown, { batch, onOutage }: Part): Promise<void> {
    const { event, committed } = delivery;
    reach('effect.before');
    const performed = await withDeadline(outbound.timeoutMs, batch.signal, (signal) =>
      outbound.perform(task, { sql, ports, signal, get log() { return eventLog(log, event); } })).catch((error: Error) => ({ thrown: error, error }));
    if (isUnavailable(performed.error)) onOutage(performed.error);
    release(1);
    onPerformed();
    if ('thrown' in performed) throw performed.thrown;
    reach('effect.performed');
    await settle({ event, task, ...performed });
    if (performed.error !== undefined) throw performed.error;
    runtime.onConsumed(committed);
  }

  async function performClaim(delivery: Delivery, claim: Claim<unknown> | Error | undefined, part: Part): Promise<void> {
    if (claim instanceof Error || claim?.state !== 'mine') release(1);
    if (claim instanceof Error) throw claim;
    if (claim?.state === 'later') throw new RetryLater(claim.delayMs, claim.reason);
    if (claim?.state !== 'mine') return;
    const perform = () => performOne(delivery, claim.task, part);
    await (delivery.span === undefined ? perform() : within(delivery.span, perform));
  }

  return async (part: Part): Promise<readonly FailedDelivery[]> => {
    const { batch, deliveries } = part;
    const claims = await claimTogether(outbound, runtime, { batch, deliveries }).catch((error: unknown) => {
      release(deliveries.length);
      throw error;
    });
    const failed = await Promise.all(deliveries.map(async (delivery): Promise<readonly FailedDelivery[]> => {
      const { eventId } = delivery.event;
      return performClaim(delivery, claims.get(eventId), part).then(
        () => [], (error: unknown) => [{ eventId, committed: delivery.committed, error }],
      );
    }));
    return failed.flat();
  };
}

/** Reads a batch and performs its deliveries; the failures' transaction closes the batch. */
export async function performBatch<Ports>(
  outbound: Outbound<Ports>,
  { sql }: Runtime<Ports>,
  { batch, perform }: { readonly batch: BatchAtHand; readonly perform: Perform },
): Promise<Consumed> {
  const { deliveries, unreadable } = readDeliveries(outbound, batch, await readEvents(sql, batch.eventIds));
  const failed = await perform(batch, deliveries);
  return { deliveries, failed: [...unreadable, ...failed], isClosed: false };
}

/** Runs the end of tasks as one transaction; when that fails, one by one, so that only the guilty one fails. */
async function settleTogether<Ports>(outbound: Outbound<Ports>, runtime: Runtime<Ports>, all: readonly Batched<Ended>[]): Promise<void> {
  try {
    await settleAll(outbound, runtime, all);
  } catch (error) {
    if (isUnavailable(error) || all.length === 1) throw error;
    for (const one of all) await settleAll(outbound, runtime, [one]).catch(one.reject);
  }
}

async function settleAll<Ports>(outbound: Outbound<Ports>, { sql, wake }: Runtime<Ports>, all: readonly Batched<Ended>[]): Promise<void> {
  const ended = all.map(({ item }) => item);
  const following = await transaction(sql, async (tx) => {
    const events: Parameters<typeof append>[1][] = [];
    await outbound.settle(ended, { tx, append: (cause, ...caused) => void events.push(...followOn(cause, caused)) });
    await append(tx, ...events);
    await consumeFresh(tx, outbound.name, ended.filter(({ error }) => error === undefined).map(({ event }) => event.eventId));
    return events;
  });
  if (following.length > 0) wake();
  for (const { resolve } of all) resolve();
}

interface ClaimPart {
  readonly batch: BatchAtHand;
  readonly deliveries: readonly Delivery[];
}

/** Claims deliveries in one transaction; when that fails, one by one, so that only the guilty one fails. */
async function claimTogether<Ports>(
  outbound: Outbound<Ports>,
  runtime: Runtime<Ports>,
  { batch, deliveries }: ClaimPart,
): Promise<ReadonlyMap<string, Claim<unknown> | Error>> {
  try {
    return await claimAll(outbound, runtime, { batch, deliveries });
  } catch (error) {
    if (isUnavailable(error) || error instanceof SupersededBatch) throw error;
    if (deliveries.length === 1) return new Map(deliveries.map(({ event }) => [event.eventId, error as Error]));
  }
  const claims = new Map<string, Claim<unknown> | Error>();
  for (const delivery of deliveries) {
    for (const [eventId, claim] of await claimTogether(outbound, runtime, { batch, deliveries: [delivery] })) claims.set(eventId, claim);
  }
  return claims;
}

function claimAll<Ports>(
  outbound: Outbound<Ports>,
  { sql, ports }: Runtime<Ports>,
  { batch, deliveries }: ClaimPart,
): Promise<ReadonlyMap<string, Claim<unknown>>> {
  const events = deliveries.map(({ event }) => event);
  return transaction(sql, async (tx) => {
    const [isOurs, consumed] = await Promise.all([
      isOpen(tx, batch.id),
      listConsumed(tx, outbound.name, events.map(({ eventId }) => eventId)),
    ]);
    if (!isOurs) throw new SupersededBatch();
    const fresh = events.filter(({ eventId }) => !consumed.has(eventId));
    const claims = fresh.length === 0 ? new Map<string, Claim<unknown>>() : await outbound.claim(fresh, { tx, ports });
    const done = fresh.filter(({ eventId }) => claims.get(eventId)?.state === 'done');
    if (done.length > 0) await consumeFresh(tx, outbound.name, done.map(({ eventId }) => eventId));
    return claims;
  });
}
