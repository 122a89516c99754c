import { createECDH, randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootOf, sandboxCertificate } from './certificates.ts';
import { type FcmSandbox, startFcm } from './fcm.ts';
import { startWebPush, type WebPushSandbox } from './web-push.ts';
import { startWhatsApp, type WhatsAppSandbox } from './whatsapp.ts';

/** Pretended providers of push and WhatsApp, and what the processes have to know of them. */
export interface Channels extends AsyncDisposable {
  readonly fcm: FcmSandbox;
  readonly webPush: WebPushSandbox;
  readonly whatsApp: WhatsAppSandbox;
  /** What each accepted in this run, as JSON lines. */
  readonly logFiles: Readonly<Record<'fcm' | 'webPush' | 'whatsApp', string>>;
  readonly env: Readonly<Record<string, string>>;
  /** Nothing of these may appear in a log. */
  readonly secrets: readonly string[];
}

const PHONE_NUMBER_ID = '106540352242922';

/** Starts them with credentials of this run, over TLS where that is asked for; they log into the folder. */
export async function startChannels(folder: string, { isSecure = false } = {}): Promise<Channels> {
  await using starting = new AsyncDisposableStack();
  const logFiles = {
    fcm: join(folder, 'fcm.jsonl'), webPush: join(folder, 'web-push.jsonl'), whatsApp: join(folder, 'whatsapp.jsonl'),
  };
  for (const logFile of Object.values(logFiles)) rmSync(logFile, { force: true });
  const [accessToken, appSecret, verifyToken] = [makeSecret(), makeSecret(), makeSecret()];
  const vapidKey = makeVapidKey();
  const certificate = isSecure ? sandboxCertificate : undefined;
  const rootFile = join(folder, 'root.pem');
  if (isSecure) writeFileSync(rootFile, rootOf(sandboxCertificate));
  const fcm = starting.use(await startFcm({ logFile: logFiles.fcm, certificate }));
  const webPush = starting.use(await startWebPush({ logFile: logFiles.webPush, certificate }));
  const whatsApp = starting.use(
    await startWhatsApp({ phoneNumberId: PHONE_NUMBER_ID, accessToken, appSecret, logFile: logFiles.whatsApp, certificate }),
  );
  const env = {
    FCM_SERVICE_ACCOUNT: JSON.stringify(fcm.account),
    FCM_URL: fcm.url,
    VAPID_PRIVATE_KEY: vapidKey,
    VAPID_SUBJECT: 'mailto:ops@techmarket.example',
    WEB_PUSH_ORIGINS: webPush.url,
    WHATSAPP_PHONE_NUMBER_ID: PHONE_NUMBER_ID,
    WHATSAPP_ACCESS_TOKEN: accessToken,
    WHATSAPP_URL: whatsApp.url,
    WHATSAPP_APP_SECRET: appSecret,
    WHATSAPP_VERIFY_TOKEN: verifyToken,
    ...(isSecure && { NODE_EXTRA_CA_CERTS: rootFile }),
  };
  const stack = starting.move();
  return {
    fcm, webPush, whatsApp, logFiles, env,
    secrets: [secretLine(fcm.account.private_key), vapidKey, accessToken, appSecret, verifyToken],
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const makeSecret = () => randomBytes(32).toString('hex');

/** One line of a PEM: JSON does not change it. */
const secretLine = (pem: string) => pem.split('\n')[1] ?? pem;

/** The scalar, base64url; a key that begins with zeros may come without them. */
function makeVapidKey(): string {
  const ecdh = createECDH('prime256v1');
  ecdh.generateKeys();
  return Buffer.from(ecdh.getPrivateKey('hex').padStart(64, '0'), 'hex').toString('base64url');
}
