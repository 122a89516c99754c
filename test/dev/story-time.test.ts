import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { findLastBilledMonth } from '../../dev/story/month.ts';
import { atStoryTime, FILES } from '../../dev/story/story-time.ts';

test.for(FILES)('the story can set the time of %s', (file) => {
  const source = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  expect(atStoryTime(file, source)).toContain("c.req.header('x-story-time')");
  expect(() => atStoryTime(file, '')).toThrow('does not say');
});

test.for([
  ['2026-12-01T10:59:00Z', '2026-10-01'], ['2026-12-01T11:01:00Z', '2026-11-01'], ['2026-11-30T23:59:00Z', '2026-10-01'],
  ['2027-01-01T05:00:00Z', '2026-11-01'], ['2027-01-01T12:00:00Z', '2026-12-01'],
])('a story of %s plays the month from %s, whose invoices were due', ([now, day]) => {
  expect(findLastBilledMonth(new Date(now ?? ''))).toEqual(new Date(`${day}T00:00:00Z`));
});
