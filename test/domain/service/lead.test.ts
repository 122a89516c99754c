import { describe, expect, test } from 'vitest';
import { IllegalTransition } from '../../../src/domain/illegal-transition.ts';
import { createLead, moveLead, secondsToFirstResponse, type Lead, type LeadStatus } from '../../../src/domain/service/lead.ts';
import { id, now, tenant, unverified } from '../../support/facts.ts';

const contact = { name: 'Luis Paz', email: null, phone: '+525512345678' };
const input = { id: id(7), source: 'form', listingId: null, contact, createdBy: id(4) } as const;
const lead: Lead = createLead({ ...input, tenant }, now).lead;
const after = (seconds: number) => new Date(now.getTime() + seconds * 1_000);
const move = (from: Lead, to: LeadStatus, at: Date) => moveLead(from, { to, actorUserId: id(2) }, at);

describe('a lead', () => {
  test('is told of without the prospect’s contact', () => {
    const { events } = createLead({ ...input, tenant }, now);
    expect(events.map(({ payload }) => payload)).toEqual([
      {
        leadId: id(7), tenantId: tenant.id, tenantOwnerUserId: tenant.ownerUserId, tenantName: tenant.name,
        source: 'form', listingId: null,
      },
    ]);
  });

  test('is no unverified tenant’s', () => {
    expect(() => createLead({ ...input, tenant: unverified }, now)).toThrow(IllegalTransition);
  });

  test('tells its first response once, with the step that was it', () => {
    const contacted = move(lead, 'contacted', after(90.9));
    const qualified = move(contacted.lead, 'qualified', after(500));
    const won = move(qualified.lead, 'won', after(900));
    const told = [contacted, qualified, won].flatMap(({ events }) => events.map(({ payload }) => payload));
    expect(told).toMatchObject([
      { from: 'new', to: 'contacted', firstResponseSeconds: 90 },
      { from: 'contacted', to: 'qualified', firstResponseSeconds: null },
      { from: 'qualified', to: 'won', firstResponseSeconds: null },
    ]);
    expect([lead, won.lead].map(secondsToFirstResponse)).toEqual([null, 90]);
  });

  test('that is lost unanswered has no first response', () => {
    const { lead: lost, events } = move(lead, 'lost', after(5));
    expect([lost.firstResponseAt, events]).toMatchObject([null, [{ payload: { firstResponseSeconds: null } }]]);
  });

  test('answered by a clock that is behind has waited no less than nothing', () => {
    expect(secondsToFirstResponse(move(lead, 'contacted', after(-3)).lead)).toBe(0);
  });

  const statuses: readonly LeadStatus[] = ['new', 'contacted', 'qualified', 'won', 'lost'];
  test.each([
    ['new', ['contacted', 'lost']],
    ['contacted', ['qualified', 'lost']],
    ['qualified', ['won', 'lost']],
    ['won', []],
    ['lost', []],
  ] as const)('that is %s becomes %j and nothing else', (status, allowed) => {
    const becomes = statuses.filter((to) => {
      try {
        return move({ ...lead, status }, to, now).lead.status === to;
      } catch {
        return false;
      }
    });
    expect(becomes).toEqual(allowed);
  });
});
