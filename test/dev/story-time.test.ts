import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { atStoryTime, FILES } from '../../dev/story/story-time.ts';

test.for(FILES)('the story can set the time of %s', (file) => {
  const source = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  expect(atStoryTime(file, source)).toContain("c.req.header('x-story-time')");
  expect(() => atStoryTime(file, '')).toThrow('does not say');
});
