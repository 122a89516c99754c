import { expect, test } from 'vitest';
import { wordingFor } from '../../../src/notifications/decide/wording.ts';
import { templateContracts } from '../../../templates/index.ts';

test.for([
  ['es', 'miércoles, 25 de noviembre de 2026, 17:05', 'mié, 25 nov, 17:05'],
  ['en', 'Wednesday, November 25, 2026 at 5:05\u00a0PM', 'Wed, Nov 25, 5:05\u00a0PM'],
] as const)('an instant is told in %s by the clock of the zone: %s, or in short %s', ([locale, full, short]) => {
  const say = wordingFor(locale, 'America/Mexico_City');
  expect([say.moment('2026-11-25T23:05:00Z'), say.shortMoment('2026-11-25T23:05:00Z')]).toEqual([full, short]);
});

test('a period of one day is that day, whatever the zone', () => {
  const say = wordingFor('es', 'America/Mexico_City');
  expect(say.period('2026-11-24', '2026-11-24')).toBe('24 de noviembre de 2026');
  expect(say.period('2026-10-01', '2026-10-31')).toBe('1–31 de octubre de 2026');
});

test('each category that can be switched off has a name in Spanish', () => {
  const told = templateContracts.filter(({ name }) => name !== 'digest'); // it speaks for the others
  const categories = [...new Set(told.map(({ category }) => category))].toSorted();
  const names = categories.map(wordingFor('es', 'UTC').category);
  expect(names).toEqual(['tu cuenta', 'citas', 'clientes potenciales', 'pagos', 'liquidaciones', 'tickets']);
});
