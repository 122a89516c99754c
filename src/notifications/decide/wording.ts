import { formatMoney } from '../../domain/money.ts';
import { zoneOrUtc } from '../../domain/time-zone.ts';

/** Amounts and times as a reader of one language in one zone reads them. */
export interface Wording {
  money(amount: { readonly minor: number; readonly currency: string }): string;
  /** Day and time of an instant. */
  moment(instant: string): string;
  /** The same in few characters: without the year. */
  shortMoment(instant: string): string;
  /** From one calendar day to another, both included. */
  period(first: string, last: string): string;
  /** What a category of notifications is called. */
  category(name: string): string;
}

const CATEGORIES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  account: { es: 'tu cuenta', en: 'your account' },
  appointments: { es: 'citas', en: 'appointments' },
  leads: { es: 'clientes potenciales', en: 'leads' },
  payments: { es: 'pagos', en: 'payments' },
  payouts: { es: 'liquidaciones', en: 'payouts' },
  tickets: { es: 'tickets', en: 'tickets' },
};

/** The wording for a locale and an IANA time zone; UTC for one that is unknown here. */
export function wordingFor(locale: string, zone: string): Wording {
  const timeZone = zoneOrUtc(zone);
  return {
    money: (amount) => formatMoney(amount, locale),
    moment(instant) {
      const format = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'short', timeZone });
      return unbroken(format.format(new Date(instant)));
    },
    shortMoment(instant) {
      const format = new Intl.DateTimeFormat(locale, {
        weekday: 'short', day: 'numeric', month: 'short', hour: 'numeric', minute: '2-digit', timeZone,
      });
      return unbroken(format.format(new Date(instant)));
    },
    period(first, last) {
      const format = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' });
      return format.formatRange(new Date(first), new Date(last));
    },
    category: (name) => CATEGORIES[name]?.[locale] ?? name,
  };
}

/** No line ends between a time and its AM or PM. */
const unbroken = (text: string) => text.replace(/ (?=[AP]M$)/, '\u00a0');
