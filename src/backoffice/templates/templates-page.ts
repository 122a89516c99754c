import { html } from 'hono/html';
import { z } from 'zod';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { line } from '../../api/http/fields.ts';
import { none } from '../../api/http/route.ts';
import { moveTemplatePointer } from './move-template-pointer.ts';
import { type TemplateHistory, templateHistory, templateStandings } from './template-standings.ts';
import { contractOf } from './templates.ts';
import { action, onceField } from '../kit/action.ts';
import { page } from '../kit/page.ts';
import { badge, facts, table, time } from '../kit/parts.ts';
import { type Html, UI, type Viewer } from '../kit/shell.ts';
import { select, templateParams, versionField } from './fields-form.ts';
import { said } from './template-words.ts';
import { common, type Language } from '../kit/words.ts';

export const TEMPLATES = `${UI}/templates`;

const noVersion = z.literal('').transform(() => null);

/** Every notification's template, and one with its versions and the moves between them. */
export function templatePages(api: Api, deps: ApiDeps): void {
  const { documents } = deps;
  page(api, deps, { path: TEMPLATES, params: none, query: none }, async ({ viewer: { language } }) => {
    const say = { ...common[language], ...said[language] };
    const standings = await templateStandings(documents);
    return {
      title: say.templates,
      body: table({
        label: say.templates, language,
        head: [say.template, say.category, say.channels, say.current, say.newest],
        rows: standings.map(({ name, category, channels, current, versions }) => [
          html`<a href="${TEMPLATES}/${name}">${name}</a>`, category, channels.join(', '),
          current === versions.at(-1) ? current : html`${current ?? '–'} ${badge(say.notNewest, 'warn')}`,
          versions.at(-1),
        ]),
      }),
    };
  });

  page(api, deps, { path: `${TEMPLATES}/:name`, params: templateParams, query: none }, async ({ viewer, params: { name } }) => {
    const say = { ...common[viewer.language], ...said[viewer.language] };
    const template = await templateHistory(documents, name);
    return {
      title: name,
      body: html`
        ${facts([[say.category, template.category], [say.channels, template.channels.join(', ')], [say.current, template.current], [say.newest, template.versions.at(-1)]])}
        ${viewer.mayWrite ? moveForms(template, viewer) : ''}
        <h2>${say.versions}</h2>${versionTable(template, viewer.language)}
        <p class="soft">${say.publishing} <code>POST /backoffice/templates/${name}/versions</code> (<a href="/docs">${say.howTo}</a>)</p>
        <h2>${say.moves}</h2>${table({
          label: say.moves, language: viewer.language,
          head: [say.when, say.version, say.by, say.why],
          rows: template.moves.toReversed().map(({ at, version, by, reason }) => [time(at), version, html`<code>${by}</code>`, reason]),
        })}`,
    };
  });

  const form = z.strictObject({ version: versionField, from: versionField.or(noVersion), reason: line(500) });
  action(api, deps, { path: '/templates/:name/current', params: templateParams, form }, async ({ params, form: asked, ...recording }) => {
    const { name } = contractOf(params.name);
    await moveTemplatePointer(recording, documents, { name, ...asked });
    return `${TEMPLATES}/${name}`;
  });
}

function versionTable({ name, published, current }: TemplateHistory, language: Language): Html {
  const say = said[language];
  return table({
    label: say.versions, language,
    head: [say.version, say.when, say.by, say.why, say.looks],
    rows: published.toReversed().map(({ version, publishedAt, publishedBy, reason }) => [
      html`${version} ${version === current ? badge(say.inUse, 'good') : ''}`,
      time(publishedAt), html`<code>${publishedBy}</code>`, reason,
      html`<a href="${TEMPLATES}/${name}/preview?version=${version}">${say.preview}</a>${version === current || current === null ? '' : html` ·
        <a href="${TEMPLATES}/${name}/compare?from=${current}&to=${version}">${say.compare}</a>`}`,
    ]),
  });
}

/** Forms that put another version in use: the one before, or any. */
function moveForms({ name, versions, current, moves }: TemplateHistory, { language }: Viewer): Html {
  const say = { ...common[language], ...said[language] };
  const others = versions.filter((version) => version !== current).toReversed();
  const before = moves.findLast(({ version }) => version !== current)?.version;
  if (others[0] === undefined) return html``;
  const reason = html`<label>${say.reason}<input name="reason" required maxlength="500" autocomplete="off" /></label>`;
  const form = (fields: Html, button: string) =>
    html`<form method="post" action="${TEMPLATES}/${name}/current" class="actions">${onceField()}
      <input type="hidden" name="from" value="${current}" />${fields}${reason}<button>${button}</button></form>`;
  return html`<details class="card"><summary>${say.move}</summary><p class="soft">${say.lasting}</p>
      ${before === undefined ? '' : form(html`<input type="hidden" name="version" value="${before}" />`, `${say.rollBack} ${before}`)}
      ${form(select({ name: 'version', label: say.version, chosen: others[0], choices: others }), say.use)}</details>`;
}
