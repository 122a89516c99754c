import { domainToASCII, domainToUnicode } from 'node:url';

const LONGEST = 254;
const LONGEST_LOCAL = 64;
/** RFC 5322's dot-atom: what every server takes without quotes. */
const LOCAL = /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*$/;
/** Characters with which the conversion would read another domain, or none. */
const FOREIGN = /[\s%/\\:?#@[\]<>"|^`{}\p{Cc}]/u;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;
const TOP = /^(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})$/i;

/** An address in the form in which it can be delivered, or what keeps it from being one. */
export type ReadAddress = { readonly address: string } | { readonly flaw: string };

/** Reads an e-mail address. An internationalised domain becomes its A-labels: `ana@peña.mx` is `ana@xn--pea-8ma.mx`. */
export function readEmailAddress(text: string): ReadAddress {
  if (text.length > LONGEST) return { flaw: `must have at most ${LONGEST} characters` };
  const at = text.lastIndexOf('@');
  const [local, domain] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)];
  if (at < 1 || domain === '') return { flaw: 'must be an e-mail address like ana@example.com' };
  if (/[^\0-\x7f]/.test(local)) return { flaw: 'must be ASCII before the @: few servers deliver other addresses' };
  if (!LOCAL.test(local)) return { flaw: 'must be an e-mail address like ana@example.com' };
  if (local.length > LONGEST_LOCAL) return { flaw: `must have at most ${LONGEST_LOCAL} characters before the @` };
  const ascii = toAscii(domain);
  if (ascii === undefined) return { flaw: 'must have a domain after the @, like example.com or peña.mx' };
  const address = `${local}@${ascii}`;
  return address.length > LONGEST ? { flaw: `must have at most ${LONGEST} characters, with its domain in ASCII` } : { address };
}

function toAscii(domain: string): string | undefined {
  if (FOREIGN.test(domain)) return undefined;
  const hasOtherForm = /[^\0-\x7f]|xn--/i.test(domain);
  const ascii = hasOtherForm ? domainToASCII(domain.normalize('NFC')) : domain;
  const labels = ascii.split('.');
  const isDomain = labels.length >= 2 && labels.every((label) => LABEL.test(label)) && TOP.test(labels.at(-1) ?? '');
  // A label that stays encoded is no word of any script: no registry has sold it.
  const isReadable = !hasOtherForm || !/(?:^|\.)xn--/.test(domainToUnicode(ascii));
  return isDomain && isReadable ? ascii : undefined;
}
