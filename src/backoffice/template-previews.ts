import { createRoute, z } from '@hono/zod-openapi';
import type { Caller } from '../api/auth.ts';
import type { Api, ApiDeps } from '../api/context.ts';
import { Problem, unprocessable } from '../api/problem.ts';
import { none, writeRoute } from '../api/route.ts';
import { checkTemplate } from '../notifications/check-template.ts';
import { type PreviewData, previews, readSamples } from '../notifications/preview.ts';
import { type Channel, channelParts, type TemplateContract } from '../notifications/template-contract.ts';
import { listPayloads } from '../store/notifications.ts';
import { textsFor } from './personal-data.ts';
import { assertChannel, compareVersions, previewVersion } from './preview-versions.ts';
import { refuseParts, templateParts, version } from './template-fields.ts';
import { contractOf } from './templates.ts';

const MOST_EVENTS = 20;

const wanted = {
  locale: z.string().regex(/^[A-Za-z0-9-]{1,35}$/, 'must be a locale'),
  channel: z.enum(Object.keys(channelParts) as [Channel, ...Channel[]]),
  /** With neither of the two: the template's sample for each reader. */
  props: z.record(z.string(), z.unknown()).optional(),
  lastEvents: z.int().min(1).max(MOST_EVENTS).optional(),
};
const templateName = z.object({ name: z.string() });
const texts = z.record(z.string(), z.string());

/** A POST because of its body; it writes nothing, so it needs no key. */
function question<const Path extends string, Body extends z.ZodType>(
  path: Path, summary: string, body: Body, answer: z.ZodType,
) {
  const declared = writeRoute({
    path, summary, params: templateName, body, status: 200, answer,
  });
  const request = { params: templateName, query: none, body: declared.request.body };
  return createRoute({ ...declared, request });
}

const preview = question(
  '/backoffice/templates/{name}/preview',
  'What readers would get of a version, or of parts not yet published; with the sample, given or real data',
  z.strictObject({ ...wanted, version: version.optional(), parts: templateParts.optional() }),
  z.object({
    previews: z.array(
      z.object({ of: z.string(), locale: z.string().nullable(), parts: texts, problem: z.string().nullable() }),
    ),
  }),
);

const diff = question(
  '/backoffice/templates/{name}/diff',
  'What changes for readers from one version to another, over the same data: lines of a unified diff by part',
  z.strictObject({ ...wanted, from: version, to: version }),
  z.object({
    diffs: z.array(z.object({
      of: z.string(),
      parts: z.record(z.string(), z.array(z.string())),
      problems: z.object({ from: z.string().nullable(), to: z.string().nullable() }),
    })),
  }),
);

/** The operators' look at what templates make. */
export function templatePreviewRoutes(api: Api, { sql, documents }: Pick<ApiDeps, 'sql' | 'documents'>): void {
  async function dataFor(contract: TemplateContract, asked: Asked, caller: Caller): Promise<readonly PreviewData[]> {
    const { channel, locale, props, lastEvents } = asked;
    assertChannel(contract, channel);
    if (props !== undefined && lastEvents !== undefined) throw unprocessable('/lastEvents', 'goes without props only');
    if (props !== undefined) return [{ of: 'props', props: checkProps(contract, props) }];
    if (lastEvents === undefined) return readSamples(contract, locale);
    const stored = await listPayloads(sql, { template: contract.name, channel, limit: lastEvents });
    return stored.map(({ id, payload }) => ({ of: id, props: textsFor(caller, payload) }));
  }

  api.openapi(preview, async (c) => {
    const contract = contractOf(c.req.valid('param').name);
    const { version: number, parts: given, ...asked } = c.req.valid('json');
    if ((number === undefined) === (given === undefined)) throw unprocessable('', 'has to have a version or parts');
    const data = await dataFor(contract, asked, c.get('caller'));
    if (given !== undefined) checkParts(contract, given);
    const shown = given === undefined
      ? await previewVersion(documents, { ...asked, name: contract.name, version: number ?? 0 }, data)
      : await previews(given, asked, data);
    return c.json({ previews: shown }, 200);
  });

  api.openapi(diff, async (c) => {
    const contract = contractOf(c.req.valid('param').name);
    const asked = c.req.valid('json');
    const data = await dataFor(contract, asked, c.get('caller'));
    return c.json({ diffs: await compareVersions(documents, { ...asked, name: contract.name }, data) }, 200);
  });
}

interface Asked {
  readonly channel: Channel;
  readonly locale: string;
  readonly props?: Readonly<Record<string, unknown>> | undefined;
  readonly lastEvents?: number | undefined;
}

/** What breaks the rules must not be compiled, not even to look at it. */
function checkParts(contract: TemplateContract, parts: Parameters<typeof checkTemplate>[1]): void {
  try {
    checkTemplate(contract, parts);
  } catch (error) {
    refuseParts(error);
  }
}

function checkProps(contract: TemplateContract, props: unknown): unknown {
  const read = contract.props.safeParse(props);
  if (read.success) return read.data;
  const errors = read.error.issues.map(({ path, code }) => {
    const pointer = ['/props', ...path.map(String)].join('/');
    return { in: 'body', pointer, detail: `does not fit the template’s contract (${code})` } as const;
  });
  throw new Problem(422, 'The request is well formed, but can’t be accepted.', { errors });
}
