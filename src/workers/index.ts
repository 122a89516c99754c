import type { Consumer } from '../kernel/consumer.ts';
import { countDailyMetrics } from './count-daily-metrics.ts';
import { deliverEmail } from './deliver-email.ts';
import { notify } from './notify.ts';
import type { Ports } from './ports.ts';

/** Every consumer there is, sorted by name. */
export const consumers: readonly Consumer<Ports>[] = Object.freeze([countDailyMetrics, deliverEmail, notify]);
