import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/core/actions/action.ts';
import {
  arm,
  armedFor,
  describeArming,
  forbids,
  idleFor,
  initialArming,
  settle,
  touch,
  whyOver,
} from '../../src/core/actions/arming.ts';
import {
  acceptsFor,
  advance,
  confirms,
  planLasts,
  type Run,
  type RunEvent,
  type RunOutcome,
} from '../../src/core/actions/run.ts';

const plan: Plan = {
  impact: ['3 pods'],
  calls: [{ tool: 'http', url: 'http://x' }],
  answered: [],
  preconditions: 'r1',
};
const fresh: Run = {
  id: '01',
  action: 'restart-deployment',
  title: 'Restart api-gateway',
  risk: 'reversible',
  target: { deployment: 'api-gateway' },
  environment: 'PRODUCTION',
  by: 'ops1',
  phase: 'planning',
  calls: [],
  accepts: [],
  performed: 0,
  output: [],
  next: [],
};
const planned: RunEvent = { kind: 'planned', plan, calls: [] };
const ended = (outcome: RunOutcome): RunEvent => ({ kind: 'ended', outcome, says: outcome });
const follow = (events: readonly RunEvent[], from = fresh) => events.reduce((run, e, at) => advance(run, e, at), from);

describe('a run', () => {
  it('tells how far a long look came, while it is planned and checked again', () => {
    const looking: RunEvent = { kind: 'progress', progress: { done: 2000, unit: 'objects' } };
    expect(follow([looking]).measured).toMatchObject({ done: 2000, unit: 'objects' });
    expect(follow([looking, planned])).not.toHaveProperty('measured');
    expect(follow([planned, { kind: 'confirmed' }, looking]).measured).toMatchObject({ done: 2000 });
    expect(follow([planned, { kind: 'confirmed' }, looking, { kind: 'started' }])).not.toHaveProperty('measured');
  });

  it('goes from the form to the verification', () => {
    const run = follow([
      planned,
      { kind: 'confirmed' },
      { kind: 'started' },
      { kind: 'output', lines: ['one'] },
      { kind: 'performed', call: 0 },
      { kind: 'performedAll' },
      { kind: 'seen', says: '1 of 3' },
      ended('verified'),
    ]);
    expect(run).toMatchObject({
      phase: 'done',
      outcome: 'verified',
      performed: 1,
      output: ['one'],
      seen: '1 of 3',
      startedAt: 2,
      endedAt: 7,
    });
  });

  it('is planned and confirmed again when the state changed', () => {
    const run = follow([planned, { kind: 'confirmed' }, { ...planned, notice: 'state changed since the plan' }]);
    expect(run).toMatchObject({ phase: 'planned', notice: 'state changed since the plan' });
    expect(follow([planned], run).notice).toBeUndefined();
  });

  it('cannot be cancelled or refused after a call, and never ends twice', () => {
    const performing = follow([planned, { kind: 'confirmed' }, { kind: 'started' }]);
    expect(advance(performing, ended('refused'), 9)).toBe(performing);
    const verifying = advance(performing, { kind: 'performedAll' }, 9);
    expect(advance(verifying, ended('cancelled'), 9)).toBe(verifying);
    const done = advance(verifying, ended('unknown'), 9);
    expect(advance(done, ended('verified'), 10)).toBe(done);
  });

  it('ends at once if there is nothing to change, and only then', () => {
    const reads: RunEvent = { kind: 'planned', plan: { ...plan, calls: [] }, calls: [] };
    expect(follow([reads, ended('verified')])).toMatchObject({ phase: 'done', outcome: 'verified' });
    expect(follow([planned, ended('verified')]).phase).toBe('planned');
  });

  it('keeps why its outcome is unknown, until the facts tell', () => {
    const begun = follow([
      planned,
      { kind: 'confirmed' },
      { kind: 'started' },
      { kind: 'performedAll', uncertainty: 'lost' },
    ]);
    expect(begun).toMatchObject({ phase: 'verifying', uncertainty: 'lost' });
    for (const outcome of ['verified', 'failed', 'unknown'] as const)
      expect(advance(begun, ended(outcome), 9).outcome).toBe(outcome);
  });

  it('never executes an unplanned or unconfirmed call, whatever events arrive', () => {
    const event = fc.constantFrom<RunEvent>(
      planned,
      { kind: 'confirmed' },
      { kind: 'started' },
      { kind: 'performedAll' },
      ended('verified'),
      ended('failed'),
      ended('cancelled'),
      ended('moved'),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), (events) => {
        let run = fresh;
        const phases: string[] = [];
        for (const e of events) {
          const next = advance(run, e, 0);
          if (next.phase === 'performing' && run.phase !== 'performing') {
            expect(run.phase).toBe('rechecking');
            expect(phases).toContain('planned');
          }
          if (next.outcome === 'verified') expect(run.phase === 'verifying' || run.outcome === 'verified').toBe(true);
          phases.push(next.phase);
          run = next;
        }
      }),
    );
  });
});

