import { type Readable, Transform } from 'node:stream';
import { createTransport } from 'nodemailer';
import type { NodemailerError, SendMailOptions } from 'nodemailer';
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
}

/** A pool of SMTP sessions. It connects with the first message. */
export interface Mail {
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

/** Where the message's stream is kept between the library's plug-in and `send`. */
type Tracked = SendMailOptions & { readonly tracking?: { stream?: Readable } };

/** Opens a pool. One message is one attempt: only what has not begun to leave is moved to another connection. */
export function openMail({
  url,
  connections = 5,
  connectionTimeoutMs = 5_000,
  greetingTimeoutMs = 5_000,
  socketTimeoutMs = 15_000,
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
  }, { textEncoding: 'quoted-printable' }); // otherwise every letter of a text is counted twice to choose an encoding
  transport.use('stream', (mail, done) => {
    mail.message.processFunc((parts) => {
      const { tracking } = mail.data as Tracked;
      const stream = parts.pipe(gather());
      if (tracking) tracking.stream = stream;
      return stream;
    });
    done();
  });

  async function send(message: SendMailOptions): Promise<{ readonly serverMessageId?: string | undefined }> {
    const tracking: { stream?: Readable } = {};
    const tracked: Tracked = { ...message, tracking };
    const span = startChild('SMTP send', { 'server.address': URL.parse(url)?.host ?? '' });
    try {
      return await transport.sendMail(tracked);
    } catch (error) {
      if (span !== undefined) failSpan(span, error);
      // The library reads the message only after the server answered DATA with "go ahead".
      throw new SmtpFailure(error as NodemailerError, tracking.stream?.readableDidRead ?? false);
    } finally {
      span?.end();
    }
  }
  return Object.freeze({ send, verify: async () => void (await transport.verify()), close: () => transport.close() });
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
