import { fraudSuspected } from '../../events/fraud-suspected.ts';
import type { NewEvent } from '../../events/contract/event.ts';
import type { Component, Scored } from './fraud.ts';
import type { LinkKind } from './fraud-ring.ts';
import { IllegalTransition } from '../illegal-transition.ts';

export type Subject = Scored | 'ring';
export type Verdict = 'confirmed' | 'dismissed';

/** A ring's evidence: ids, kinds and counts. */
export interface RingEvidence {
  readonly users: number;
  readonly isSelfDealing: boolean;
  /** Pairs of its users that share something of that kind. */
  readonly links: Readonly<Partial<Record<LinkKind, number>>>;
  readonly members: readonly { readonly subject: Scored; readonly id: string }[];
}

/** What speaks against a subject; no personal data. */
export type Evidence = { readonly components: Readonly<Record<string, Component>> } | RingEvidence;

/** A subject with enough for a case. */
export interface Suspect {
  readonly subjectId: string;
  readonly score: number;
  readonly evidence: Evidence;
}

/** What a person looks at, and says what it is. */
export interface FraudCase extends Suspect {
  readonly id: string;
  readonly subject: Subject;
  readonly openedAt: Date;
  readonly status: 'open' | Verdict | 'reversed';
  readonly resolvedAt: Date | null;
  readonly resolvedBy: string | null;
  readonly reason: string | null;
  /** When its subject's payouts went on after a confirmed case. */
  readonly settledAt: Date | null;
  readonly settledBy: string | null;
  readonly settledReason: string | null;
  readonly reversedAt: Date | null;
  readonly reversedBy: string | null;
  readonly reversedReason: string | null;
}

/** A case on which nobody has decided. */
export function openCase(facts: Suspect & Pick<FraudCase, 'id' | 'subject' | 'openedAt'>): FraudCase {
  return {
    ...facts, status: 'open', resolvedAt: null, resolvedBy: null, reason: null, settledAt: null, settledBy: null,
    settledReason: null, reversedAt: null, reversedBy: null, reversedReason: null,
  };
}

/** Tells of a case that was opened. */
export function suspect({ id: caseId, subject, subjectId, score, openedAt }: FraudCase): NewEvent {
  const tenantId = subject === 'tenant' ? subjectId : undefined;
  return fraudSuspected({ tenantId, occurredAt: openedAt, payload: { caseId, subject, subjectId, score } });
}

interface Resolution {
  readonly verdict: Verdict;
  readonly reason: string;
  readonly operatorUserId: string;
}

/**
 * An operator decides a case, once.
 * @throws {IllegalTransition} when it is decided already.
 */
export function resolveCase(found: FraudCase, { verdict, reason, operatorUserId }: Resolution, now: Date): FraudCase {
  if (found.status !== 'open') throw new IllegalTransition(`The case is ${found.status} already.`);
  return { ...found, status: verdict, reason, resolvedAt: now, resolvedBy: operatorUserId };
}

type Decision = Omit<Resolution, 'verdict'>;

/**
 * An operator settles a confirmed case, once: payouts of its people go on.
 * @throws {IllegalTransition} when it is not confirmed, or settled already.
 */
export function settleCase(found: FraudCase, { reason, operatorUserId }: Decision, now: Date): FraudCase {
  if (found.status !== 'confirmed') throw new IllegalTransition(`The case is ${found.status}, not confirmed.`);
  if (found.settledAt !== null) throw new IllegalTransition('The case is settled already.');
  return { ...found, settledAt: now, settledBy: operatorUserId, settledReason: reason };
}

/**
 * An operator reverses a confirmed case, once: what it took is given back.
 * @throws {IllegalTransition} when it is not confirmed.
 */
export function reverseCase(found: FraudCase, { reason, operatorUserId }: Decision, now: Date): FraudCase {
  if (found.status !== 'confirmed') throw new IllegalTransition(`The case is ${found.status}, not confirmed.`);
  return { ...found, status: 'reversed', reversedAt: now, reversedBy: operatorUserId, reversedReason: reason };
}
