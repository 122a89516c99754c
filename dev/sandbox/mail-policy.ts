import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';

/** A request of Postfix: `protocol_state` is `RCPT` or `END-OF-MESSAGE`. */
export type PolicyRequest = Readonly<Record<string, string>>;

/** A policy server for Postfix; `decide` can be replaced at any time. */
export interface MailPolicy {
  /** As `check_policy_service` names it. */
  readonly address: string;
  /** Returns an action of access(5): `DUNNO`, `450 4.7.1 Greylisted`. */
  decide: (request: PolicyRequest) => string | Promise<string>;
  stop(): void;
}

/** Starts a policy server that accepts everything until told otherwise (SMTPD_POLICY_README). */
export async function startMailPolicy(): Promise<MailPolicy> {
  const policy = { decide: (): string | Promise<string> => 'DUNNO' } as { decide: MailPolicy['decide'] };
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    let request: Record<string, string> = {};
    createInterface(socket).on('line', (line) => {
      const [, name, value] = /^([^=]*)=(.*)$/.exec(line) ?? [];
      if (name !== undefined && value !== undefined) {
        request[name] = value;
        return;
      }
      const complete = request;
      request = {};
      void Promise.resolve(policy.decide(complete)).then((action) => socket.write(`action=${action}\n\n`));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `inet:127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(policy, { address, stop: () => void server.close() });
}
