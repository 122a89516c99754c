// node dev/demo.ts [--once]: the whole system on this machine, and a story told through its API. It stays up until
// Ctrl-C; with --once it ends after the story: with 0, or with 1 and the name of what did not happen.
import { once } from 'node:events';
import { type Pages, servePages } from './demo/pages/serve-pages.ts';
import { castPeople } from './demo/people.ts';
import { givePhones } from './demo/phones.ts';
import { reportReceipts } from './demo/receipts.ts';
import { tellStory, type Told } from './demo/story.ts';
import { giveUp } from './missing-part.ts';
import { startPaymentProvider } from './sandbox/payment-provider.ts';
import { openStage, type Stage } from './stage.ts';

/** Links lead to the marketplace's application, which is not here; a digest comes while somebody looks. */
const ENV = { APP_URL: 'https://app.techmarket.example', DIGEST_MINUTES: '0.2', NOTIFICATIONS_PER_HOUR: '1000' };

async function demo({ staysUp }: { readonly staysUp: boolean }): Promise<void> {
  const print = (line: string) => console.log(line);
  const options = { folder: 'demo', documents: 'optional', env: ENV, print } as const;
  await using stage = await openStage({ ...options, channels: true });
  await using provider = await startPaymentProvider({
    webhookUrl: `${stage.apiUrl}/webhooks/payments/sandpay`, secret: stage.webhookSecret,
  });
  await using receipts = reportReceipts(stage.channels.whatsApp, `${stage.apiUrl}/webhooks/whatsapp`);
  const cast = castPeople();
  const people = Object.values(cast);
  const phones = givePhones(people, stage.channels);
  const set = { ...stage, cast, people, phones, provider, print };
  const told = await tellStory(set).catch((error: Error) => {
    console.error(`The processes' log: ${stage.logFile}`);
    throw error;
  });
  if (!staysUp) return;

  await using pages = await servePages({
    ...set, receipts, encores: told.encores,
    people: people.filter(({ push }) => push !== undefined),
    links: {
      'The mailbox': stage.mailbox.httpUrl,
      'The API’s reference': `${stage.apiUrl}/docs`,
      'The events’ reference': `${stage.apiUrl}/events`,
      'The backoffice': `${stage.apiUrl}/backoffice`,
    },
  });
  const stopped = Promise.race(['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => once(process, signal)));
  print(whatToOpen(stage, pages, told));
  await stopped;
}

function whatToOpen(stage: Stage, pages: Pages, { operatorToken, customerToken, tenantToken, tenantId }: Told): string {
  return `
What to open:
  what people see       ${pages.url}   phones with pushes and WhatsApp, live inboxes, and what may happen next
  the API’s reference   ${stage.apiUrl}/docs
  the events’ reference ${stage.apiUrl}/events
  the mailbox           ${stage.mailbox.httpUrl}
  the backoffice        ${stage.apiUrl}/backoffice   every event’s way, what failed (dead letters, unknown ends), jobs; it asks for the token below
  the processes’ log    ${stage.logFile}
  the database          ${stage.services.databaseUrl}

The operator’s token:  ${operatorToken}
The customer’s token:  ${customerToken}
The tenant’s token:    ${tenantToken}
The tenant’s id:       ${tenantId}

  curl -H 'authorization: Bearer <the customer’s token>' ${stage.apiUrl}/notifications/me

Ctrl-C stops everything.`;
}

await demo({ staysUp: !process.argv.includes('--once') }).catch(giveUp);
process.exit();
