import type { LedgerRow } from '../../kernel/jobs/slot-ledger.ts';
import { badge, type Tone } from '../kit/parts.ts';
import type { Html } from '../kit/shell.ts';
import { type Language, words } from '../kit/words.ts';

/** What the jobs' pages say. */
export const said = words({
  en: {
    job: 'Job', schedule: 'Schedule', next: 'Next', last: 'Last', lastOnes: 'The last ones', paused: 'paused', catchUp: 'Catches up', overlap: 'On overlap', whenPaused: 'When paused', period: 'Period', odd: 'not a whole day or month',
    ledger: 'Every slot', slot: 'Slot', state: 'Outcome', took: 'Took', chunks: 'Pieces', attempts: 'Attempts', worker: 'Worker', why: 'Why', requested: 'asked for by an operator',
    again: 'Again', runAgain: 'run …', pause: 'Pause', resume: 'Resume', backfill: 'Backfill', preview: 'See how many', runNow: 'Run this slot now', slots: 'Slots', willRun: 'These slots are run, again where they were run before.', run: 'Run',
    due: 'due', running: 'running', done: 'done', 'caught-up': 'caught up', failed: 'failed', missed: 'missed', skipped: 'skipped',
  },
  es: {
    job: 'Tarea', schedule: 'Horario', next: 'Siguiente', last: 'Último', lastOnes: 'Los últimos', paused: 'en pausa', catchUp: 'Recupera', overlap: 'Al coincidir', whenPaused: 'En pausa', period: 'Período', odd: 'no es un día o mes completo',
    ledger: 'Todos los turnos', slot: 'Turno', state: 'Resultado', took: 'Duró', chunks: 'Partes', attempts: 'Intentos', worker: 'Worker', why: 'Por qué', requested: 'pedido por un operador',
    again: 'Otra vez', runAgain: 'ejecutar …', pause: 'Pausar', resume: 'Reanudar', backfill: 'Recuperar un período', preview: 'Ver cuántos', runNow: 'Ejecutar este turno ahora', slots: 'Turnos', willRun: 'Se ejecutan estos turnos, otra vez los que ya se ejecutaron.', run: 'Ejecutar',
    due: 'pendiente', running: 'en curso', done: 'hecho', 'caught-up': 'recuperado', failed: 'fallido', missed: 'perdido', skipped: 'omitido',
  },
});

const TONES: Readonly<Record<LedgerRow['outcome'], Tone>> = {
  due: 'warn', running: 'warn', done: 'good', 'caught-up': 'good', failed: 'bad', missed: 'bad', skipped: 'calm',
};

/** What became of a slot. */
export const stateBadge = (outcome: LedgerRow['outcome'], language: Language): Html => badge(said[language][outcome], TONES[outcome]);
