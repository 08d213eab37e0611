// What crosses the thread of the world: as little as changed, and nothing is lost.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Deployment } from '../../src/core/world/facts.ts';
import { type Fault, newest, type Reading } from '../../src/core/world/reading.ts';
import type { History, Sample } from '../../src/core/world/world.ts';
import { decoder, encoder } from '../../src/engine/pods-delta.ts';
import type { Update } from '../../src/engine/protocol.ts';
import { deployment, live as fresh } from '../support/worlds.ts';

type Traffic = NonNullable<NonNullable<Update['readings']>['traffic']>;
type Deployments = Reading<readonly Deployment[]>;
type Value = Extract<Traffic, { state: 'live' }>['value'];

const fault: Fault = { kind: 'timeout', where: 'w', what: 'w', hint: 'h' };
const values = [1, 2, 3].map((samples): Value => ({ samples, sampling: 1, window: 60_000, source: 'prometheus' }));
const live = (value: Value, at: number): Reading<Value> => ({ state: 'live', value, at, staleAfter: 1, from: 'k' });
const lost = (value: Value | undefined, at: number): Reading<Value> => ({
  state: 'lost',
  at,
  fault,
  last: value && { value, at, from: 'k' },
});
const sample = (at: number): Sample => ({ at, value: at, lasts: 5 });
const samples = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => sample(from + i));

const step = fc.record({
  value: fc.constantFrom(...values, undefined),
  lives: fc.boolean(),
  tells: fc.boolean(),
  grows: fc.nat(3),
  drops: fc.nat(3),
  anew: fc.nat(9).map((n) => n === 0),
});

test('readings and trends arrive complete, whatever stays, comes and goes', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const { encode } = encoder();
      const decode = decoder();
      let trend: readonly Sample[] = [];
      for (const [at, { value, lives, tells, grows, drops, anew }] of steps.entries()) {
        const update: Update = { now: at };
        if (tells) {
          const traffic = lives && value ? live(value, at) : lost(value, at);
          update.readings = { traffic, gateway: { state: 'pending', since: at } };
        }
        if (grows > 0 || anew) {
          trend = [...(anew ? [] : trend.slice(drops)), ...samples(at * 10, at * 10 + grows)];
          update.history = { p95: trend, errorRate: [sample(at)] };
        }
        const arrived = decode(structuredClone(encode(update)));
        expect(arrived.now).toBe(at);
        expect(arrived.readings).toEqual(update.readings);
        expect(arrived.history).toEqual(update.history);
      }
    }),
  );
});

test('a value that is the same is sent once, and stays the same object on the screen', () => {
  const { encode } = encoder();
  const decode = decoder();
  const [value = undefined, other = undefined] = values;
  if (!value || !other) throw new Error('no values');
  const tell = (reading: Reading<Value>) => {
    const envelope = structuredClone(encode({ readings: { traffic: reading } }));
    return { sent: Object.keys(envelope.update.readings ?? {}), got: decode(envelope).readings?.traffic };
  };
  const valueIn = (got: Traffic | undefined) => (got?.state === 'live' ? got.value : undefined);
  const first = tell(live(value, 1));
  const again = tell(live(value, 2));
  expect([first.sent, again.sent]).toEqual([['traffic'], []]);
  expect(again.got).toEqual(live(value, 2));
  expect(valueIn(again.got)).toBe(valueIn(first.got));
  const gone = tell(lost(value, 3));
  expect(gone).toMatchObject({ sent: [], got: lost(value, 3) });
  expect(tell(live({ ...value }, 4)).sent).toEqual(['traffic']);
  expect(tell(live(other, 5))).toMatchObject({ sent: ['traffic'], got: live(other, 5) });
});

test('of the deployments those that changed are sent; the others stay the same objects on the screen', () => {
  const { encode } = encoder();
  const decode = decoder();
  const tell = (reading: Deployments) => {
    const envelope = structuredClone(encode({ now: 0, readings: { deployments: reading } }));
    const got = decode(envelope).readings?.deployments;
    expect(got).toEqual(reading);
    return { sent: JSON.stringify(envelope), got: (got && newest(got)?.value) ?? [] };
  };
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => deployment(name, 1, 1)) as [
    Deployment,
    Deployment,
    Deployment,
    Deployment,
  ];
  const first = tell(fresh([a, b, c]));
  const later = { ...b, ready: 0 };
  const second = tell(fresh([later, c, d]));
  expect(second.sent).not.toContain('"name":"c"');
  expect(second.got[1]).toBe(first.got[2]);
  const third = tell({ state: 'lost', at: 3, fault, last: { value: [d, later], at: 2, from: 'k' } });
  expect(third.sent).not.toContain('"name"');
  expect(third.got).toEqual([d, later]);
  expect(third.got[0]).toBe(second.got[2]);
  expect(tell({ state: 'lost', at: 4, fault }).got).toEqual([]);
  tell({ state: 'pending' });
  expect(tell(fresh([a])).got).toEqual([a]);
  expect(tell(fresh([])).got).toEqual([]);
});

test('of a trend of half an hour only the new samples are sent', () => {
  const { encode } = encoder();
  const decode = decoder();
  const all = samples(0, 400);
  const tell = (history: History) => {
    const envelope = encode({ history });
    expect(decode(structuredClone(envelope)).history).toEqual(history);
    return envelope;
  };
  tell({ p95: all.slice(0, 360), errorRate: all.slice(0, 10) });
  const next = tell({ p95: all.slice(1, 361), errorRate: all.slice(0, 10) });
  expect(next.update.history).toBeUndefined();
  expect(next.world?.trends?.p95).toEqual({ drop: 1, add: [sample(360)] });
  // Begun anew, as after a clock that was moved back.
  expect(tell({ p95: [sample(5)] }).world?.trends?.p95).toEqual({ drop: 360, add: [sample(5)] });
});
