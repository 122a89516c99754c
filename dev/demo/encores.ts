import { randomUUID } from 'node:crypto';
import type { PaymentProvider } from '../sandbox/payment-provider.ts';
import type { Actor } from './actor.ts';
import { type Cast, eveningIn } from './people.ts';

/** Something that may happen again after the story. */
export interface Encore {
  readonly title: string;
  run(): Promise<void>;
}

export interface EncoreOptions extends Actor {
  readonly cast: Cast;
  readonly provider: PaymentProvider;
  readonly customerToken: string;
  readonly tenantToken: string;
  readonly tenantId: string;
  readonly subscriptionId: string;
}

/** What the audience may ask for; between them everybody but the ambassador is told, by every channel. */
export function makeEncores(options: EncoreOptions): readonly Encore[] {
  const { act, pay, cast, provider, customerToken, tenantToken, tenantId, subscriptionId } = options;
  const { customer, technician } = cast;
  const ticket = () =>
    act('A customer opens another ticket', customerToken, '/tickets', {
      tenantId,
      subject: 'The bedroom stays warm',
      description: 'It blows, but it does not cool.',
      contact: customer.contact,
    });
  const assigned = async () => {
    const { id } = await ticket();
    const assignment = { assigneeUserId: technician.userId };
    await act('The tenant assigns it to a technician', tenantToken, `/tickets/${id}/assign`, assignment);
    return id;
  };
  return Object.freeze([
    { title: 'Open a ticket', run: async () => void (await ticket()) },
    { title: 'Assign a ticket', run: async () => void (await assigned()) },
    {
      title: 'Send a quote',
      async run() {
        await act('The tenant sends a quote', tenantToken, `/tickets/${await assigned()}/quotes`, {
          lines: [{ description: 'Refrigerant refilled, leak sealed', quantity: 1, unitPriceMinor: 96_000 }],
          currency: 'MXN', validUntil: eveningIn(3),
        });
      },
    },
    {
      title: 'Fail a payment',
      run() {
        const paymentId = `pay_${randomUUID()}`;
        const payment = { tenantId, subscriptionId, paymentId, amountMinor: 1_299_000, currency: 'MXN' };
        const report = () => provider.fail({ ...payment, reason: 'card expired' });
        return pay('A payment does not go through', paymentId, report);
      },
    },
  ]);
}
