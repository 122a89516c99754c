import { z } from 'zod';

/** The parts each channel is made of; a part is the file `<part>.hbs`. */
export const channelParts = Object.freeze({
  email: ['email.subject', 'email.html', 'email.text'],
  inbox: ['inbox'],
  push: ['push.title', 'push.body'],
  whatsapp: ['whatsapp'],
} as const);

export type Channel = keyof typeof channelParts;

/** The part that a reader has in what happened. */
export type Reader = 'customer' | 'owner' | 'assignee' | 'ambassador';
export const READERS: readonly Reader[] = ['customer', 'owner', 'assignee', 'ambassador'];

const FLAGS = { customer: 'forCustomer', owner: 'forOwner', assignee: 'forAssignee', ambassador: 'forAmbassador' } as const;

/** A template as it was approved on WhatsApp; the part `whatsapp` fills its parameters, one on each line. */
export interface ApprovedTemplate {
  /** Other parameters are another name: what was approved can't be changed. */
  readonly name: string;
  /** The one for other readers, where their text is another; it takes the same parameters. */
  readonly nameFor?: Readonly<Partial<Record<Reader, string>>>;
  /** Its language code for each of ours. */
  readonly languages: Readonly<Record<string, string>>;
  readonly parameters: number;
}

/**
 * Who is told, and when. `critical`: everyone, at once; `legal`: everyone; `normal`: whoever wants to know; `low`: they
 * too, once for all that comes within a while.
 */
export type Importance = 'critical' | 'legal' | 'normal' | 'low';

/** Returns whether notifications of a template overtake others: critical and legal ones. */
export const isUrgent = ({ importance }: Pick<TemplateContract, 'importance'>): boolean => importance === 'critical' || importance === 'legal';

/** What a notification is: its variables, its channels and what becomes of it when a provider did not answer. */
export interface TemplateContract<Shape extends z.ZodRawShape = z.ZodRawShape> {
  /** Kebab-case, as its folder. Lives in tables: never rename it. */
  readonly name: string;
  /** What a user switches on or off as one. Lives in preferences: never rename it. */
  readonly category: string;
  /** When nobody knows whether it was sent: again, at the risk of twice, or hold it for an operator. */
  readonly onUnknown: 'resend' | 'hold';
  readonly importance: Importance;
  readonly channels: readonly Channel[];
  /** Readers whose texts differ; a text asks for one with `{{#if forOwner}}`. Absent where all read the same. */
  readonly readers?: readonly Reader[];
  /** Channels that are used only once another has failed for good, by that other. */
  readonly fallback?: Readonly<Partial<Record<Channel, Channel>>>;
  /** Set for a request to confirm an address: it goes there, confirmed or not, and gets `code` and `link` when it is sent. */
  readonly isConfirmation?: boolean;
  /** Set where it has the channel. */
  readonly whatsapp?: ApprovedTemplate;
  /** The variables of every version: one that a published version uses is never removed. */
  readonly props: z.ZodObject<Shape>;
}

/**
 * Declares a notification's template; its texts are in `templates/<name>/v<version>/<locale>/<part>.hbs`. Every template
 * also knows who reads it, and mail that its reader may leave knows where: `unsubscribeUrl`.
 */
export function defineTemplate(contract: TemplateContract): TemplateContract {
  const flags = Object.fromEntries((contract.readers ?? []).map((reader) => [FLAGS[reader], z.boolean().optional()]));
  return Object.freeze({ ...contract, props: contract.props.extend({ ...flags, unsubscribeUrl: z.url().optional() }) });
}

/** Returns the variable that tells a template's texts who reads them. */
export const readerProps = ({ readers = [] }: Pick<TemplateContract, 'readers'>, reader: Reader): Readonly<Record<string, boolean>> =>
  readers.includes(reader) ? { [FLAGS[reader]]: true } : {};

/** Returns who reads a notification that was made of these props; undefined where all read the same. */
export function readerOf({ readers = [] }: Pick<TemplateContract, 'readers'>, props: unknown): Reader | undefined {
  const flags = Object(props) as Readonly<Record<string, unknown>>;
  return readers.find((reader) => flags[FLAGS[reader]] === true);
}
