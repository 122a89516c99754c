import { expect, test } from 'vitest';
import { type Choosing, chooseChannels } from '../../../src/notifications/decide/choose-channels.ts';
import type { Channel, Importance } from '../../../src/notifications/templates/template-contract.ts';

interface Given {
  readonly importance?: Importance;
  readonly channels?: readonly Channel[];
  readonly fallback?: Partial<Record<Channel, Channel>>;
  readonly unreached?: readonly Channel[];
  readonly off?: readonly Channel[];
}

/** `<channel> <fate> <rule> <verdict> <detail>` of each. */
function chosen({ importance = 'normal', channels = ['inbox', 'email'], fallback, unreached = [], off = [] }: Given): string[] {
  const choosing: Choosing = {
    template: { importance, channels, ...(fallback && { fallback }) },
    unreachedBy: (channel) => (unreached.includes(channel) ? 'no device' : undefined),
    isOff: (channel) => off.includes(channel),
  };
  return chooseChannels(choosing).map(({ channel, fate, decision }) =>
    [channel, fate, decision?.rule, decision?.verdict, decision?.detail].filter(Boolean).join(' '));
}

test.for<[string, Given, string[]]>([
  ['everyone is told by every channel that reaches them', {}, ['inbox created', 'email created']],
  ['what does not reach them is on record, and no notification', { channels: ['inbox', 'push'], unreached: ['push'] },
    ['inbox created', 'push none reach suppressed no device']],
  ['what they switched off is suppressed', { off: ['email'] }, ['inbox created', 'email suppressed preference suppressed off']],
  ['the inbox can be switched off as well', { off: ['inbox'] }, ['inbox suppressed preference suppressed off', 'email created']],
  ['what is legal comes all the same', { importance: 'legal', off: ['email'] }, ['inbox created', 'email created preference allowed legal']],
  ['what is critical comes all the same', { importance: 'critical', off: ['email'] }, ['inbox created', 'email created preference allowed critical']],
  ['what is low is gathered, and stands in the inbox at once', { importance: 'low' }, ['inbox created', 'email gathered digest gathered']],
  ['what is low and switched off is not gathered', { importance: 'low', off: ['email'] }, ['inbox created', 'email suppressed preference suppressed off']],
  ['a stand-in waits until the first has failed', { channels: ['push', 'whatsapp'], fallback: { push: 'whatsapp' } },
    ['push created', 'whatsapp none fallback held until push fails for good']],
  ['a stand-in goes where the first reaches nobody', { channels: ['push', 'whatsapp'], fallback: { push: 'whatsapp' }, unreached: ['push'] },
    ['push none fallback replaced by whatsapp: no device', 'whatsapp created']],
  ['a stand-in does not go where the first is switched off', { channels: ['push', 'whatsapp'], fallback: { push: 'whatsapp' }, off: ['push'] },
    ['push suppressed preference suppressed off', 'whatsapp none fallback held until push fails for good']],
  ['a stand-in that reaches nobody either is on record', { channels: ['push', 'whatsapp'], fallback: { push: 'whatsapp' }, unreached: ['push', 'whatsapp'] },
    ['push none fallback replaced by whatsapp: no device', 'whatsapp none reach suppressed no device']],
])('%s', ([, given, expected]) => {
  expect(chosen(given)).toEqual(expected);
});
