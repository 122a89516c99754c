import { createCipheriv, createECDH, hkdfSync, randomBytes } from 'node:crypto';

/** A browser's keys, base64url. */
export interface ReaderKeys {
  readonly p256dh: string;
  readonly auth: string;
}

/** Fixed where a known answer is checked; random otherwise. */
export interface Chance {
  readonly salt: Buffer;
  /** The scalar of the sender's key. */
  readonly privateKey: Buffer;
}

const RECORD_BYTES = 4_096;
/** What fits one record of which every push service takes 4096 bytes: without header, delimiter and tag. */
export const LONGEST_PAYLOAD_BYTES = RECORD_BYTES - 86 - 1 - 16;

/** Encrypts for one browser, and nobody between (RFC 8291, `aes128gcm`). @throws when its key is not on the curve. */
export function encryptFor({ p256dh, auth }: ReaderKeys, payload: string, chance?: Chance): Buffer<ArrayBuffer> {
  const reader = Buffer.from(p256dh, 'base64url');
  const sender = createECDH('prime256v1');
  if (chance === undefined) sender.generateKeys();
  else sender.setPrivateKey(chance.privateKey);
  const salt = chance?.salt ?? randomBytes(16);
  const ours = sender.getPublicKey();

  const keyInfo = Buffer.concat([Buffer.from('WebPush: info\0'), reader, ours]);
  const ikm = derive(sender.computeSecret(reader), Buffer.from(auth, 'base64url'), keyInfo, 32);
  const key = derive(ikm, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16);
  const nonce = derive(ikm, salt, Buffer.from('Content-Encoding: nonce\0'), 12);

  const cipher = createCipheriv('aes-128-gcm', key, nonce);
  const lastRecord = Buffer.from([2]);
  const sealed = [cipher.update(payload, 'utf8'), cipher.update(lastRecord), cipher.final(), cipher.getAuthTag()];
  const size = Buffer.alloc(5);
  size.writeUInt32BE(RECORD_BYTES);
  size.writeUInt8(ours.length, 4);
  return Buffer.concat([salt, size, ours, ...sealed]);
}

const derive = (secret: Buffer, salt: Buffer, info: Buffer, bytes: number) =>
  Buffer.from(hkdfSync('sha256', secret, salt, info, bytes));
