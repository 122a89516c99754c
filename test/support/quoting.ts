import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';
import { onTestFinished } from 'vitest';

const refusal = (responseCode: number, message: string) => Object.assign(new Error(message), { responseCode });

/** A mail server that takes no message, not now and then not at all, and says of whom and by which password it was asked; until the calling test ends. */
export async function quotingMailServer(): Promise<number> {
  let [refusedSignIns, refused] = [0, 0];
  const smtp = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    onAuth({ username, password }, _, answer) {
      if (refusedSignIns > 0) return answer(null, { user: username });
      refusedSignIns += 1;
      return answer(refusal(535, `${username} does not sign in with ${password}`));
    },
    onRcptTo({ address }, _, answer) {
      refused += 1;
      answer(refused === 1 ? refusal(451, `4.2.2 <${address}> is full`) : refusal(550, `5.1.1 <${address}> is nobody here`));
    },
  });
  smtp.on('error', () => undefined); // a client that vanished is its own affair
  smtp.listen(0, '127.0.0.1');
  await once(smtp.server, 'listening');
  onTestFinished(() => new Promise((done) => smtp.close(done)));
  return (smtp.server.address() as AddressInfo).port;
}

/** A provider that lets everybody sign in and refuses every message, quoting all of it; until the calling test ends. */
export async function quotingProvider(accessToken: string) {
  const asked: string[] = [];
  async function answer(request: IncomingMessage): Promise<{ readonly status: number; readonly body: object }> {
    const body = await text(request);
    if (request.url === '/token') return { status: 200, body: { access_token: accessToken, expires_in: 3_599, token_type: 'Bearer' } };
    asked.push(request.url ?? '');
    const message = `refused: ${request.url} ${JSON.stringify(request.headers)} ${body}`;
    return { status: 400, body: { error: { code: 131_026, status: 'INVALID_ARGUMENT', message, error_data: { details: message } } } };
  }
  const server = createServer((request, response) => {
    void answer(request).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, /** The paths of the messages refused. */ asked };
}
