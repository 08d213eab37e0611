// Figures of sampled logs: how far off they may be.
import { expect, test } from 'vitest';
import type { Traffic } from '../../src/core/world/facts.ts';
import { TrafficMeter, trafficWindow } from '../../src/data/gateway/traffic-meter.ts';
import { followed } from '../../src/data/shared-looks/schemas.ts';

/** The same numbers at each run. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Requests of which 4 % fail and 6 % are slow, read with a stride that grows as in a busy second. */
function sampledOnce(seed: number) {
  const random = chance(seed);
  const all = new TrafficMeter();
  const some = new TrafficMeter();
  const count = 4000;
  for (let at = 0; at < count; at += 1) {
    const answered = {
      status: random() < 0.04 ? 500 : 200,
      ms: random() < 0.06 ? 400 + random() * 900 : random() * 300,
    };
    const stride = at < count / 4 ? 1 : at < count / 2 ? 4 : 16;
    all.add(1000, 1000, answered, 1);
    if (random() * stride < 1) some.add(1000, 1000, answered, stride);
  }
  return { exact: all.read(1000), sample: some.read(1000) };
}

test('what every line told has no margin', () => {
  expect(sampledOnce(1).exact.margins).toBe(undefined);
});

test('most samples are off by less than their margin, and the margin is no wider than it has to be', () => {
  const off: Record<'p95' | 'errorRate', number[]> = { p95: [], errorRate: [] };
  for (let seed = 1; seed <= 100; seed += 1) {
    const { exact, sample } = sampledOnce(seed);
    for (const figure of ['p95', 'errorRate'] as const)
      off[figure].push(Math.abs((sample[figure] ?? 0) - (exact[figure] ?? 0)) / (sample.margins?.[figure] ?? 0));
  }
  for (const each of [off.p95, off.errorRate]) {
    expect(each.filter((margins) => margins <= 1).length).toBeGreaterThan(88);
    expect(each.filter((margins) => margins > 0.5).length).toBeGreaterThan(5);
  }
});

test('a sample in which none failed may have missed some', () => {
  const meter = new TrafficMeter();
  for (let n = 0; n < 100; n += 1) meter.add(1000, 1000, { status: 200, ms: 20 }, 8);
  expect(meter.read(1000)).toMatchObject({ errorRate: 0, served: 800, margins: { errorRate: 0.03 } });
});

test('counts of requests are off by less than their margin, of all and of each kind', () => {
  const kinds = ['seen', 'served', 'failed', 'limited', 'refused'] as const;
  const off = new Map(kinds.map((kind) => [kind, [] as number[]]));
  const tenants: number[] = [];
  for (let seed = 1; seed <= 100; seed += 1) {
    const random = chance(seed);
    const meter = new TrafficMeter();
    const truly = { seen: 0, served: 0, failed: 0, limited: 0, refused: 0 };
    for (let at = 0; at < 4000; at += 1) {
      const [status, ...is] = (
        [
          [200, 'served'],
          [500, 'served', 'failed'],
          [429, 'limited'],
          [401, 'refused'],
        ] as const
      )[Math.floor(random() * 4)] ?? [200];
      for (const kind of ['seen', ...is] as const) truly[kind] += 1;
      const stride = at < 1000 ? 1 : 8;
      if (random() * stride < 1) meter.add(1000, 1000, { status, ms: 20, tenant: 'tenant-a' }, stride);
    }
    const { shares, served = 0, weight, margins, refusals = [] } = meter.read(1000);
    const told = { seen: weight, served, failed: 0, limited: 0, refused: 0 };
    for (const kind of ['failed', 'limited', 'refused'] as const) told[kind] = (shares?.[kind] ?? 0) * weight;
    for (const kind of kinds) off.get(kind)?.push(Math.abs(told[kind] - truly[kind]) / (margins?.counts?.[kind] ?? 0));
    const limited = refusals.find(({ status }) => status === 429);
    tenants.push(Math.abs((limited?.count ?? 0) - truly.limited) / (limited?.margin ?? 0));
  }
  for (const each of [...off.values(), tenants]) {
    expect(each.filter((margins) => margins <= 1).length).toBeGreaterThan(88);
    expect(each.filter((margins) => margins > 0.5).length).toBeGreaterThan(5);
  }
});

test('of a kind that no line of the sampled seconds was of, some may have been missed', () => {
  const meter = new TrafficMeter();
  for (let n = 0; n < 100; n += 1) meter.add(1000, 1000, { status: 200, ms: 20 }, 8);
  meter.add(1000, 1000, { status: 429, ms: 1, tenant: 'tenant-a' }, 1);
  const { weight: _, ...figures } = meter.read(1000);
  const { margins, refusals } = figures;
  expect(margins?.counts).toEqual({ seen: 150, served: 150, failed: 24, limited: 24, refused: 24 });
  expect(refusals).toEqual([{ status: 429, tenant: 'tenant-a', count: 1, margin: 24 }]);
  // Other cockpits are told.
  const traffic: Traffic = { ...figures, sampling: 0.125, window: trafficWindow, source: 'gateway logs' };
  expect(followed.parse(JSON.parse(JSON.stringify(traffic)))).toMatchObject({ margins, refusals });
});

test('refused requests widen no margin of those that were served', () => {
  const meter = new TrafficMeter();
  for (let n = 0; n < 100; n += 1) meter.add(1000, 1000, { status: 429, ms: 1 }, 8);
  meter.add(1000, 1000, { status: 200, ms: 20 }, 1);
  const { counts, ...served } = meter.read(1000).margins ?? {};
  expect(served).toEqual({});
  expect(counts).toMatchObject({ seen: 150, limited: 150 });
});
