// node dev/demo.ts [--once]: the whole system on this machine, and a story told through its API. It stays up until
// Ctrl-C; with --once it ends after the story: with 0, or with 1 and the name of what did not happen.
import { once } from 'node:events';
import { tellStory } from './demo/story.ts';
import { giveUp } from './missing-part.ts';
import { startPaymentProvider } from './sandbox/payment-provider.ts';
import { openStage } from './stage.ts';

async function demo({ staysUp }: { readonly staysUp: boolean }): Promise<void> {
  const print = (line: string) => console.log(line);
  await using stage = await openStage({ folder: 'demo', documents: 'optional', print });
  await using provider = await startPaymentProvider({
    webhookUrl: `${stage.apiUrl}/webhooks/payments/sandpay`, secret: stage.webhookSecret,
  });
  const { operatorToken, customerToken, tenantToken, tenantId } = await tellStory({ ...stage, provider, print }).catch((error: Error) => {
    console.error(`The processes' log: ${stage.logFile}`);
    throw error;
  });
  if (!staysUp) return;

  const told = Promise.race(['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => once(process, signal)));
  console.log(`
What to open:
  the API’s reference   ${stage.apiUrl}/docs
  the events’ reference ${stage.apiUrl}/events
  the mailbox           ${stage.mailbox.httpUrl}
  the queues            ${stage.apiUrl}/backoffice/sign-in   with the operator’s token (empty once all is consumed)
  the processes’ log    ${stage.logFile}
  the database          ${stage.services.databaseUrl}

The operator’s token:  ${operatorToken}
The customer’s token:  ${customerToken}
The tenant’s token:    ${tenantToken}
The tenant’s id:       ${tenantId}

  curl -H 'authorization: Bearer <the customer’s token>' ${stage.apiUrl}/notifications/me

Ctrl-C stops everything.`);
  await told;
}

await demo({ staysUp: !process.argv.includes('--once') }).catch(giveUp);
process.exit();
