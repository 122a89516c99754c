import { z } from '@hono/zod-openapi';
import { templateContracts } from '../../../templates/index.ts';
import { command } from '../../api/http/command.ts';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { line } from '../../api/http/fields.ts';
import { notFound } from '../../api/http/problem.ts';
import { none, readRoute, writeRoute } from '../../api/http/route.ts';
import { publishNextVersion } from '../../notifications/templates/publish-next-version.ts';
import type { TemplateContract } from '../../notifications/templates/template-contract.ts';
import type { TemplateVersion } from '../../documents/document-store.ts';
import { moveTemplatePointer } from './move-template-pointer.ts';
import { recordingOf } from '../kit/recording.ts';
import { partsView, readParts, refuseParts, templateParts, version } from './template-fields.ts';
import { templateHistory, templateStandings } from './template-standings.ts';

const summary = z.object({
  name: z.string(),
  category: z.string(),
  channels: z.array(z.string()),
  versions: z.array(z.int()),
  current: z.int().nullable(),
}).openapi('TemplateSummary');
const published = {
  version: z.int(),
  contentHash: z.string(),
  publishedBy: z.string(),
  reason: z.string(),
  publishedAt: z.iso.datetime(),
};
const versionView = z.object({ name: z.string(), ...published, parts: partsView }).openapi('TemplateVersion');
const templateName = z.object({ name: z.string() });

const list = readRoute({
  path: '/backoffice/templates',
  id: 'listTemplates',
  summary: 'List templates',
  description: 'With their versions, and the one that new notifications use.',
  params: none,
  query: none,
  answer: z.object({ templates: z.array(summary) }),
});

const look = readRoute({
  path: '/backoffice/templates/{name}',
  id: 'getTemplate',
  summary: 'Get a template',
  description: 'Its newest 50 versions, and every move of its pointer, oldest first.',
  params: templateName,
  query: none,
  answer: summary.extend({
    published: z.array(z.object(published)),
    moves: z.array(z.object({ version: z.int(), by: z.string(), reason: z.string(), at: z.iso.datetime() })),
  }).openapi('Template'),
});

const lookAtVersion = readRoute({
  path: '/backoffice/templates/{name}/versions/{version}',
  id: 'getTemplateVersion',
  summary: 'Get a version of a template',
  description: 'As it was published, part by part.',
  params: templateName.extend({ version: z.coerce.number().pipe(version).openapi({ type: 'integer' }) }),
  query: none,
  answer: versionView,
});

const publish = writeRoute({
  path: '/backoffice/templates/{name}/versions',
  id: 'createTemplateVersion',
  summary: 'Create a version of a template',
  description: 'A version never changes. Notifications use it once it is set as current. Parts equal to those of the newest version are answered with that version.',
  params: templateName,
  body: z.strictObject({ parts: templateParts, reason: line(500) }),
  status: 201,
  location: '/backoffice/templates/{name}/versions/{version}',
  answer: versionView,
});

const move = writeRoute({
  path: '/backoffice/templates/{name}/current',
  id: 'setCurrentTemplateVersion',
  summary: 'Set the current version of a template',
  description: 'New notifications use it. It can be newer or older.',
  params: templateName,
  body: z.strictObject({
    version,
    from: version.nullable().optional().openapi({ description: 'The version seen in use; another one in use is 409.' }),
    reason: line(500),
  }),
  status: 200,
  answer: z.object({ name: z.string(), current: z.int(), before: z.int().nullable() }),
});

/** @throws {Problem} 404 for a name that no template of this release has. */
export function contractOf(name: string): TemplateContract {
  const contract = templateContracts.find((known) => known.name === name);
  if (contract === undefined) throw notFound();
  return contract;
}

/** The operators' paths to templates; previews are in `template-previews.ts`. */
export function templateRoutes(api: Api, deps: ApiDeps): void {
  const { documents } = deps;

  api.openapi(list, async (c) => c.json({ templates: await templateStandings(documents) }, 200));

  api.openapi(look, async (c) => {
    const found = await templateHistory(documents, c.req.valid('param').name);
    return c.json({ ...found, published: found.published.map(toView) }, 200);
  });

  api.openapi(lookAtVersion, async (c) => {
    const { name, version: number } = c.req.valid('param');
    const found = await documents.template(contractOf(name).name, number);
    if (found === undefined) throw notFound();
    return c.json(toVersion(found), 200);
  });

  api.openapi(publish, (c) => {
    const contract = contractOf(c.req.valid('param').name);
    const { name } = contract;
    const { parts, reason } = c.req.valid('json');
    return command(c, deps, async (context) => {
      const { operatorUserId: publishedBy, now: publishedAt, record } = recordingOf(context);
      const publication = { parts, publishedBy, reason, publishedAt };
      const made = await publishNextVersion(documents, contract, publication).catch(refuseParts);
      const outcome = { version: made.version, contentHash: made.contentHash };
      await record('publish-template', { template: name, reason }, outcome);
      return { status: 201, body: toVersion(made) };
    });
  });

  api.openapi(move, (c) => {
    const { name } = contractOf(c.req.valid('param').name);
    const asked = c.req.valid('json');
    return command(c, deps, async (context) => {
      const before = await moveTemplatePointer(recordingOf(context), documents, { name, ...asked });
      return { status: 200, body: { name, current: asked.version, before } };
    });
  });
}

interface Published {
  readonly version: number;
  readonly contentHash: string;
  readonly publishedBy: string;
  readonly reason: string;
  readonly publishedAt: Date;
}

const toVersion = (found: TemplateVersion) => ({ name: found.name, ...toView(found), parts: readParts(found.parts) });

const toView = ({ version: number, contentHash, publishedBy, reason, publishedAt }: Published) =>
  ({ version: number, contentHash, publishedBy, reason, publishedAt });
