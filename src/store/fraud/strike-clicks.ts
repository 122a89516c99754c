import { DEVIATION, FORGED_FROM } from '../../domain/fraud/fraud.ts';
import type { Tx } from '../../platform/postgres.ts';
import { clickNormals } from './fraud-features.ts';
import type { Night } from './fraud-links.ts';

interface Strike extends Night {
  readonly timeZone: string;
  readonly at: Date;
}

/**
 * Strikes out the charges, still held, for a listing's clicks of a day with so many that they cannot be customers'.
 * Returns their number.
 */
export async function strikeForgedClicks(tx: Tx, { day, end, timeZone, at }: Strike): Promise<number> {
  const { count } = await tx`
    with ${clickNormals(tx, { day, end, timeZone })},
    forged as (
      select listing_id, day
      from clicked join normal using (zone)
      where floor((clicks - median) / greatest(${DEVIATION}::float8 * mad, 1)) >= ${FORGED_FROM}
    )
    update performance_charge charge
    set struck_at = ${at}, struck_reason = 'click velocity'
    from forged
    where charge.listing_id = forged.listing_id
      and (charge.occurred_at at time zone ${timeZone})::date = forged.day
      and charge.held_until > ${at} and charge.struck_at is null and charge.invoice_id is null
  `;
  return count;
}
