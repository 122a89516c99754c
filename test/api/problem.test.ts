import { expect, test } from 'vitest';
import { toProblem } from '../../src/api/problem.ts';
import { Unavailable } from '../../src/platform/unavailable.ts';

const replied = (code: string) =>
  Object.assign(new Error('secret'), { name: 'PostgresError', code, severity: 'ERROR' });
const withCode = (code: string) => Object.assign(new Error('secret'), { code });

test.for<[string, unknown]>([
  ...[
    '08P01', '53100', '53200', '53400', '57P01', '57P05', '58030', '08001', '08004', '25P03', '25006', '55P03', '40P01',
    '40001', '57014',
  ].map((code): [string, unknown] => [code, replied(code)]),
  ...['ECONNABORTED', 'ENETDOWN', 'EHOSTDOWN', 'EADDRNOTAVAIL', 'EMFILE', 'CONNECTION_CLOSED', 'TRANSACTION_LOST']
    .map((code): [string, unknown] => [code, withCode(code)]),
  ['a wrapped error', new Error('Failed query', { cause: replied('57P03') })],
  ['a refusal of Redis', Object.assign(new Error('OOM command not allowed'), { name: 'ReplyError' })],
  ['an unavailable document store', new Unavailable('the document store cannot be reached')],
])('%s is answered with 503 and a time to try again', ([, error]) => {
  const { status, message, headers } = toProblem(error);
  expect([status, headers['Retry-After']]).toEqual([503, '2']);
  expect(message).not.toContain('secret');
});

test.for(['23505', '42703', '22P02', '22021', 'XX000'])('%s, a fault, is answered with 500', (code) => {
  expect(toProblem(replied(code)).status).toBe(500);
});
