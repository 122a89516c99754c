import type { Decision } from './decision.ts';
import { type Channel, isUrgent, type TemplateContract } from '../templates/template-contract.ts';

/** What decides by which channels somebody is told. */
export interface Choosing {
  readonly template: Pick<TemplateContract, 'channels' | 'importance' | 'fallback'>;
  /** Why the user can't be reached by a channel; undefined when they can. */
  unreachedBy(channel: Channel): string | undefined;
  /** Whether the user wants nothing of the category by the channel. */
  isOff(channel: Channel): boolean;
}

/** What becomes of a channel. */
export interface Choice {
  readonly channel: Channel;
  /** `none`: no notification is made, only the decision is on record. */
  readonly fate: 'created' | 'suppressed' | 'gathered' | 'none';
  readonly decision?: Decision;
}

/** What becomes of each of the template's channels; each is named once. */
export function chooseChannels(choosing: Choosing): readonly Choice[] {
  const { channels, fallback = {} } = choosing.template;
  const standIns = new Map(Object.entries(fallback).map(([first, standIn]) => [standIn, first as Channel]));
  return channels.map((channel) => {
    const first = standIns.get(channel);
    if (first === undefined || choosing.unreachedBy(first) !== undefined) return chooseChannel(channel, choosing);
    return none(channel, { rule: 'fallback', verdict: 'held', detail: `until ${first} fails for good` });
  });
}

/** What becomes of one channel, whatever it stands in for. */
export function chooseChannel(channel: Channel, { template, unreachedBy, isOff }: Choosing): Choice {
  const { importance, fallback = {} } = template;
  const unreached = unreachedBy(channel);
  if (unreached !== undefined) {
    const standIn = fallback[channel];
    if (standIn === undefined) return none(channel, { rule: 'reach', verdict: 'suppressed', detail: unreached });
    return none(channel, { rule: 'fallback', verdict: 'replaced', detail: `by ${standIn}: ${unreached}` });
  }
  const isMandatory = isUrgent(template);
  if (isOff(channel) && !isMandatory) {
    return { channel, fate: 'suppressed', decision: { rule: 'preference', verdict: 'suppressed', detail: 'off' } };
  }
  if (isOff(channel)) {
    return { channel, fate: 'created', decision: { rule: 'preference', verdict: 'allowed', detail: importance } };
  }
  if (importance === 'low' && channel !== 'inbox') {
    return { channel, fate: 'gathered', decision: { rule: 'digest', verdict: 'gathered' } };
  }
  return { channel, fate: 'created' };
}

const none = (channel: Channel, decision: Decision): Choice => ({ channel, fate: 'none', decision });
