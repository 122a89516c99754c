import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, SignJWT } from 'jose';
import { onTestFinished } from 'vitest';
import { freePort } from '../../dev/free-port.ts';
import { startProcesses } from '../../dev/procfile.ts';
import { PROCFILE, type System } from './system.ts';

/** Starts another web process of a system, whose tokens are signed by keys of a key set. */
export async function startWebWithKeys({ env }: Pick<System, 'env'>) {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const keys = [{ ...(await exportJWK(publicKey)), alg: 'RS256', kid: 'one' }];
  const issuer = createServer((_, response) => void response.end(JSON.stringify({ keys })));
  await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
  const port = await freePort();
  const web = await startProcesses({
    procfile: PROCFILE, formation: { web: 1 }, ports: ['METRICS_PORT'],
    env: {
      ...env, PORT: String(port), PUBLIC_URL: `http://127.0.0.1:${port}`, JWT_SECRET: undefined,
      JWKS_URL: `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/jwks`,
    },
  });
  onTestFinished(async () => {
    await web.stop();
    issuer.close();
  });
  const token = await new SignJWT({ roles: ['user'] }).setProtectedHeader({ alg: 'RS256', kid: 'one' }).setSubject(randomUUID())
    .setIssuer('techmarket').setAudience('columna').setExpirationTime('1h').sign(privateKey);
  return {
    /** `host:port` of its metrics. */
    scraped: `127.0.0.1:${web.processes[0]?.ports['METRICS_PORT']}`,
    /** Asks for something, for which it needs the keys. Returns the status. */
    ask: async () => (await fetch(`http://127.0.0.1:${port}/notifications/me`, { headers: { authorization: `Bearer ${token}` } })).status,
  };
}
