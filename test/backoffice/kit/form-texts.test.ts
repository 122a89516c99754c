import { expect, test, vi } from 'vitest';
import type { z } from 'zod';
import { createApp } from '../../../src/api/app.ts';
import type { ActionRoute } from '../../../src/backoffice/kit/action.ts';
import type { PageRoute } from '../../../src/backoffice/kit/page.ts';
import { appDeps, untouchable } from '../../support/app.ts';
import { textsOf } from '../../support/texts-of.ts';

const fields = vi.hoisted((): { readonly place: string; readonly schema: unknown }[] => []);

vi.mock('../../../src/backoffice/kit/action.ts', async (original) => {
  const actual = await original<typeof import('../../../src/backoffice/kit/action.ts')>();
  const action = (...[api, deps, route, perform]: [never, never, ActionRoute<z.ZodObject, z.ZodObject>, never]) => {
    fields.push({ place: `${route.path} form`, schema: route.form });
    actual.action(api, deps, route, perform);
  };
  return { ...actual, action };
});

vi.mock('../../../src/backoffice/kit/page.ts', async (original) => {
  const actual = await original<typeof import('../../../src/backoffice/kit/page.ts')>();
  const page = (...[api, deps, route, show]: [never, never, PageRoute<z.ZodObject, z.ZodObject>, never]) => {
    fields.push({ place: `${route.path} query`, schema: route.query });
    actual.page(api, deps, route, show);
  };
  return { ...actual, page };
});

test('every text of a page’s form and address refuses what a reader cannot see or would read in another order', () => {
  createApp(appDeps(untouchable));
  const texts = fields.flatMap(({ place, schema }) => textsOf(schema, place)).filter(([place]) => !place.endsWith('/cursor'));
  expect(texts.filter(([place]) => place.includes(' form/')).length).toBeGreaterThan(25);
  const bad = ['\u202egpj', 'a\u202e', 'x\u2066y', 'a\u0007', 'a\ufffe', 'a\u{e0041}', 'a\ufff9', `a${'\u0301'.repeat(100)}`, '\u200b', '\u3164\u2800', '\u00a0', '\ue000'];
  const taken = texts.flatMap(([place, schema]) => bad.filter((one) => schema.safeParse(one).success).map((one) => `${place} takes ${JSON.stringify(one)}`));
  expect(taken).toEqual([]);
});
