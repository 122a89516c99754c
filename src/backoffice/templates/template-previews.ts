import { createRoute, z } from '@hono/zod-openapi';
import type { Caller } from '../../api/http/auth.ts';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { anyJson } from '../../api/openapi/any-json.ts';
import { invalid, unprocessable } from '../../api/http/problem.ts';
import { type Declared, none, writeRoute } from '../../api/http/route.ts';
import { checkTemplate } from '../../notifications/templates/check-template.ts';
import { type PreviewData, previews, readSamples } from '../../notifications/templates/preview.ts';
import { type Channel, channelParts, type TemplateContract } from '../../notifications/templates/template-contract.ts';
import { listPayloads } from '../../notifications/notifications.ts';
import { textsFor } from '../../api/http/personal-data.ts';
import { assertChannel, compareVersions, previewVersion } from './preview-versions.ts';
import { refuseParts, templateParts, version } from './template-fields.ts';
import { contractOf } from './templates.ts';

const MOST_EVENTS = 20;

const wanted = {
  locale: z.string().regex(/^[A-Za-z0-9-]{1,35}$/, 'must be a locale'),
  channel: z.enum(Object.keys(channelParts) as [Channel, ...Channel[]]),
  /** With neither of the two: the template's sample for each reader. */
  props: z.record(z.string(), anyJson).optional(),
  lastEvents: z.int().min(1).max(MOST_EVENTS).optional(),
};
const templateName = z.object({ name: z.string() });
const texts = z.record(z.string(), z.string());

/** A POST because of its body; it writes nothing, so it needs no key. */
function question<const Path extends string, Body extends z.ZodType>(
  declared: Declared<Path> & { readonly body: Body; readonly example: z.input<Body>; readonly answer: z.ZodType },
) {
  const route = writeRoute({ ...declared, params: templateName, status: 200, needsKey: false });
  return createRoute({ ...route, request: { params: templateName, query: none, body: route.request.body } });
}

const preview = question({
  path: '/backoffice/templates/{name}/preview',
  id: 'previewTemplate',
  summary: 'Preview a template',
  description:
    'What readers would get of a version, or of parts that are not published. With the sample, given or real data.',
  body: z.strictObject({ ...wanted, version: version.optional(), parts: templateParts.optional() }),
  example: { locale: 'es', channel: 'inbox', version: 1 },
  answer: z.object({
    previews: z.array(
      z.object({ of: z.string(), locale: z.string().nullable(), parts: texts, problem: z.string().nullable() }),
    ),
  }),
});

const diff = question({
  path: '/backoffice/templates/{name}/diff',
  id: 'diffTemplate',
  summary: 'Compare two versions of a template',
  description: 'Lines of a unified diff by part, over the same data.',
  body: z.strictObject({ ...wanted, from: version, to: version }),
  example: { locale: 'es', channel: 'inbox', from: 1, to: 2 },
  answer: z.object({
    diffs: z.array(z.object({
      of: z.string(),
      parts: z.record(z.string(), z.array(z.string())),
      problems: z.object({ from: z.string().nullable(), to: z.string().nullable() }),
    })),
  }),
});

/** The operators' look at what templates make. */
export function templatePreviewRoutes(api: Api, { sql, documents }: Pick<ApiDeps, 'sql' | 'documents'>): void {
  async function dataFor(contract: TemplateContract, asked: Asked, caller: Caller): Promise<readonly PreviewData[]> {
    const { channel, locale, props, lastEvents } = asked;
    assertChannel(contract, channel);
    if (props !== undefined && lastEvents !== undefined) throw unprocessable('/lastEvents', 'cannot be combined with props');
    if (props !== undefined) return [{ of: 'props', props: checkProps(contract, props) }];
    if (lastEvents === undefined) return readSamples(contract, locale);
    const stored = await listPayloads(sql, { template: contract.name, channel, limit: lastEvents });
    return stored.map(({ id, payload }) => ({ of: id, props: textsFor(caller, payload) }));
  }

  api.openapi(preview, async (c) => {
    const contract = contractOf(c.req.valid('param').name);
    const { version: number, parts: given, ...asked } = c.req.valid('json');
    if ((number === undefined) === (given === undefined)) throw unprocessable('', 'must have either a version or parts');
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
  throw invalid(errors);
}
