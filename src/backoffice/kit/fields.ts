import { z } from 'zod';
import { instant } from '../../api/http/fields.ts';

/** An instant as a browser's field writes it, without a zone and meant in UTC, or with one. */
export const moment = z.preprocess(
  (written) => (typeof written === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?$/.test(written) ? `${written.length === 16 ? `${written}:00` : written}Z` : written),
  instant,
);

/** An instant as a browser's field takes it. */
export const toField = (at: Date | undefined): string | undefined => at?.toISOString().slice(0, 19);
