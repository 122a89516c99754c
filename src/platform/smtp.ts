import { type Readable, Transform } from 'node:stream';
import { createTransport } from 'nodemailer';
import type { NodemailerError, SendMailOptions } from 'nodemailer';
import { encode, wrap } from 'nodemailer/lib/qp';
import { abortAfter } from './abort-after.ts';
import { type Capacity, makeCapacity } from './capacity.ts';
import { failSpan, startChild } from './telemetry.ts';

export interface SmtpOptions {
  /** `smtp://user:password@host:port`, or `smtps:`. */
  readonly url: string;
  /** Connections kept open at most. */
  readonly connections?: number;
  readonly connectionTimeoutMs?: number;
  readonly greetingTimeoutMs?: number;
  /** Silence that ends a session in the middle of a command. */
  readonly socketTimeoutMs?: number;
  /** From a free connection to the server's answer to the message. */
  readonly attemptTimeoutMs?: number;
  /** Until a message that got no connection is given back. */
  readonly waitMs?: number;
}

/** Milliseconds that a message takes at most in the pool of a worker: its wait for a connection, then its attempt. */
export const LONGEST_SENDING_MS = 60_000;

/** A pool of SMTP sessions. It connects with the first message. */
export interface Mail {
  /** Bounds the messages at hand: as many as there are connections, and the next ones where the server is fast. */
  readonly capacity: Capacity;
  /** Resolves when the server took the message. @throws {SmtpFailure} */
  send(message: SendMailOptions): Promise<{ readonly serverMessageId?: string | undefined }>;
  /** @throws when the server cannot be reached or does not accept our credentials. */
  verify(): Promise<void>;
  close(): void;
}

/** A message that was not acknowledged, and how far it came. */
export class SmtpFailure extends Error {
  override readonly name = 'SmtpFailure';
  /** Whether any byte of the message left: if so, and the server did not refuse it, it may have been delivered. */
  readonly handedOver: boolean;
  declare readonly cause: NodemailerError;

  constructor(cause: NodemailerError, handedOver: boolean) {
    super('the message was not acknowledged', { cause });
    this.handedOver = handedOver;
  }
}

/** Code of a message that got no connection of the pool in time. */
const NO_CONNECTION = 'EPOOL';
const AHEAD_MS = 1_000; // work that is claimed before a connection is free for it
const MOST_AHEAD = 20; // messages for each connection

/** Where the message's stream is kept between the library's plug-in and `send`. */
type Tracked = SendMailOptions & { readonly tracking?: { stream?: Readable } };

/** Opens a pool. One message is one attempt: only what has not begun to leave is moved to another connection. */
export function openMail({
  url,
  connections = 10,
  connectionTimeoutMs = 10_000,
  greetingTimeoutMs = 20_000,
  socketTimeoutMs = 45_000,
  attemptTimeoutMs = 48_000,
  waitMs = 10_000,
}: SmtpOptions): Mail {
  const transport = createTransport({
    url,
    pool: true,
    maxConnections: connections,
    maxRequeues: 1,
    connectionTimeout: connectionTimeoutMs,
    greetingTimeout: greetingTimeoutMs,
    dnsTimeout: connectionTimeoutMs,
    socketTimeout: socketTimeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  transport.use('stream', (mail, done) => {
    mail.message.processFunc((parts) => {
      const { tracking } = mail.data as Tracked;
      const stream = parts.pipe(gather());
      if (tracking) tracking.stream = stream;
      return stream;
    });
    done();
  });

  const free = makeCapacity(() => connections);
  let lastMs = AHEAD_MS;
  const capacity = makeCapacity(() => connections * Math.min(MOST_AHEAD, Math.max(1, Math.floor(AHEAD_MS / lastMs))));

  async function attempt(message: SendMailOptions): Promise<{ readonly serverMessageId?: string | undefined }> {
    const tracking: { stream?: Readable } = {};
    using limit = abortAfter(attemptTimeoutMs, message.signal);
    const tracked: Tracked = { ...encodeTexts(message), signal: limit.signal, tracking };
    try {
      return await transport.sendMail(tracked);
    } catch (error) {
      // The library reads the message only after the server answered DATA with "go ahead".
      throw new SmtpFailure(error as NodemailerError, tracking.stream?.readableDidRead ?? false);
    }
  }

  async function send(message: SendMailOptions): Promise<{ readonly serverMessageId?: string | undefined }> {
    const span = startChild('SMTP send', { 'server.address': URL.parse(url)?.host ?? '' });
    try {
      if (!(await free.takeWithin(waitMs))) {
        const cause = Object.assign(new Error('no connection was free'), { code: NO_CONNECTION });
        throw new SmtpFailure(cause as NodemailerError, false);
      }
      const beganAt = performance.now();
      return await attempt(message).finally(() => {
        lastMs = performance.now() - beganAt;
        free.release(1);
      });
    } catch (error) {
      if (span !== undefined) failSpan(span, error);
      throw error;
    } finally {
      span?.end();
    }
  }
  return Object.freeze({ capacity, send, verify: async () => void (await transport.verify()), close: () => transport.close() });
}

/**
 * Encodes a message's two texts at once. The library would do it in four streams a message, and first count every letter
 * twice to choose an encoding.
 */
function encodeTexts({ text, html, ...message }: SendMailOptions): SendMailOptions {
  if (typeof text !== 'string' || typeof html !== 'string') return { text, html, ...message };
  return { ...message, alternatives: [encodedPart('text/plain', text), encodedPart('text/html', html)] };
}

function encodedPart(contentType: string, text: string) {
  const headers = `Content-Type: ${contentType}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable`;
  return { contentType, raw: `${headers}\r\n\r\n${wrap(encode(text))}` };
}

/** Joins the parts of a message, so that it leaves in one write instead of one for each part. */
function gather(): Transform {
  const chunks: Buffer[] = [];
  return new Transform({
    transform(chunk: Buffer, _encoding, next) {
      chunks.push(chunk);
      next();
    },
    flush(next) {
      next(null, Buffer.concat(chunks));
    },
  });
}
