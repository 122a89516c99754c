import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import type { Env } from '../../api/http/context.ts';

export const LANGUAGES = ['en', 'es'] as const;
export type Language = (typeof LANGUAGES)[number];

/** A page's words in every language. */
export type Words<Key extends string = string> = Readonly<Record<Language, Readonly<Record<Key, string>>>>;

/** Declares a page's words; each language says the same things. */
export const words = <Key extends string>(said: Words<Key>): Words<Key> => Object.freeze(said);

export const LANGUAGE_COOKIE = 'columna_language';

/** The operator's choice, or what the browser prefers. */
export function languageOf(c: Context<Env>): Language {
  const chosen = getCookie(c, LANGUAGE_COOKIE);
  const preferred = (c.req.header('Accept-Language') ?? '').trim().slice(0, 2).toLowerCase();
  return LANGUAGES.find((language) => language === chosen) ?? LANGUAGES.find((language) => language === preferred) ?? 'en';
}

/** What every page says. */
export const common = words({
  en: {
    overview: 'Overview', events: 'Events', deadLetters: 'Dead letters', replays: 'Replays', jobs: 'Jobs',
    notifications: 'Notifications', templates: 'Templates', accounts: 'Accounts', mismatches: 'Mismatches', webhooks: 'Webhooks', actions: 'Actions',
    approvals: 'Approvals', bounds: 'Bounds', doctor: 'Doctor', queues: 'Queues',
    pages: 'Pages', skip: 'To the content', language: 'Language', signOut: 'Sign out', mayRead: 'may read', mayWrite: 'may write',
    signIn: 'Sign in', token: 'A token with the role backoffice:read or backoffice:write',
    older: 'Older', newest: 'Newest', none: 'There is nothing here.', filter: 'Filter', all: 'all', reason: 'Reason',
    done: 'Done, and on record.', seeRecord: 'See the record', notDone: 'That did not work',
    from: 'From (UTC)', to: 'To (UTC)', trace: 'Trace',
    notFound: 'There is no such thing here, or it is not yours to see.',
    unacceptable: 'Something in the form can’t be accepted.',
  },
  es: {
    overview: 'Resumen', events: 'Eventos', deadLetters: 'Entregas muertas', replays: 'Repeticiones', jobs: 'Tareas',
    notifications: 'Notificaciones', templates: 'Plantillas', accounts: 'Cuentas', mismatches: 'Diferencias', webhooks: 'Webhooks', actions: 'Acciones',
    approvals: 'Aprobaciones', bounds: 'Límites', doctor: 'Diagnóstico', queues: 'Colas',
    pages: 'Páginas', skip: 'Ir al contenido', language: 'Idioma', signOut: 'Salir', mayRead: 'puede leer', mayWrite: 'puede escribir',
    signIn: 'Entrar', token: 'Un token con el rol backoffice:read o backoffice:write',
    older: 'Anteriores', newest: 'Más recientes', none: 'Aquí no hay nada.', filter: 'Filtrar', all: 'todos', reason: 'Motivo',
    done: 'Hecho, y queda registrado.', seeRecord: 'Ver el registro', notDone: 'No se pudo hacer',
    from: 'Desde (UTC)', to: 'Hasta (UTC)', trace: 'Traza',
    notFound: 'Eso no existe, o no le corresponde verlo.',
    unacceptable: 'Algo del formulario no se puede aceptar.',
  },
});
