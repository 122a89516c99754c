import { createHash } from 'node:crypto';
import type { Db } from './postgres.ts';

/** Returns the digest of a set of names, whatever their order: equal for equal sets only. */
export const setDigest = (names: readonly string[]): string =>
  createHash('sha256').update(names.toSorted().join(',')).digest('hex');

/** Returns the aggregate that computes `setDigest` of an ASCII text expression over its rows. */
export const setDigestOf = (db: Db, name: ReturnType<Db>) => db`
  encode(sha256(convert_to(coalesce(string_agg(${name}, ',' order by ${name} collate "C"), ''), 'UTF8')), 'hex')
`;
