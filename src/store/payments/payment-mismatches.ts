import type { Db, Sql, Tx } from '../../platform/postgres.ts';

/** How a provider and our books may differ. The names live in tables and events: never rename one. */
export const MISMATCH_KINDS = [
  'missing-here', 'missing-there', 'amount-differs', 'currency-differs', 'duplicate', 'owner-differs', 'refund-differs', 'unreadable',
] as const;
type MismatchKind = (typeof MISMATCH_KINDS)[number];

/** A mismatch that is to be told. */
export interface Mismatch {
  readonly mismatchId: string;
  readonly provider: string;
  readonly providerPaymentId: string;
  readonly kind: MismatchKind;
}

/** A change of a mismatch: `changed` when amounts are others, `reopened` when it was resolved. */
export interface MismatchChange extends Mismatch {
  readonly change: 'found' | 'changed' | 'resolved' | 'reopened';
}

/** Takes changes that nobody has been told of, oldest first. */
export async function announceChanges(tx: Tx, now: Date, limit: number): Promise<readonly MismatchChange[]> {
  return tx<MismatchChange[]>`
    with told as (
      update payment_mismatch_change set announced_at = ${now}
      where id in (select id from payment_mismatch_change where announced_at is null order by id limit ${limit} for update)
      returning id, mismatch_id, change
    )
    select mismatch_id as "mismatchId", provider, provider_payment_id as "providerPaymentId", kind, change
    from told join payment_mismatch mismatch on mismatch.id = told.mismatch_id
    order by told.id
  `;
}

/** Finds a mismatch, and holds it against other changes until the transaction ends. */
export async function findMismatchToResolve(tx: Tx, id: string): Promise<MismatchView | undefined> {
  const [mismatch] = await tx<MismatchView[]>`select ${columns(tx)} from payment_mismatch where id = ${id} for update`;
  return mismatch;
}

/** Resolves a mismatch by an operator's reason; it opens again when its amounts change. */
export async function resolveMismatch(
  tx: Tx, id: string, { reason, actionId, now }: { readonly reason: string; readonly actionId: string; readonly now: Date },
): Promise<void> {
  await tx`
    with resolved as (
      update payment_mismatch
      set resolved_at = ${now}, resolved_by = 'operator', resolution_reason = ${reason}, changed_at = ${now}
      where id = ${id}
      returning *
    )
    insert into payment_mismatch_change (
      mismatch_id, change, at, report_id, ours_minor, ours_currency, theirs_minor, theirs_currency, action_id
    )
    select id, 'resolved', ${now}, report_id, ours_minor, ours_currency, theirs_minor, theirs_currency, ${actionId}
    from resolved
  `;
}

/** A mismatch as an operator sees it. */
export interface MismatchView extends Mismatch {
  /** Null while only a webhook speaks of the mismatch. */
  readonly reportId: string | null;
  /** The last delivery that raised the mismatch; null when none did. */
  readonly webhookId: string | null;
  /** What cannot be read; null for the other kinds. */
  readonly detail: string | null;
  readonly oursMinor: string | null;
  readonly oursCurrency: string | null;
  readonly theirsMinor: string | null;
  readonly theirsCurrency: string | null;
  readonly foundAt: Date;
  readonly changedAt: Date;
  readonly resolvedAt: Date | null;
  /** `facts` when a report or a webhook set it right. */
  readonly resolvedBy: 'facts' | 'operator' | null;
  readonly resolutionReason: string | null;
}

const columns = (db: Db) => db`
  id as "mismatchId", provider, provider_payment_id as "providerPaymentId", kind, report_id as "reportId", webhook_id as "webhookId", detail,
  ours_minor as "oursMinor", ours_currency as "oursCurrency", theirs_minor as "theirsMinor",
  theirs_currency as "theirsCurrency", found_at as "foundAt", changed_at as "changedAt", resolved_at as "resolvedAt",
  resolved_by as "resolvedBy", resolution_reason as "resolutionReason"
`;

interface MismatchPage {
  readonly provider: string | undefined;
  readonly kind: string | undefined;
  readonly open: boolean;
  /** The id that ended the page before. */
  readonly after: string | undefined;
  readonly limit: number;
}

/** Mismatches by their ids. */
export async function listMismatches(sql: Sql, { provider, kind, open, after, limit }: MismatchPage): Promise<MismatchView[]> {
  return sql<MismatchView[]>`
    select ${columns(sql)} from payment_mismatch
    where true
      ${provider === undefined ? sql`` : sql`and provider = ${provider}`}
      ${kind === undefined ? sql`` : sql`and kind = ${kind}`}
      ${open ? sql`and resolved_at is null` : sql``}
      ${after === undefined ? sql`` : sql`and id > ${after}`}
    order by id limit ${limit}
  `;
}

/** A step of a mismatch, with the amounts of its time. */
export interface MismatchStep {
  readonly change: MismatchChange['change'];
  readonly at: Date;
  readonly reportId: string | null;
  readonly oursMinor: string | null;
  readonly oursCurrency: string | null;
  readonly theirsMinor: string | null;
  readonly theirsCurrency: string | null;
  readonly actionId: string | null;
}

/** Lists the last hundred changes of a mismatch, newest first. */
export async function listMismatchSteps(sql: Sql, id: string): Promise<readonly MismatchStep[]> {
  return sql<MismatchStep[]>`
    select change, at, report_id as "reportId", ours_minor as "oursMinor", ours_currency as "oursCurrency",
           theirs_minor as "theirsMinor", theirs_currency as "theirsCurrency", action_id as "actionId"
    from payment_mismatch_change where mismatch_id = ${id} order by id desc limit 100
  `;
}

/** Finds a mismatch as committed. */
export async function findMismatch(sql: Sql, id: string): Promise<MismatchView | undefined> {
  const [mismatch] = await sql<MismatchView[]>`select ${columns(sql)} from payment_mismatch where id = ${id}`;
  return mismatch;
}
