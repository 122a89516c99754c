import { html } from 'hono/html';
import { z } from 'zod';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { compareVersions } from './preview-versions.ts';
import { page } from '../kit/page.ts';
import type { Html } from '../kit/shell.ts';
import { lookAt, readerFields, select, selectReader, templateParams, versionField } from './fields-form.ts';
import { said } from './template-words.ts';
import { TEMPLATES } from './templates-page.ts';

const compare = {
  path: `${TEMPLATES}/:name/compare`,
  params: templateParams,
  query: z.strictObject({ ...readerFields, from: versionField.optional(), to: versionField.optional() }),
};

/** What changes for readers from one version of a template to another. */
export function templateComparisonPage(api: Api, deps: ApiDeps): void {
  page(api, deps, compare, async ({ viewer: { language }, params: { name }, query: asked }) => {
    const say = said[language];
    const { contract, versions, current, locales, channel, locale, reader, sample } = await lookAt(deps.documents, name, { ...asked, language });
    const { from = current, to = versions.at(-1) ?? current } = asked;
    const wanted = { name, channel, locale, from, to };
    const [found] = await compareVersions(deps.documents, wanted, [sample]);
    const changed = Object.entries(found?.parts ?? {}).filter(([, lines]) => lines.length > 0);
    const problems = [found?.problems.from, found?.problems.to].flatMap((problem) => problem ?? []);
    const newestFirst = versions.toReversed();
    return {
      title: `${name}: ${say.comparison}`,
      body: html`<form method="get" class="filters">
          ${select({ name: 'from', label: say.from, chosen: from, choices: newestFirst })}
          ${select({ name: 'to', label: say.to, chosen: to, choices: newestFirst })}
          ${select({ name: 'channel', label: say.channel, chosen: channel, choices: contract.channels })}
          ${select({ name: 'locale', label: say.locale, chosen: locale, choices: locales })}
          ${selectReader({ contract, reader }, say.reader)}
          <button>${say.show}</button></form>
        <p class="soft">${say.sample} <a href="${TEMPLATES}/${name}">${name}</a></p>
        ${problems.map((problem) => html`<p class="note bad">${say.cannot} ${problem}</p>`)}
        ${changed.length === 0 && problems.length === 0 ? html`<p class="empty">${say.same}</p>` : ''}
        ${changed.length === 0 ? '' : html`<p>${say.legend}</p>`}
        ${changed.map(([part, lines]) => html`<h2>${part}</h2><pre tabindex="0" class="diff">${lines.map(diffLine)}</pre>`)}`,
    };
  });
}

/** A line of a unified diff; its first character says what it is, and the element too. */
function diffLine(line: string): Html {
  if (line.startsWith('+')) return html`<ins>${line}</ins>`;
  if (line.startsWith('-')) return html`<del>${line}</del>`;
  return html`<span class="${line.startsWith('@@') ? 'soft' : ''}">${line}</span>`;
}
