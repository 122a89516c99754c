import type { Context } from 'hono';
import { html } from 'hono/html';
import type { Env } from './context.ts';
import type { Problem } from './problem.ts';
import { localeOf } from './reader-of.ts';
import { smallPage, smallPageHeaders } from './small-page.ts';
import { addVary } from './vary.ts';

const TEXTS = {
  es: {
    lost: [
      'Esta página no existe',
      'La dirección está incompleta, o el enlace ya no sirve. Si vino en un mensaje, ábrelo otra vez desde ahí.',
    ],
    refused: ['No tienes acceso a esta página', 'Esta dirección es de un programa, o pide otra sesión.'],
    wrong: ['No se pudo abrir esta página', 'La dirección o lo que se envió no es válido.'],
    busy: ['Demasiadas visitas', 'Espera un momento e inténtalo otra vez.'],
    down: ['Ahora no está disponible', 'Inténtalo otra vez en un momento.'],
    home: 'Ir al inicio',
    trace: 'Código para preguntarnos',
  },
  en: {
    lost: [
      'This page does not exist',
      'The address is incomplete, or the link is no longer valid. If it came in a message, open it again from there.',
    ],
    refused: ['You have no access to this page', 'This address is for a program, or needs another session.'],
    wrong: ['This page cannot be opened', 'The address or what was sent is not valid.'],
    busy: ['Too many visits', 'Wait a moment and try again.'],
    down: ['Not available now', 'Try again in a moment.'],
    home: 'Go to the start',
    trace: 'Code for asking us',
  },
} as const;

function kindOf(status: number): 'lost' | 'refused' | 'wrong' | 'busy' | 'down' {
  if (status >= 500) return 'down';
  if (status === 404 || status === 405) return 'lost';
  if (status === 401 || status === 403) return 'refused';
  return status === 429 ? 'busy' : 'wrong';
}

/** Answers a person whose browser came to an address that shows no page, in the browser's language. */
export function lostPage(c: Context<Env>, { status, headers }: Problem): Response {
  const locale = localeOf(c);
  const texts = TEXTS[locale];
  const [title, text] = texts[kindOf(status)];
  const trace = html`<p>
    <small>${texts.trace}: <code>${c.get('trace')?.traceId}</code></small>
  </p>`;
  const content = html`<p>${text}</p>
    <p><a href="/">${texts.home}</a></p>
    ${status >= 500 ? trace : ''}`;
  const answer = new Response(String(smallPage({ locale, title, content })), {
    status,
    headers: { ...headers, ...smallPageHeaders, 'Content-Type': 'text/html; charset=UTF-8' },
  });
  addVary(answer.headers, 'Accept-Language');
  return answer;
}
