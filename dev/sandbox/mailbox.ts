// Alone: node dev/sandbox/mailbox.ts [--smtp-port N] [--http-port N] [--log file]
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { parseArgs } from 'node:util';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import type { SMTPServerDataStream, SMTPServerSession } from 'smtp-server';
import { mailboxPage, PAGE_POLICY } from './mailbox-page.ts';

/** One line of the log: a message this server took responsibility for. */
export interface AcceptedMail {
  /** ISO 8601, by this process's clock. */
  readonly at: string;
  readonly messageId: string | undefined;
  /** The envelope's sender and recipients, not the headers'. */
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  /** The header `X-Notification-Id`. */
  readonly notificationId: string | undefined;
  readonly bytes: number;
}

export interface ReadableMail extends AcceptedMail {
  readonly text: string;
  readonly html: string | undefined;
}

/**
 * `reject-4xx` and `reject-5xx` answer 451 and 550 to the message; `drop-after-data` accepts it, then closes the
 * connection unanswered; `hold` accepts it and keeps its answer back; `malformed` answers what is no reply; `silent`
 * neither accepts nor answers.
 */
export type MailFailure = 'reject-4xx' | 'reject-5xx' | 'drop-after-data' | 'hold' | 'malformed' | 'silent' | MailRefusal;

/** A reply like `450 4.7.1 Greylisted` to one of the commands of each message. */
export interface MailRefusal {
  readonly at: 'MAIL FROM' | 'RCPT TO' | 'DATA';
  readonly reply: string;
}

export interface Mailbox extends AsyncDisposable {
  readonly smtpUrl: string;
  readonly httpUrl: string;
  /** Oldest first; what was accepted since the start. */
  readonly messages: readonly ReadableMail[];
  /** What happens to the messages from now on; undefined accepts them. */
  fail: MailFailure | undefined;
  /** Messages that a failure has happened to. */
  readonly failed: number;
  /** Refuses SMTP connections until it is up again, on the same port. */
  down(): Promise<void>;
  up(): Promise<void>;
  stop(): Promise<void>;
}

export interface MailboxOptions {
  /** 0 takes a free port. */
  readonly smtpPort?: number;
  readonly httpPort?: number;
  /** Gets accepted messages as JSON lines, each on the disk before its 250. Without a file they are in memory only. */
  readonly logFile?: string;
}

