import { html } from 'hono/html';
import { z } from 'zod';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { notFound } from '../../api/http/problem.ts';
import type { Preview } from '../../notifications/templates/preview.ts';
import { previewVersion } from './preview-versions.ts';
import { answering, page, read } from '../kit/page.ts';
import { search } from '../kit/parts.ts';
import type { Html } from '../kit/shell.ts';
import { lookAt, readerFields, select, selectReader, templateParams, versionField } from './fields-form.ts';
import { said } from './template-words.ts';
import { TEMPLATES } from './templates-page.ts';
import type { Language } from '../kit/words.ts';

const HTML_PART = 'email.html';
const path = `${TEMPLATES}/:name/preview`;
const query = z.strictObject({ ...readerFields, version: versionField.optional() });

/** For mail's own markup: it runs nothing, sends nothing, is framed by our pages only and has no origin to key. */
const mailHeaders = {
  'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; img-src data: https:; frame-ancestors 'self'; sandbox",
  'Origin-Agent-Cluster': '?0', 'Cache-Control': 'no-store',
};

/** What readers get of a version of a template, part by part. */
export function templatePreviewPages(api: Api, deps: ApiDeps): void {
  async function preview(name: string, { version, ...asked }: z.output<typeof query>, language: Language) {
    const look = await lookAt(deps.documents, name, { ...asked, language });
    const { channel, locale, current } = look;
    const wanted = { name, channel, locale, version: version ?? current };
    const [shown] = await previewVersion(deps.documents, wanted, [look.sample]);
    if (shown === undefined) throw notFound();
    return { ...look, version: wanted.version, shown };
  }

  page(api, deps, { path, params: templateParams, query }, async ({ viewer: { language }, params: { name }, query: asked }) => {
    const say = said[language];
    const { version, versions, channel, locale, locales, contract, reader, shown } = await preview(name, asked, language);
    return {
      title: `${name} ${version}: ${say.previewOf}`,
      body: html`<form method="get" class="filters">
          ${select({ name: 'version', label: say.version, chosen: version, choices: versions.toReversed() })}
          ${select({ name: 'channel', label: say.channel, chosen: channel, choices: contract.channels })}
          ${select({ name: 'locale', label: say.locale, chosen: locale, choices: locales })}
          ${selectReader({ contract, reader }, say.reader)}
          <button>${say.show}</button></form>
        <p class="soft">${say.sample} <a href="${TEMPLATES}/${name}">${name}</a></p>
        ${partsOf(shown, { language, htmlAt: `${TEMPLATES}/${name}/preview/html?${search({ version, channel, locale, reader })}` })}`,
    };
  });

  api.get(`${path}/html`, (c) => answering(c, deps, async ({ language }) => {
    const { name } = read(templateParams, c.req.param(), 'param');
    const { shown } = await preview(name, read(query, c.req.query(), 'query'), language);
    const mail = shown.parts[HTML_PART];
    if (mail === undefined) throw notFound();
    return c.html(mail, 200, mailHeaders);
  }));
}

function partsOf({ parts, problem }: Preview, { language, htmlAt }: { readonly language: Language; readonly htmlAt: string }): Html {
  const say = said[language];
  if (problem !== null) return html`<p class="note bad">${say.cannot} ${problem}</p>`;
  const text = (of: string) => html`<pre tabindex="0" class="wrapped">${of}</pre>`;
  return html`${Object.entries(parts).map(([part, of]) => html`<h2>${part}</h2>${part === HTML_PART
    ? html`<iframe class="mail" title="${part}" src="${htmlAt}" sandbox></iframe><details><summary>${say.source}</summary>${text(of)}</details>`
    : text(of)}`)}`;
}
