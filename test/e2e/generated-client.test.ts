import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { hasApiTools, toolFile } from '../../dev/api-tools/install.ts';
import { evidence, tenantBody } from '../support/app.ts';
import { post, someone, startSystem } from '../support/system.ts';

const TYPESCRIPT = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2024', '--allowImportingTsExtensions', '--skipLibCheck'];

/** The program in `docs/http.md`. */
const [, program = ''] = /```ts\n([^]*?)```/.exec(readFileSync('docs/http.md', 'utf8')) ?? [];

const execute = promisify(execFile);

/** Runs a program of Node. @throws {Error} with what it wrote when it fails. */
async function run(folder: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<string> {
  try {
    return (await execute(process.execPath, args, { cwd: folder, env })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${args.join(' ')} failed: ${stdout}${stderr}`, { cause: error });
  }
}

test.skipIf(!hasApiTools())('a client that is generated from the reference compiles, creates, reads, lists, and tells a conflict', async () => {
  const system = await startSystem({ formation: { web: 1, relay: 0, worker: 0 } });
  const { apiUrl, issueToken } = system;
  const [founder, customer] = [someone(), someone()];
  const act = async (role: string, path: string, body: object, by = someone()) =>
    post(system, { token: await issueToken(by, { roles: [role] }), path, body });
  const tenantId = await act('user', '/tenants', { ...tenantBody, contact: founder.contact }, founder);
  await act('backoffice:write', `/tenants/${tenantId}/verify`, evidence);

  const folder = mkdtempSync(join(tmpdir(), 'columna-client-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  symlinkSync(toolFile('.'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(join(folder, 'client.ts'), program);
  writeFileSync(join(folder, 'node.d.ts'), 'declare const process: { readonly env: Readonly<Record<string, string | undefined>> };\n');
  await run(folder, [toolFile('openapi-typescript/bin/cli.js'), `${apiUrl}/openapi.json`, '-o', 'api.ts', '--default-non-nullable=false']);
  await run(folder, [toolFile('typescript/bin/tsc'), ...TYPESCRIPT, 'client.ts', 'node.d.ts']);
  const told = await run(folder, ['client.ts'], {
    API_URL: apiUrl, TENANT_ID: tenantId, OWNER_ID: founder.userId,
    CUSTOMER_TOKEN: await issueToken(customer, { roles: ['user'] }),
    OWNER_TOKEN: await issueToken(founder, { roles: ['tenant'], tenantId }),
  });
  const type = `${apiUrl}/problems/state-conflict`;
  expect(told.trimEnd().split('\n')).toEqual([
    expect.stringMatching(/^created open \/tickets\/[\w-]{36}$/), 'read No water', 'listed [ 250100 ]', `conflict 409 state-conflict ${type}`,
  ]);
  expect(await (await fetch(type)).text()).toContain('The state does not allow this');
});
