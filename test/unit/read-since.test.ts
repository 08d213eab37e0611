// Right after an action, what was read before it says nothing of its effect: it is asked for again, is called by its name,
// and offers nothing that was just done.
import { describe, expect, test } from 'vitest';
import type { ActionId } from '../../src/core/actions/action.ts';
import type { Known } from '../../src/core/incident/checklist.ts';
import type { Event } from '../../src/core/incident/event.ts';
import type { Sample, World } from '../../src/core/world/world.ts';
import { findStep } from '../../src/runbook/checklists.ts';
import { stillOpen } from '../../src/runbook/ending.ts';
import { offersOf } from '../../src/runbook/offers.ts';
import { remedies } from '../../src/runbook/remedies.ts';
import { tell } from '../support/story.ts';
import { calm, live, lost, now, outage } from '../support/worlds.ts';

const minute = 60_000;

/** An incident whose last action ended so long ago, in ms. */
function fixedAgo(ms: number, action: ActionId = 'rollback-deployment', target = 'deployment/api-gateway') {
  const opened: Event = { kind: 'opened', title: 'Complete API outage', severity: 1, why: '5xx' };
  const ran: Event = { kind: 'action', run: 'one', action, target, phase: 'verified' };
  return tell(now - 60 * minute, [0, 'ops1', opened], [60 - ms / minute, 'ops1', ran]);
}

const codes = (world: World, ago: number) =>
  stillOpen('mitigate', fixedAgo(ago), world).map(({ code, says }) => `${code}: ${says}`);

const traffic = {
  p95: 4210,
  errorRate: 0.1,
  samples: 1310,
  sampling: 1,
  window: 300_000,
  source: 'gateway logs',
} as const;

/** One sample each five seconds, the newest now. */
const samples = (...values: readonly number[]): readonly Sample[] =>
  values.map((value, at) => ({ at: now - (values.length - 1 - at) * 5000, value }));

describe('what is critical', () => {
  test('by readings from before the action is not called still critical', () => {
    const open = codes(outage, 500);
    expect(open).toHaveLength(1);
    expect(open[0]).toMatch(/^unread: \d+ not read again since 03:14:06Z.*: gateway 503 unhealthy; /);
  });

  test('by readings since the action is', () => {
    expect(codes(outage, 6 * minute)).toEqual([expect.stringMatching(/^critical: \d+ still critical: gateway/)]);
    expect(codes(outage, 0.9 * 1000)[0]).toMatch(/^unread/);
    expect(codes(outage, 1100)[0]).toMatch(/^critical: .*gateway/);
  });

  test('in a window that begins before the action is falling, or needs more samples', () => {
    const history = (...errors: readonly number[]): World => ({
      ...calm,
      readings: { ...calm.readings, traffic: live({ ...traffic, p95: 100 }) },
      history: { ...calm.history, p95: samples(...errors.map(() => 100)), errorRate: samples(...errors) },
    });
    const falls = codes(history(40, 40, 30, 25, 20, 10), 20_000);
    expect(falls).toEqual([expect.stringMatching(/^falling: .*leave by 03:\d\d:\d\dZ: Error rate 10/)]);
    expect(codes(history(40, 40, 40, 40), 6000)).toEqual([expect.stringMatching(/^unread: .*Error rate/)]);
    // Enough samples, and none falls: the action did not help.
    expect(codes(history(40, 40, 40, 40, 40, 40), 20_000)).toEqual([expect.stringMatching(/^critical: .*Error rate/)]);
  });

  test('by a backend that gives no answer is read once it has had the time to give one', () => {
    const dark: World = { ...calm, readings: { ...calm.readings, redis: lost<never>(undefined, 'refused') } };
    expect(codes(dark, 3000)).toEqual([expect.stringMatching(/^unread: .*redis/)]);
    expect(codes(dark, 30_000)).toEqual([expect.stringMatching(/^critical: .*redis/)]);
  });

  test('without an action is what it is', () => {
    const opened: Event = { kind: 'opened', title: 'x', severity: 1, why: '' };
    const open = stillOpen('mitigate', tell(now - 1000, [0, 'ops1', opened]), outage);
    expect(open.map(({ code }) => code)).toEqual(['critical']);
  });
});

describe('an action that was verified', () => {
  const step = findStep('sev1/restart-gateway')?.step;
  if (!step) throw new Error('SEV1 restarts the gateway');
  const known = (at: number, ...ran: readonly [ActionId, boolean][]): Known => ({
    notified: [],
    ran: ran.map(([action, worked]) => ({ action, object: 'deployment/api-gateway', at, worked })),
  });
  const titles = (of: Known, world: World = outage) =>
    offersOf(step, world, of).map(({ title, again }) => (again ? `(${title})` : title));
  const rollBack = 'roll back api-gateway';

  test('is not offered by what was read before it', () => {
    const before = titles(known(now - 500));
    expect(before[0]).toBe(rollBack);
    const after = titles(known(now - 500, ['rollback-deployment', true]));
    expect(after).toEqual(['restart gateway', '(roll back gateway again)']);
    expect(remedies(outage, known(now - 500, ['rollback-deployment', true]))).not.toContainEqual(
      expect.objectContaining({ action: 'rollback-deployment' }),
    );
  });

  test('is offered once more if what was read since points to it', () => {
    expect(titles(known(now - 30_000, ['rollback-deployment', true]))[0]).toBe(rollBack);
  });

  test('is offered once more if it was not proven, not because another one came after it', () => {
    expect(titles(known(now - 500, ['rollback-deployment', false]))[0]).toBe(rollBack);
    const both = known(now - 500, ['rollback-deployment', true], ['restart-deployment', true]);
    expect(titles(both)).toEqual(['(restart gateway again)', '(roll back gateway again)']);
  });

  test('is not offered on a healthy platform either, and what acts on another object is', () => {
    expect(titles(known(now - 30_000, ['restart-deployment', true]), calm)).toEqual([
      'roll back gateway',
      '(restart gateway again)',
    ]);
    const other: Known = {
      notified: [],
      ran: [{ action: 'restart-deployment', object: 'deployment/executor', at: now - 500, worked: true }],
    };
    expect(titles(other, calm)[0]).toBe('restart gateway');
  });

  test('waits for the whole window of a metric: more API nodes need their time', () => {
    const readings = {
      ...calm.readings,
      traffic: live({ ...traffic, errorRate: 0 }),
    };
    const slow: World = { ...calm, readings, history: { ...calm.history, p95: samples(4210, 4210, 4210, 4210, 4210) } };
    const scales = (ago: number) =>
      remedies(slow, known(now - ago, ['scale-deployment', true])).some(({ action }) => action === 'scale-deployment');
    expect(remedies(slow, known(now)).map(({ action }) => action)).toContain('scale-deployment');
    expect(scales(60_000)).toBe(false);
    expect(scales(6 * minute)).toBe(true);
  });
});
