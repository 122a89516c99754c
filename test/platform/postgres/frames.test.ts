import { expect, test } from 'vitest';
import { openFrameReader, readRequest, sqlStateOf } from '../../../src/platform/postgres/frames.ts';

const message = (type: string, body: string | Buffer = '') => {
  const bytes = Buffer.from(body as string);
  const header = Buffer.alloc(5);
  header.write(type);
  header.writeUInt32BE(bytes.length + 4, 1);
  return Buffer.concat([header, bytes]);
};
const key = Buffer.from([0, 0, 4, 210, 0, 0, 0, 1]);
const failure = 'SERROR\0VERROR\0C25006\0Mno\0\0';
const stream = Buffer.concat([
  message('R', '\0\0\0\0'), message('K', key), message('Z', 'I'), message('1'), message('D', 'Z\0\0\0\u0005I'),
  message('E', failure),
  message('Z', 'T'), message('G', '\0\0\0'), message('C', 'COPY 1\0'), message('Z', 'I'),
]);
const types = ['K', 'Z', 'E', 'Z', 'G', 'Z'];

test('the messages of the server are read, wherever its bytes are cut', () => {
  for (let cut = 0; cut <= stream.length; cut++) {
    const read: string[] = [];
    const reader = openFrameReader((type, body) => {
      read.push(String.fromCharCode(type));
      if (type === 0x4b) expect(body.readInt32BE(0)).toBe(1_234);
      if (type === 0x45) expect(sqlStateOf(body)).toBe('25006');
    });
    reader(stream.subarray(0, cut));
    reader(stream.subarray(cut));
    expect(read).toEqual(types);
  }
});

test('the messages of the server are read when every byte comes alone', () => {
  const read: string[] = [];
  const reader = openFrameReader((type) => read.push(String.fromCharCode(type)));
  for (const byte of stream) reader(Buffer.from([byte]));
  expect(read).toEqual(types);
});

const twoQueries = Buffer.concat([...'PBSPS'].map((type) => message(type)));

test.for<[string, Buffer, boolean, { ends: number; isCopyData: boolean }]>([
  ['a start', Buffer.from([0, 0, 0, 8, 0, 3, 0, 0]), true, { ends: 1, isCopyData: false }],
  ['a simple query', message('Q', 'begin\0'), false, { ends: 1, isCopyData: false }],
  ['two queries in one piece', twoQueries, false, { ends: 2, isCopyData: false }],
  ['a description', Buffer.concat([message('P'), message('D'), message('H')]), false, { ends: 0, isCopyData: false }],
  ['rows of a copy', message('d', 'a,b\n'), false, { ends: 0, isCopyData: true }],
  ['the end of a copy', message('c'), false, { ends: 0, isCopyData: false }],
])('%s of the client has the answers that it asks for', ([, bytes, isStartup, expected]) => {
  expect(readRequest(bytes, isStartup)).toEqual(expected);
});
