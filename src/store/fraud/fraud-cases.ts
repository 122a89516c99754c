import { v7 as uuidv7 } from 'uuid';
import { makesCase } from '../../domain/fraud/fraud.ts';
import { openCase, type FraudCase, type Subject, type Suspect } from '../../domain/fraud/fraud-case.ts';
import type { Db, Tx } from '../../platform/postgres.ts';
import type { Page } from '../../platform/page.ts';

interface Opening {
  readonly subject: Subject;
  readonly at: Date;
  readonly suspects: readonly Suspect[];
}

/**
 * Opens a case for each who has none open, unless somebody has looked and it is not much graver since; gives those that
 * were opened. An open case takes the evidence of the gravest night.
 */
export async function openCases(tx: Tx, { subject, at, suspects }: Opening): Promise<readonly FraudCase[]> {
  const ids = suspects.map(({ subjectId }) => subjectId);
  const known = await tx<{ subjectId: string; isOpen: boolean; looked: number | null }[]>`
    select subject_id as "subjectId", bool_or(status = 'open') as "isOpen",
           max(score) filter (where status <> 'open') as looked
    from fraud_case
    where subject_kind = ${subject} and subject_id = any(${ids}::uuid[])
    group by subject_id
  `;
  const standings = new Map(known.map((one) => [one.subjectId, one]));
  await raiseCases(tx, subject, suspects.filter(({ subjectId }) => standings.get(subjectId)?.isOpen === true));
  const fresh = suspects.filter(({ subjectId, score }) => {
    const standing = standings.get(subjectId);
    return standing?.isOpen !== true && makesCase(score, standing?.looked ?? undefined);
  });
  return insertCases(tx, fresh.map((one) => openCase({ ...one, id: uuidv7(), subject, openedAt: at })));
}

async function raiseCases(tx: Tx, subject: Subject, suspects: readonly Suspect[]): Promise<void> {
  await tx`
    update fraud_case
    set score = graver.score, evidence = graver.evidence::jsonb
    from ${asRows(tx, suspects)} as graver (subject_id, score, evidence)
    where fraud_case.subject_kind = ${subject} and fraud_case.subject_id = graver.subject_id
      and fraud_case.status = 'open' and graver.score > fraud_case.score
  `;
}

async function insertCases(tx: Tx, cases: readonly FraudCase[]): Promise<readonly FraudCase[]> {
  const inserted = await tx<{ id: string }[]>`
    insert into fraud_case (id, subject_kind, subject_id, opened_at, score, evidence)
    select id, subject_kind, subject_id, opened_at, score, evidence::jsonb
    from unnest(
      ${cases.map(({ id }) => id)}::uuid[],
      ${cases.map(({ subject }) => subject)}::text[],
      ${cases.map(({ openedAt }) => openedAt.toISOString())}::timestamptz[]
    ) with ordinality as opened (id, subject_kind, opened_at, place)
    join unnest(
      ${cases.map(({ subjectId }) => subjectId)}::uuid[],
      ${cases.map(({ score }) => score)}::integer[],
      ${cases.map(({ evidence }) => JSON.stringify(evidence))}::text[]
    ) with ordinality as suspect (subject_id, score, evidence, place) using (place)
    on conflict (subject_kind, subject_id) where status = 'open' do nothing
    returning id
  `;
  const opened = new Set(inserted.map(({ id }) => id));
  return cases.filter(({ id }) => opened.has(id));
}

const asRows = (tx: Tx, suspects: readonly Suspect[]) => tx`
  unnest(
    ${suspects.map(({ subjectId }) => subjectId)}::uuid[],
    ${suspects.map(({ score }) => score)}::integer[],
    ${suspects.map(({ evidence }) => JSON.stringify(evidence))}::text[]
  )
`;

/** Which cases an operator asks for; what is absent does not matter. */
export interface CaseFilter {
  readonly subject?: Subject | undefined;
  readonly status?: FraudCase['status'] | undefined;
  readonly minScore?: number | undefined;
}

/** Cases, newest first. */
export function listCases(db: Db, { subject, status, minScore }: CaseFilter, { before, limit }: Page): Promise<FraudCase[]> {
  return db<FraudCase[]>`
    select ${columns(db)}
    from fraud_case
    where true
      ${subject === undefined ? db`` : db`and subject_kind = ${subject}`}
      ${status === undefined ? db`` : db`and status = ${status}`}
      ${minScore === undefined ? db`` : db`and score >= ${minScore}`}
      ${before === undefined ? db`` : db`and id < ${before}`}
    order by id desc
    limit ${limit}
  `;
}

/** The case as committed. */
export async function findCase(db: Db, id: string): Promise<FraudCase | undefined> {
  const [found] = await db<FraudCase[]>`select ${columns(db)} from fraud_case where id = ${id}`;
  return found;
}

/** The case, held against other changes until the transaction ends. */
export async function findCaseToChange(tx: Tx, id: string): Promise<FraudCase | undefined> {
  const [found] = await tx<FraudCase[]>`select ${columns(tx)} from fraud_case where id = ${id} for no key update`;
  return found;
}

/** Writes down what was decided about a case. */
export async function saveDecision(tx: Tx, { id, status, ...decided }: FraudCase): Promise<void> {
  await tx`
    update fraud_case
    set status          = ${status},
        reason          = ${decided.reason},
        resolved_at     = ${decided.resolvedAt},
        resolved_by     = ${decided.resolvedBy},
        settled_at      = ${decided.settledAt},
        settled_by      = ${decided.settledBy},
        settled_reason  = ${decided.settledReason},
        reversed_at     = ${decided.reversedAt},
        reversed_by     = ${decided.reversedBy},
        reversed_reason = ${decided.reversedReason}
    where id = ${id}
  `;
}

/** Returns whether a user is of a ring. */
export async function isRingMember(db: Db, ringId: string, userId: string): Promise<boolean> {
  const rows = await db`select from fraud_ring_member where ring_id = ${ringId} and user_id = ${userId}`;
  return rows.length > 0;
}

const columns = (db: Db) => db`
  id, subject_kind as subject, subject_id as "subjectId", opened_at as "openedAt", score, evidence, status,
  resolved_at as "resolvedAt", resolved_by as "resolvedBy", reason, settled_at as "settledAt", settled_by as "settledBy",
  settled_reason as "settledReason", reversed_at as "reversedAt", reversed_by as "reversedBy",
  reversed_reason as "reversedReason"
`;
