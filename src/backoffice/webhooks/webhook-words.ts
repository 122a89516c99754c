import type { Standing } from '../../documents/document-store.ts';
import { badge, type Tone } from '../kit/parts.ts';
import type { Html } from '../kit/shell.ts';
import { type Language, words } from '../kit/words.ts';

/** What the webhooks' pages say. */
export const said = words({
  en: {
    provider: 'Provider', delivery: 'Delivery', verdict: 'Verdict', standing: 'Standing', received: 'Received', unnamed: 'without an id',
    headers: 'Headers kept', payload: 'Payload', masked: 'Values are masked: who may not write need not know whom they are about.', hidden: 'It is no JSON, so it is shown only to who may write.',
    cut: 'The rest is not shown.', more: 'more with this id', caused: 'What it set off', nothing: 'No event: it told nothing new, was refused, or was none of our business.',
    first: 'first', conflict: 'other body, same id', refused: 'refused',
  },
  es: {
    provider: 'Proveedor', delivery: 'Entrega', verdict: 'Veredicto', standing: 'Estado', received: 'Recibido', unnamed: 'sin id',
    headers: 'Cabeceras guardadas', payload: 'Contenido', masked: 'Los valores van tapados: quien no puede escribir no necesita saber de quién tratan.', hidden: 'No es JSON, y solo se muestra a quien puede escribir.',
    cut: 'El resto no se muestra.', more: 'más con este id', caused: 'Lo que desencadenó', nothing: 'Ningún evento: no dijo nada nuevo, se rechazó o no era cosa nuestra.',
    first: 'primera', conflict: 'otro contenido, mismo id', refused: 'rechazada',
  },
});

const TONES: Readonly<Record<Standing, Tone>> = { first: 'good', conflict: 'bad', refused: 'warn' };

/** How a delivery stands among those with its id. */
export const standingBadge = (standing: Standing, language: Language): Html => badge(said[language][standing], TONES[standing]);
