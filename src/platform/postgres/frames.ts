/** Types of backend messages of PostgreSQL's protocol 3.0 that tell the state of a connection. */
export const BACKEND_KEY_DATA = 0x4b; // K
export const COPY_IN_RESPONSE = 0x47; // G
export const ERROR_RESPONSE = 0x45; // E
export const READY_FOR_QUERY = 0x5a; // Z

const KEPT = new Set([BACKEND_KEY_DATA, COPY_IN_RESPONSE, ERROR_RESPONSE, READY_FOR_QUERY]);
const HEADER_BYTES = 5;
const EMPTY = Buffer.alloc(0);

/** Reads the server's bytes in chunks that may end anywhere, and calls `onMessage` for the four types above. */
export function openFrameReader(onMessage: (type: number, body: Buffer) => void): (chunk: Buffer) => void {
  let header: Buffer = EMPTY;
  let type = 0;
  let missing = 0; // bytes of the message that have not come
  let parts: Buffer[] = [];

  function begin(bytes: Buffer): void {
    type = bytes[0] ?? 0;
    missing = bytes.readUInt32BE(1) - 4;
    parts = [];
    header = EMPTY;
  }

  return (chunk) => {
    let at = 0;
    while (at < chunk.length) {
      if (missing > 0) {
        const end = Math.min(at + missing, chunk.length);
        if (KEPT.has(type)) parts.push(chunk.subarray(at, end));
        missing -= end - at;
        at = end;
        if (missing === 0 && KEPT.has(type)) onMessage(type, Buffer.concat(parts));
        continue;
      }
      const end = Math.min(at + HEADER_BYTES - header.length, chunk.length);
      const bytes = chunk.subarray(at, end);
      header = header.length === 0 ? bytes : Buffer.concat([header, bytes]);
      at = end;
      if (header.length === HEADER_BYTES) begin(header);
    }
  };
}

const SYNC = 0x53; // S
const SIMPLE_QUERY = 0x51; // Q
const COPY_DATA = 0x64; // d

/** Messages of the client, written in one piece. */
export interface Request {
  /** Messages that the server answers with ReadyForQuery. */
  readonly ends: number;
  /** Rows of a COPY, which the server does not answer. */
  readonly isCopyData: boolean;
}

/** Reads whole messages of the client; the first one of a connection has no type. */
export function readRequest(bytes: Buffer, isStartup: boolean): Request {
  if (isStartup) return { ends: 1, isCopyData: false };
  let ends = 0;
  for (let at = 0; at + HEADER_BYTES <= bytes.length; at += 1 + bytes.readUInt32BE(at + 1)) {
    if (bytes[at] === SYNC || bytes[at] === SIMPLE_QUERY) ends += 1;
  }
  return { ends, isCopyData: bytes[0] === COPY_DATA };
}

/** Returns the SQLSTATE of an error message's body. */
export function sqlStateOf(body: Buffer): string {
  const field = body.toString('latin1').split('\0').find((text) => text.startsWith('C'));
  return field?.slice(1) ?? '';
}
