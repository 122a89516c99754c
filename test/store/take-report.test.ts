import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { RefusedReport, refuseEndMark } from '../../src/store/take-report.ts';

const passed = (...chunks: readonly string[]) =>
  text(Readable.from(chunks.map((chunk) => Buffer.from(chunk))).compose(refuseEndMark()));

test.for<[string, readonly string[], number]>([
  ['the mark', ['a\n\\.\nb\n'], 2],
  ['with the line ends of Windows', ['a\r\nb\r\n\\.\r\nc\r\n'], 3],
  ['with the line ends of an old Mac', ['a\r\\.\rb'], 2],
  ['in two chunks', ['a\nb\n\\', '.\nc'], 3],
  ['with its line’s end in the next chunk', ['a\r', '\n\\.\r', '\nc'], 2],
  ['at the end of the file', ['a\n\\.'], 2],
  ['first', ['\\.\na'], 1],
])('%s as a line is refused with its number', async ([, chunks, line]) => {
  await expect(passed(...chunks)).rejects.toEqual(new RefusedReport(`line ${line} is not what it has to be`, line));
});

test.for(['a\\.\n', '\\.a\n', ' \\.\n', '\\\n.\n', '"\\."\n', '\\..\n', ''])('%j is passed on', async (chunk) => {
  expect(await passed(chunk)).toBe(chunk);
});