/** An SMTP server without authentication that delivers nothing, and a page that shows what it accepted. */
export async function startMailbox({ smtpPort = 0, httpPort = 0, logFile }: MailboxOptions = {}): Promise<Mailbox> {
  const messages: ReadableMail[] = [];
  const log = logFile === undefined ? undefined : await open(logFile, 'a');
  const accept = async (mail: ReadableMail) => {
    await append(log, mail);
    messages.push(mail);
  };
  let failed = 0;
  const failure = (at: MailRefusal['at']) => {
    const { fail } = mailbox;
    const isNow = typeof fail === 'object' ? fail.at === at : fail !== undefined && at === 'DATA';
    if (isNow) failed += 1;
    return isNow ? fail : undefined;
  };
  const smtp = serveSmtp({ accept, failure });
  const http = servePage(messages);
  smtp.server.listen(smtpPort, '127.0.0.1');
  http.listen(httpPort, '127.0.0.1');
  await Promise.all([once(smtp.server, 'listening'), once(http, 'listening')]);
  const { port } = smtp.server.address() as AddressInfo;

  const stop = async () => {
    await smtp.stop();
    http.closeAllConnections();
    http.close();
    await log?.close();
  };
  const mailbox: Mailbox = {
    smtpUrl: `smtp://127.0.0.1:${port}`,
    httpUrl: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    messages,
    fail: undefined,
    get failed() {
      return failed;
    },
    down: smtp.down,
    async up() {
      smtp.server.listen(port, '127.0.0.1');
      await once(smtp.server, 'listening');
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
  return mailbox;
}

interface Receiving {
  /** Takes responsibility for the message. */
  accept(mail: ReadableMail): Promise<void>;
  /** Returns the failure of the message that comes now, at one of its commands. */
  failure(at: MailRefusal['at']): MailFailure | undefined;
}

function serveSmtp({ accept, failure }: Receiving) {
  const sockets = new Map<number | undefined, Socket>();
  const receive = async (stream: SMTPServerDataStream, session: SMTPServerSession): Promise<Error | null> => {
    const fail = failure('DATA');
    const mail = await readMail(stream, session);
    if (isRefusal(fail, 'DATA')) return toError(fail);
    if (fail === 'reject-4xx') return refusal(451, 'Try again later');
    if (fail === 'reject-5xx') return refusal(550, 'Mailbox unavailable');
    if (fail === 'malformed') sockets.get(session.remotePort)?.end('yes\r\n');
    if (fail === 'silent' || fail === 'malformed') return new Promise(() => undefined);
    await accept(mail);
    if (fail === 'hold') return new Promise(() => undefined);
    if (fail === 'drop-after-data') sockets.get(session.remotePort)?.destroy();
    return null;
  };
  const answerAt = (at: MailRefusal['at'], answer: (error?: Error) => void) => {
    const fail = failure(at);
    answer(isRefusal(fail, at) ? toError(fail) : undefined);
  };
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    onMailFrom: (_address, _session, answer) => answerAt('MAIL FROM', answer),
    onRcptTo: (_address, _session, answer) => answerAt('RCPT TO', answer),
    onData: (stream, session, answer) => void receive(stream, session).then(answer, answer),
  });
  // A client that vanished is its own affair.
  smtp.on('error', () => undefined);
  smtp.server.on('connection', (socket: Socket) => {
    // Read now: a closed socket has forgotten it.
    const { remotePort } = socket;
    sockets.set(remotePort, socket);
    socket.once('close', () => sockets.delete(remotePort));
  });
  const ended = async (close: (done: () => void) => unknown) => {
    const closed = new Promise<void>((resolve) => void close(resolve));
    for (const socket of sockets.values()) socket.destroy();
    await closed;
  };
  return {
    server: smtp.server,
    down: () => ended((done) => smtp.server.close(done)),
    stop: () => ended((done) => smtp.close(done)),
  };
}

function servePage(messages: readonly ReadableMail[]): Server {
  return createServer((request, response) => {
    const isJson = request.url === '/messages';
    response.setHeader('content-type', isJson ? 'application/json' : 'text/html; charset=utf-8');
    response.setHeader('content-security-policy', PAGE_POLICY);
    response.end(isJson ? JSON.stringify(messages) : mailboxPage(messages));
  });
}

async function readMail(stream: SMTPServerDataStream, { envelope }: SMTPServerSession): Promise<ReadableMail> {
  const { messageId, subject, headers, text, html } = await simpleParser(stream);
  const notificationId = headers.get('x-notification-id');
  return {
    at: new Date().toISOString(),
    messageId,
    from: envelope.mailFrom === false ? '' : envelope.mailFrom.address,
    to: envelope.rcptTo.map(({ address }) => address),
    subject: subject ?? '',
    notificationId: typeof notificationId === 'string' ? notificationId : undefined,
    bytes: stream.byteLength,
    text: text ?? '',
    html: html === false ? undefined : html,
  };
}

async function append(log: FileHandle | undefined, { text, html, ...accepted }: ReadableMail): Promise<void> {
  await log?.appendFile(`${JSON.stringify(accepted)}\n`);
  await log?.sync();
}

const isRefusal = (fail: MailFailure | undefined, at: MailRefusal['at']): fail is MailRefusal => typeof fail === 'object' && fail.at === at;

const toError = ({ reply }: MailRefusal): Error => refusal(Number(reply.slice(0, 3)), reply.slice(4));

const refusal = (responseCode: number, message: string): Error => Object.assign(new Error(message), { responseCode });

if (import.meta.main) {
  const { values } = parseArgs({
    options: { 'smtp-port': { type: 'string' }, 'http-port': { type: 'string' }, log: { type: 'string' } },
  });
  const { smtpUrl, httpUrl } = await startMailbox({
    smtpPort: Number(values['smtp-port'] ?? 0),
    httpPort: Number(values['http-port'] ?? 0),
    ...(values.log !== undefined && { logFile: values.log }),
  });
  console.log(`${smtpUrl}\n${httpUrl}`);
}
