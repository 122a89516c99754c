import { readdir, readFile, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { channelParts } from '../../../src/notifications/templates/template-contract.ts';
import { checkTemplate } from '../../../src/notifications/templates/check-template.ts';
import { readSamples } from '../../../src/notifications/templates/preview.ts';
import { compile } from '../../../src/notifications/templates/render.ts';
import { readVersions } from '../../../src/notifications/templates/templates.ts';
import { templateContracts } from '../../../templates/index.ts';

const GOLDEN = new URL('golden/', import.meta.url);
const TEMPLATES = new URL('../../../templates/', import.meta.url);

/** Every part of every version in every language, rendered with its sample in that language: file name → content. */
async function renderAll(): Promise<ReadonlyMap<string, string>> {
  const rendered = new Map<string, string>();
  for (const contract of templateContracts) {
    const folder = new URL(`${contract.name}/`, TEMPLATES);
    for (const { version, parts } of await readVersions(folder)) {
      checkTemplate(contract, parts);
      for (const locale of new Set(parts.map((part) => part.locale))) {
        for (const [place, { props }] of (await readSamples(contract, locale)).entries()) {
          const reader = contract.readers?.[place];
          for (const channel of contract.channels) {
            const { locale: _, ...texts } = compile(parts).render({ channel, locale, props: contract.props.parse(props) });
            const names = channelParts[channel].map((part) => [contract.name, `v${version}`, locale, ...(reader === undefined ? [] : [reader]), part].join('.'));
            for (const [index, text] of Object.values(texts).entries()) rendered.set(names[index] ?? '', text);
          }
        }
      }
    }
  }
  return rendered;
}

const rendered = await renderAll();

// UPDATE_GOLDEN=1 writes them anew; look at the difference before you commit it.
if (process.env['UPDATE_GOLDEN'] === '1') {
  for (const [name, text] of rendered) await writeFile(new URL(name, GOLDEN), text);
}

test.each([...rendered])('%s is rendered to the byte as it was', async (name, text) => {
  expect(Buffer.from(text).equals(await readFile(new URL(name, GOLDEN)))).toBe(true);
});

/** What is shown of a part before a phone or a list of mails cuts it. */
const LONGEST = { 'email.subject': 70, 'push.title': 50, 'push.body': 178 };

test.for(Object.entries(LONGEST))('no sample makes a %s longer than %d characters', ([part, longest]) => {
  const texts = [...rendered].filter(([name]) => name.endsWith(part));
  expect(texts.length).toBeGreaterThan(0);
  expect(texts.filter(([, text]) => text.length > longest)).toEqual([]);
});

test('there is a golden rendering of everything, and of nothing else', async () => {
  expect((await readdir(GOLDEN)).toSorted()).toEqual([...rendered.keys()].toSorted());
});

test('templates are listed by name, each in the folder of its name', async () => {
  const folders = (await readdir(TEMPLATES, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  expect(templateContracts.map(({ name }) => name)).toEqual(folders.map(({ name }) => name).toSorted());
});
