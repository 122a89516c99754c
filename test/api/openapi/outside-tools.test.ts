import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { hasApiTools, requireTool, toolFile } from '../../../dev/api-tools/install.ts';
import { createApp } from '../../../src/api/app.ts';
import { contracts } from '../../../src/events/index.ts';
import { appConfig, appDeps, untouchable } from '../../support/app.ts';

const PUBLIC_URL = 'https://api.techmarket.test';
const app = createApp(appDeps(untouchable, { config: { ...appConfig, PUBLIC_URL } }));
const folder = mkdtempSync(join(tmpdir(), 'columna-api-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Two templates can have the same variables, which is no mistake. */
const REDOCLY = 'extends: [recommended]\nrules:\n  no-illogical-composition-keywords: off\n';

interface Finding {
  readonly code: string;
  readonly severity: number;
  readonly message: string;
  readonly path: readonly (string | number)[];
}
const written = ({ code, message, path }: Finding) => `${code} ${path.join('.')}: ${message}`;

async function fileOf(path: string): Promise<{ readonly file: string; readonly text: string }> {
  const text = await (await app.request(path)).text();
  const file = join(folder, path.slice(1));
  writeFileSync(file, text);
  return { file, text };
}

describe.skipIf(!hasApiTools())('the OpenAPI document', () => {
  test('has neither an error nor a warning for redocly’s recommended rules', async () => {
    const { file } = await fileOf('/openapi.json');
    writeFileSync(join(folder, 'redocly.yaml'), REDOCLY);
    const args = [
      toolFile('@redocly/cli/bin/cli.js'),
      'lint',
      file,
      `--config=${join(folder, 'redocly.yaml')}`,
      '--format=json',
    ];
    const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env });
    const { problems } = JSON.parse(stdout || `{"problems":[{"message":${JSON.stringify(stderr)}}]}`) as {
      problems: { message: string }[];
    };
    expect(problems).toEqual([]);
  });

  test('has neither an error nor a warning for spectral’s OpenAPI rules', { timeout: 60_000 }, async () => {
    const { Spectral, Document } = requireTool('@stoplight/spectral-core') as SpectralModule;
    const { oas } = requireTool('@stoplight/spectral-rulesets') as { oas: object };
    const { Json } = requireTool('@stoplight/spectral-parsers') as { Json: object };
    const spectral = new Spectral();
    spectral.setRuleset({ extends: [[oas, 'recommended']] });
    const findings = await spectral.run(new Document((await fileOf('/openapi.json')).text, Json));
    expect(findings.map(written)).toEqual([]);
  });
});

interface SpectralModule {
  readonly Document: new (text: string, parser: object) => object;
  readonly Spectral: new () => { setRuleset(rules: object): void; run(document: object): Promise<Finding[]> };
}

interface Message {
  id(): string;
  examples(): { all(): { payload(): Record<string, unknown> }[] };
}
interface AsyncApiModule {
  readonly Parser: new () => {
    parse(text: string): Promise<{ document?: { allMessages(): { all(): Message[] } }; diagnostics: Finding[] }>;
  };
}

describe.skipIf(!hasApiTools())('the AsyncAPI document', () => {
  test('is read by the AsyncAPI parser without a finding, and its examples by the CloudEvents SDK', { timeout: 60_000 }, async () => {
    const { Parser } = requireTool('@asyncapi/parser') as AsyncApiModule;
    const { document, diagnostics } = await new Parser().parse((await fileOf('/asyncapi.json')).text);
    expect(diagnostics.map(written)).toEqual([]);
    const messages = document?.allMessages().all() ?? [];
    expect(messages.map((message) => message.id()).toSorted()).toEqual(contracts.map(({ type }) => type));
    const { CloudEvent } = requireTool('cloudevents') as {
      CloudEvent: new (event: object) => { validate(): boolean; subject?: string };
    };
    for (const payload of messages.flatMap((message) => message.examples().all().map((example) => example.payload()))) {
      const event = new CloudEvent(payload);
      expect([payload['type'], event.validate(), event.subject]).toEqual([payload['type'], true, payload['subject']]);
    }
  });
});
