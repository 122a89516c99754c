import type { Consumer } from '../kernel/consumers/consumer.ts';
import { calculateCommissions } from './calculate-commissions.ts';
import { chargeForPerformance } from './charge-for-performance.ts';
import { countDailyMetrics } from './count-daily-metrics.ts';
import { deliverEmail } from './deliver-email.ts';
import { deliverPush } from './deliver-push.ts';
import { deliverWhatsApp } from './deliver-whatsapp.ts';
import { fallBack } from './fall-back.ts';
import { keepReputation } from './keep-reputation.ts';
import { notify } from './notify.ts';
import { notifyMissed } from './notify-missed.ts';
import type { Ports } from './ports.ts';

/** Every consumer there is, sorted by name. */
export const consumers: readonly Consumer<Ports>[] = Object.freeze([
  calculateCommissions,
  chargeForPerformance,
  countDailyMetrics,
  deliverEmail,
  deliverPush,
  deliverWhatsApp,
  fallBack,
  keepReputation,
  notify,
  notifyMissed,
]);
