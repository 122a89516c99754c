import type { WhatsAppMessage } from './whatsapp.ts';

/** The body of each template as Meta approved it, by its name and language; `{{1}}` is the first parameter. */
export const approvedTemplates: Readonly<Record<string, Readonly<Record<string, string>>>> = Object.freeze({
  appointment_reminder: {
    es_MX:
      'Recordatorio de tu cita: {{1}} te visitará por «{{2}}».\n\n' +
      'Cuándo: {{3}}\n\n' +
      'Si no puedes estar, cambia o cancela la cita en TechMarket AI cuanto antes.',
    en:
      'A reminder of your appointment: {{1}} will visit you about “{{2}}”.\n\n' +
      'When: {{3}}\n\n' +
      'If you cannot be there, please change or cancel the appointment in TechMarket AI as soon as possible.',
  },
  appointment_visit_reminder: {
    es_MX:
      'Recordatorio de tu visita a un cliente de {{1}} por «{{2}}».\n\n' +
      'Cuándo: {{3}}\n\n' +
      'Si no puedes ir, cambia o cancela la cita en TechMarket AI cuanto antes.',
    en:
      'A reminder of your visit to a customer of {{1}} about “{{2}}”.\n\n' +
      'When: {{3}}\n\n' +
      'If you cannot go, please change or cancel the appointment in TechMarket AI as soon as possible.',
  },
  payment_failed: {
    es_MX:
      'El pago de {{1}} no se pudo cobrar.\n\n' +
      'Importe: {{2}}\n\n' +
      'Revisa tu forma de pago en TechMarket AI para que no se interrumpa el servicio.',
    en:
      'The payment from {{1}} could not be collected.\n\n' +
      'Amount: {{2}}\n\n' +
      'Please check your payment method in TechMarket AI so that your service is not interrupted.',
  },
  phone_confirmation: {
    es_MX: 'Tu código para recibir en este número los avisos de TechMarket AI: {{1}}\n\nNo lo compartas. Vale 24 horas.',
    en: 'Your code to get the notifications of TechMarket AI on this number: {{1}}\n\nDo not share it. It is valid for 24 hours.',
  },
  quote_sent: {
    es_MX:
      'Tienes una cotización de {{1}} para «{{2}}».\n\n' +
      'Total: {{3}}\nVálida hasta: {{4}}\n\n' +
      'Revísala en TechMarket AI y, si te convence, apruébala antes de que venza.',
    en:
      'You have a quote from {{1}} for “{{2}}”.\n\n' +
      'Total: {{3}}\nValid until: {{4}}\n\n' +
      'Take a look in TechMarket AI and, if you are happy with it, approve it before it expires.',
  },
});

/** What its reader sees of a message; undefined where no such template was approved. */
export function readAsApproved(
  { template, language, parameters }: Pick<WhatsAppMessage, 'template' | 'language' | 'parameters'>,
): string | undefined {
  const body = approvedTemplates[template]?.[language];
  return body?.replaceAll(/\{\{(\d+)\}\}/g, (hole, number: string) => parameters[Number(number) - 1] ?? hole);
}