describe('confirmation', () => {
  it('asks for more at higher risk', () => {
    expect(acceptsFor('reversible', 'a', 'PRODUCTION')).toEqual([]);
    expect(acceptsFor('data', 'a', 'PRODUCTION')).toEqual(['a']);
    expect(acceptsFor('irreversible', 'a', 'PRODUCTION')).toEqual(['a', 'PRODUCTION']);
  });

  it('accepts only the exact texts, and no expired plan', () => {
    const run = follow([planned], { ...fresh, accepts: ['study_1'] });
    expect(confirms(run, ['study_1'], 5)).toBe('confirmed');
    for (const typed of [[], ['study_'], ['study_1', 'x'], ['']]) expect(confirms(run, typed, 5)).toBe('mismatch');
    expect(confirms(run, ['study_1'], planLasts + 1)).toBe('expired');
    expect(confirms(fresh, [], 0)).toBe('no-plan');
  });
});

describe('arming', () => {
  const guarded = { guarded: true, readOnly: false, observe: false };

  it('allows changes to production for a limited time, with a reason', () => {
    const begin = initialArming(guarded);
    expect(forbids(begin, 0)).toMatch(/arm/);
    expect(arm(begin, '  ', 0)).toHaveProperty('refused');
    const done = arm(begin, 'gateway down', 0);
    if (!('arming' in done)) throw new Error(done.refused);
    expect(forbids(done.arming, 0)).toBeUndefined();
    expect(describeArming(done.arming, 0)).toBe('armed 10:00 if idle');
    expect(forbids(done.arming, idleFor)).toMatch(/arm/);
    const busy = touch(done.arming, idleFor - 1);
    expect(forbids(busy, idleFor)).toBeUndefined();
    expect(describeArming(busy, idleFor)).toBe('armed 05:00');
    expect(forbids(busy, armedFor)).toMatch(/arm/);
    expect(settle(busy, armedFor)).toEqual({ state: 'read-only' });
  });

  it('says why it ended', () => {
    const done = arm(initialArming(guarded), 'gateway down', 0);
    if (!('arming' in done) || done.arming.state !== 'armed') throw new Error('not armed');
    expect(whyOver(done.arming, 60_000)).toBe('disarmed by hand');
    expect(whyOver(done.arming, idleFor)).toBe('no key pressed for 10 m 0 s');
    expect(whyOver({ ...done.arming, activeAt: armedFor - 1 }, armedFor)).toBe('time expired');
    const longer = arm(done.arming, 'still down', idleFor - 1);
    expect(longer).toMatchObject({ arming: { since: 0, until: idleFor - 1 + armedFor } });
  });

  it('is refused for observers and for a cockpit started read-only', () => {
    expect(arm(initialArming({ ...guarded, readOnly: true }), 'why', 0)).toHaveProperty('refused');
    expect(arm(initialArming({ ...guarded, guarded: false, observe: true }), 'why', 0)).toHaveProperty('refused');
    expect(forbids(initialArming({ ...guarded, guarded: false }), 0)).toBeUndefined();
  });
});
