import { html } from 'hono/html';
import { z } from 'zod';
import { digest } from '../../api/http/fields.ts';
import type { Html } from './shell.ts';

/** The set that a page shows, by its size and digest. */
interface Shown {
  readonly count: number;
  readonly digest: string;
}

/** Returns the hidden fields with which a form acts on the set that its page showed, and on no other. */
export const shownFields = ({ count, digest: shown }: Shown): Html =>
  html`<input type="hidden" name="count" value="${count}" /><input type="hidden" name="digest" value="${shown}" />`;

/** The fields of `shownFields`, as a form brings them. */
export const shownForm = { count: z.coerce.number().int().min(1), digest };
