import { CASE_FROM, type Component, type Rule, RULES, type Scored } from '../../domain/fraud/fraud.ts';
import type { Suspect } from '../../domain/fraud/fraud-case.ts';
import type { Tx } from '../../platform/postgres.ts';
import { features, isOf, type Part } from './fraud-features.ts';

const SCORE_DAYS_KEPT = 90;

/** Scores a part of the subjects, again where it was; `scoreOf` is the rule. */
export async function saveScores(tx: Tx, subject: Scored, part: Part): Promise<void> {
  const { day } = part;
  const rules = Object.entries<Rule>(RULES[subject]);
  await tx`
    delete from fraud_score where subject_kind = ${subject} and day = ${day} and ${isOf(tx, 'subject_id', part)}
  `;
  await tx`
    with measured (subject_id, feature, value) as (${features[subject](tx, part)}),
    pointed as (
      select subject_id, feature, value::bigint as value, least(most, weight * greatest(0, value - free))::integer as points
      from measured
      join unnest(
        ${rules.map(([name]) => name)}::text[],
        ${rules.map(([, { free }]) => free)}::integer[],
        ${rules.map(([, { weight }]) => weight)}::integer[],
        ${rules.map(([, { most }]) => most)}::integer[]
      ) as rule (feature, free, weight, most) using (feature)
    )
    insert into fraud_score (subject_kind, subject_id, day, score, components)
    select ${subject}, subject_id, ${day}::date, least(1000, sum(points)),
           jsonb_object_agg(feature, jsonb_build_object('value', value, 'points', points))
    from pointed
    where points > 0
    group by subject_id
  `;
}

/** Those of a part who have enough for a case. */
export async function listSuspects(tx: Tx, subject: Scored, part: Part): Promise<readonly Suspect[]> {
  const rows = await tx<{ subjectId: string; score: number; components: Record<string, Component> }[]>`
    select subject_id as "subjectId", score, components
    from fraud_score
    where subject_kind = ${subject} and day = ${part.day} and score >= ${CASE_FROM} and ${isOf(tx, 'subject_id', part)}
    order by subject_id
  `;
  return rows.map(({ components, ...facts }) => ({ ...facts, evidence: { components } }));
}

/** Drops scores that are a season old. */
export async function forgetScores(tx: Tx, day: string): Promise<void> {
  await tx`delete from fraud_score where day < ${day}::date - ${SCORE_DAYS_KEPT}::integer`;
}
