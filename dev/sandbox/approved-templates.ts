import type { WhatsAppMessage } from './whatsapp.ts';

/** The body of each template as Meta approved it, by its name and language; `{{1}}` is the first parameter. */
export const approvedTemplates: Readonly<Record<string, Readonly<Record<string, string>>>> = Object.freeze({
  appointment_reminder: {
    es_MX:
      'Recordatorio de tu cita: {{1}} te visita por «{{2}}» el {{3}}.\n\n' +
      'Si necesitas cambiarla, avisa con tiempo desde TechMarket AI.',
    en:
      'A reminder of your appointment: {{1}} visits you about “{{2}}” on {{3}}.\n\n' +
      'If you need to change it, please say so in good time in TechMarket AI.',
  },
  payment_failed: {
    es_MX:
      'No pudimos cobrar el pago de {{1}} por {{2}}.\n\n' +
      'Revisa tu forma de pago en TechMarket AI para conservar tu plan.',
    en:
      'We could not collect the payment of {{1}} for {{2}}.\n\n' +
      'Please check your payment method in TechMarket AI to keep your plan.',
  },
  quote_sent: {
    es_MX:
      'Tienes una cotización de {{1}} para «{{2}}».\n\n' +
      'Total: {{3}}\nVálida hasta: {{4}}\n\n' +
      'Ábrela en TechMarket AI para revisarla y aprobarla.',
    en:
      'You have a quote from {{1}} for “{{2}}”.\n\n' +
      'Total: {{3}}\nValid until: {{4}}\n\n' +
      'Open it in TechMarket AI to review and approve it.',
  },
});

/** What its reader sees of a message; undefined where no such template was approved. */
export function readAsApproved(
  { template, language, parameters }: Pick<WhatsAppMessage, 'template' | 'language' | 'parameters'>,
): string | undefined {
  const body = approvedTemplates[template]?.[language];
  return body?.replaceAll(/\{\{(\d+)\}\}/g, (hole, number: string) => parameters[Number(number) - 1] ?? hole);
}
