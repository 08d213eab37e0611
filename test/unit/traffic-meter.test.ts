// Figures of sampled logs: how far off they may be.
import { expect, test } from 'vitest';
import { TrafficMeter } from '../../src/data/gateway/traffic-meter.ts';

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

test('refused requests widen no margin of those that were served', () => {
  const meter = new TrafficMeter();
  for (let n = 0; n < 100; n += 1) meter.add(1000, 1000, { status: 429, ms: 1 }, 8);
  meter.add(1000, 1000, { status: 200, ms: 20 }, 1);
  expect(meter.read(1000).margins).toBe(undefined);
});
