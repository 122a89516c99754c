import type { Api, ApiDeps } from '../../api/context.ts';
import { actionPages } from './actions.ts';
import { assetRoutes } from './assets.ts';
import { deadLetterPages } from './dead-letters.ts';
import { doctorPage } from './doctor.ts';
import { eventTimelinePage } from './event-timeline.ts';
import { eventPages } from './events.ts';
import { explainNotificationPage } from './explain-notification.ts';
import { jobPages } from './jobs.ts';
import { notificationPages } from './notifications.ts';
import { overviewPage } from './overview.ts';
import { replayPages } from './replays.ts';
import { recoverNotificationsPage, resendNotificationPage } from './resend-notifications.ts';
import { signInRoutes } from './sign-in.ts';
import { steerJobPages } from './steer-jobs.ts';
import { steerLetterPages } from './steer-letters.ts';
import { templateComparisonPage } from './template-comparison.ts';
import { templatePreviewPages } from './template-preview.ts';
import { templatePages } from './templates.ts';
import { publishAgainAction } from './ways-back.ts';
import { webhookDeliveryPage } from './webhook-delivery.ts';
import { webhookPages } from './webhooks.ts';

/** The operators' pages, which ask for a session instead of a bearer token. */
export function backofficePages(api: Api, deps: ApiDeps): void {
  signInRoutes(api, deps);
  assetRoutes(api);
  overviewPage(api, deps);
  eventPages(api, deps);
  eventTimelinePage(api, deps);
  publishAgainAction(api, deps);
  deadLetterPages(api, deps);
  steerLetterPages(api, deps);
  replayPages(api, deps);
  jobPages(api, deps);
  steerJobPages(api, deps);
  notificationPages(api, deps);
  explainNotificationPage(api, deps);
  resendNotificationPage(api, deps);
  recoverNotificationsPage(api, deps);
  templatePages(api, deps);
  templatePreviewPages(api, deps);
  templateComparisonPage(api, deps);
  webhookPages(api, deps);
  webhookDeliveryPage(api, deps);
  actionPages(api, deps);
  doctorPage(api, deps);
}
