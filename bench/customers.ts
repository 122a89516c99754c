import { randomBytes, randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { tokenIssuer } from '../dev/demo/people.ts';
import { UNLIMITED } from '../dev/unbounded.ts';
import { startOn } from './processes.ts';
import type { Servers, World } from './world.ts';

const CONNECTIONS = 16;
const USERS = 200; // the requests of one user wait for one another at the row of their contact

const contact = { name: 'Ana Ruiz', email: 'ana@example.com', locale: 'es' } as const;
const place = { country: 'MX', currency: 'MXN', timeZone: 'America/Mexico_City' };
const evidence = { kind: 'tax-certificate', reference: 'doc-1' };

export interface CustomersOptions {
  readonly servers: Servers;
  /** Of the web process. */
  readonly nodeOptions?: string;
  /** For the web process, on top of what it needs. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A web process of its own, and many users who share a few kept-alive connections to it. */
export async function openCustomers(world: World, { servers, nodeOptions = '', env: extra }: CustomersOptions) {
  const secret = randomBytes(32).toString('hex');
  const secrets = { JWT_SECRET: secret, HASH_KEY: secret, PAYMENTS_WEBHOOK_SECRETS: secret };
  const env = { ...secrets, JWKS_URL: '', NODE_OPTIONS: nodeOptions, ...UNLIMITED, ...extra };
  const web = await startOn(world, { servers, formation: { web: 1 }, env });
  const users = await openUsers(secret, web.processes[0]?.ports['PORT']);
  return {
    ...users,
    async close(): Promise<void> {
      users.disconnect();
      await web.stop();
    },
  };
}

/** Many users with tokens of a secret, who share a few kept-alive connections to a port of this machine. */
export async function openUsers(secret: string, port: number | undefined) {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const address = { agent, host: '127.0.0.1', port };
  const issue = tokenIssuer(secret);
  const tokenOf = (role: string) => issue({ userId: randomUUID() }, { roles: [role] });
  const tokens = await Promise.all(Array.from({ length: USERS }, () => tokenOf('user')));

  async function post(path: string, token: string, body: object): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const headers = {
      authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': randomUUID(),
    };
    const posting = request({ ...address, path, method: 'POST', headers }, (response) => {
      const settle = (answer: string) => {
        if (response.statusCode === 200 || response.statusCode === 201) resolve(answer);
        else reject(new Error(`POST ${path} was answered ${response.statusCode}: ${answer}`));
      };
      text(response).then(settle, reject);
    });
    posting.on('error', reject).end(JSON.stringify(body));
    return promise;
  }

  return {
    /** A verified tenant's id. */
    async foundTenant(): Promise<string> {
      const founded = await post('/tenants', await tokenOf('user'), { name: 'Taller Norte', ...place, contact });
      const { id } = JSON.parse(founded) as { readonly id: string };
      await post(`/tenants/${id}/verify`, await tokenOf('backoffice:write'), { evidence });
      return id;
    },
    /** Opens `count` tickets, on each connection one after the other. */
    async openTickets(tenantId: string, count: number): Promise<void> {
      let begun = 0;
      const connection = async () => {
        while (begun < count) {
          const token = tokens[begun % USERS] ?? '';
          begun += 1;
          await post('/tickets', token, { tenantId, subject: 'No hay agua', description: 'Desde ayer.', contact });
        }
      };
      await Promise.all(Array.from({ length: CONNECTIONS }, connection));
    },
    /** Closes the connections. */
    disconnect: () => agent.destroy(),
  };
}
