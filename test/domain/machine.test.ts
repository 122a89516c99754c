import { describe, expect, test } from 'vitest';
import { appointmentMachine } from '../../src/domain/service/appointment.ts';
import { IllegalTransition } from '../../src/domain/illegal-transition.ts';
import { leadMachine } from '../../src/domain/service/lead.ts';
import { take, type Machine } from '../../src/domain/machine.ts';
import { visibility } from '../../src/domain/listings/moderation.ts';
import { quoteMachine } from '../../src/domain/service/quote.ts';
import { ticketMachine } from '../../src/domain/service/ticket.ts';

const door: Machine<'open' | 'shut' | 'gone', 'open' | 'shut' | 'lock'> = {
  open: { shut: 'shut' },
  shut: { open: 'open', lock: 'shut' },
  gone: {},
};

describe('a machine', () => {
  test('leads where it says', () => {
    expect(take(door, 'open', { thing: 'door', state: 'shut' })).toBe('open');
  });

  test.each([
    ['shut', 'shut', 'The door is shut. That allows: open, lock.'],
    ['gone', 'open', 'The door is gone. That allows: nothing more.'],
  ] as const)('that is %s refuses to %s, and says what it allows', (state, step, message) => {
    expect(() => take(door, step, { thing: 'door', state })).toThrow(new IllegalTransition(message));
  });

  test.each([
    ['ticket', ticketMachine, 'open', ['closed']],
    ['quote', quoteMachine, 'sent', ['superseded', 'expired', 'approved']],
    ['appointment', appointmentMachine, 'scheduled', ['cancelled']],
    ['lead', leadMachine, 'new', ['won', 'lost']],
    ['visibility', visibility, 'visible', ['banned']],
  ] as const)('of a %s begins in a state of its own and ends in known ones', (_what, machine, first, ends) => {
    const states: Readonly<Record<string, Readonly<Record<string, string>>>> = machine;
    const leadsOn = Object.entries(states).filter(([, steps]) => Object.keys(steps).length > 0);
    expect(leadsOn.map(([state]) => state)).toContain(first);
    expect(Object.keys(states).filter((state) => Object.keys(states[state] ?? {}).length === 0)).toEqual(ends);
    expect(leadsOn.flatMap(([, steps]) => Object.values(steps)).filter((next) => !(next in states))).toEqual([]);
  });
});
