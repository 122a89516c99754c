/** A tax on what tenants are billed, from a day on until the country's next rule. */
export interface TaxRule {
  /** ISO 3166-1 alpha-2, of the tenant. */
  readonly country: string;
  readonly name: string;
  readonly basisPoints: number;
  readonly startsOn: string;
}

/** General rates by country and day, each with the law that set it. A new rate is a new rule; none is edited. */
export const TAX_RULES: readonly TaxRule[] = Object.freeze([
  { country: 'AR', name: 'IVA', basisPoints: 2_100, startsOn: '1995-04-01' }, // Ley 24.468
  { country: 'CL', name: 'IVA', basisPoints: 1_900, startsOn: '2003-10-01' }, // Ley 19.888
  { country: 'CO', name: 'IVA', basisPoints: 1_900, startsOn: '2017-01-01' }, // Ley 1819 de 2016
  { country: 'ES', name: 'IVA', basisPoints: 2_100, startsOn: '2012-09-01' }, // Real Decreto-ley 20/2012
  { country: 'MX', name: 'IVA', basisPoints: 1_600, startsOn: '2010-01-01' }, // reforma de la LIVA, DOF 7-12-2009
  { country: 'PE', name: 'IGV', basisPoints: 1_800, startsOn: '2011-03-01' }, // Ley 29666, con el IPM
]);

/** What is taken of an amount, and its name. */
export interface Tax {
  readonly name: string;
  readonly basisPoints: number;
}

/** Of a country, or of a day, that has no rule. Its name is the reason; it lives in tables: never rename. */
export const NO_TAX: Tax = Object.freeze({ name: 'no-rule', basisPoints: 0 });

/** The tax of a country on a day. */
export function taxOf(country: string, day: string, rules: readonly TaxRule[] = TAX_RULES): Tax {
  const begun = rules.filter((rule) => rule.country === country && rule.startsOn <= day);
  const [latest] = begun.toSorted((one, other) => other.startsOn.localeCompare(one.startsOn));
  return latest === undefined ? NO_TAX : { name: latest.name, basisPoints: latest.basisPoints };
}

/** The first day on which a rule holds no more; null while it does. */
export function endOf({ country, startsOn }: TaxRule, rules: readonly TaxRule[] = TAX_RULES): string | null {
  const later = rules.filter((rule) => rule.country === country && rule.startsOn > startsOn);
  return later.map((rule) => rule.startsOn).sort()[0] ?? null;
}
