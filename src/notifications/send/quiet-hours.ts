import { DateTime } from 'luxon';
import { zoneOrUtc } from '../../domain/time-zone.ts';

/** When somebody is to be left alone: from one time of day until another, across midnight where it is the smaller one. */
export interface QuietHours {
  /** IANA. */
  readonly timeZone: string;
  /** `HH:MM`, on the wall of that zone. */
  readonly from: string;
  /** The first minute that is not quiet. */
  readonly until: string;
}

/** When the quiet that holds at this moment ends; undefined where none holds. */
export function quietUntil(quiet: QuietHours, now: Date): Date | undefined {
  const local = DateTime.fromJSDate(now, { zone: zoneOrUtc(quiet.timeZone) });
  if (!isQuiet(quiet, local)) return undefined;
  const [hour, minute] = quiet.until.split(':').map(Number);
  const time = { hour: hour ?? 0, minute: minute ?? 0, second: 0, millisecond: 0 };
  const ends = [0, 1].flatMap((days): DateTime[] => local.plus({ days }).set(time).getPossibleOffsets());
  const [first] = ends.filter((end) => end > local).sort((one, other) => one.toMillis() - other.toMillis());
  let end = first ?? local;
  // Where the clocks skip the end, quiet is over when they have.
  for (let before = end.minus({ minutes: 1 }); !isQuiet(quiet, before); before = before.minus({ minutes: 1 })) end = before;
  return end.toJSDate();
}

function isQuiet({ from, until }: QuietHours, local: DateTime): boolean {
  const time = local.toFormat('HH:mm');
  return from < until ? from <= time && time < until : from <= time || time < until;
}
