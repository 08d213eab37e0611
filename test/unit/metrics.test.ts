import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src/core/health/evaluate.ts';
import { evaluateMetric, metric } from '../../src/core/health/metrics.ts';
import { reportOf } from '../../src/core/health/report.ts';
import { unclearSays } from '../../src/core/platform/unclear.ts';
import type { Surface, Surfaces, Traffic } from '../../src/core/world/facts.ts';
import { evaluateValue } from '../../src/core/world/thresholds.ts';
import type { World } from '../../src/core/world/world.ts';
import { errors as errorsOf, surfaces as surfaceEvidence } from '../../src/runbook/evidence.ts';
import { failureMessages, failurePatterns } from '../../src/runbook/failure-patterns.ts';
import { valueSays } from '../../src/screens/metrics/values.ts';
import { nothingFinished } from '../../src/screens/surfaces/pane.ts';
import { textOf } from '../../src/screens/toolkit/line.ts';
import { calm, live } from '../support/worlds.ts';

test.each([
  [500, 'ok'],
  [501, 'warning'],
  [2000, 'warning'],
  [2001, 'critical'],
  [Number.NaN, 'unknown'],
])('p95 of %i ms is %s', (value, verdict) =>
  expect(evaluateValue(value, { warning: 500, critical: 2000 })).toBe(verdict),
);

test('connections are evaluated against the tightest limit: of the role, the database or the server', () => {
  const { primary } = calm.readings;
  if (primary.state !== 'live') throw new Error('calm is live');
  const judged = (nearest?: { whose: string; used: number; limit: number }) => {
    const connections = {
      used: 20,
      active: 2,
      idle: 18,
      idleInTransaction: 0,
      limit: 100,
      ...(nearest && { nearest }),
    };
    const world = { ...calm, readings: { ...calm.readings, primary: live({ ...primary.value, connections }) } };
    const reading = metric('connections').measure(world);
    return reading.state === 'live'
      ? { ...reading.value, verdict: evaluateMetric(metric('connections'), world) }
      : undefined;
  };
  expect(judged()).toMatchObject({ value: 20, basis: '20 of 100', verdict: 'ok' });
  const full = judged({ whose: 'role bentham', used: 20, limit: 20 });
  expect(full).toMatchObject({ value: 100, basis: '20 of 20, role bentham', verdict: 'critical' });
  expect(judged({ whose: 'role bentham', used: 1, limit: 50 })).toMatchObject({ value: 20, basis: '20 of 100' });
});

describe('p95 and error rate count what users got', () => {
  const measured = (more: Partial<Traffic>) => {
    const traffic = {
      samples: 400,
      served: 400,
      sampling: 1,
      window: 300_000,
      source: 'gateway logs',
      ...more,
    } as const;
    const world = { ...calm, readings: { ...calm.readings, traffic: live<Traffic>(traffic) } };
    const reading = metric('errorRate').measure(world);
    return { ...(reading.state === 'live' ? reading.value : {}), verdict: evaluateMetric(metric('errorRate'), world) };
  };

  test('good figures from few requests are unknown, bad ones count', () => {
    const few = { samples: 3, served: 3 };
    expect(measured({ ...few, errorRate: 0 })).toEqual({
      basis: 'too few to tell: 3 requests in 5 min',
      exact: true,
      verdict: 'unknown',
    });
    expect(measured({ ...few, errorRate: 1 })).toMatchObject({ value: 100, verdict: 'critical' });
    expect(measured({ ...few, source: 'prometheus', errorRate: 0 })).toMatchObject({ value: 0, verdict: 'ok' });
    expect(measured({ samples: 0, served: 0 })).toMatchObject({
      basis: 'no requests seen in 5 min',
      verdict: 'unknown',
    });
  });

  test('refused and cancelled requests have their own shares', () => {
    const shares = { failed: 0.002, gaveUp: 0.02, limited: 0.37, refused: 0.005 };
    expect(measured({ errorRate: 0.002, shares })).toMatchObject({
      value: 0.2,
      basis: '400 requests in 5 min, 0.2 % 5xx, 2.0 % aborted by clients, 37 % refused with 429, 0.5 % other 4xx',
      beside: '37 % refused with 429',
    });
    const onlyRefused = { failed: 0, gaveUp: 0, limited: 1, refused: 0 };
    expect(measured({ served: 0, shares: onlyRefused })).toMatchObject({ verdict: 'unknown' });
  });

  test('the window says its length, and which logs are missing', () => {
    expect(measured({ errorRate: 0, covered: 42_000 })).toMatchObject({ basis: '400 requests in 42 s', verdict: 'ok' });
    const missing = { errorRate: 0, pods: { followed: 1, expected: 3 } };
    expect(measured(missing)).toMatchObject({ basis: '400 requests in 5 min, logs of 1 of 3 pods', verdict: 'ok' });
  });

  test('logs that were not read in time make good figures unknown, and leave bad ones', () => {
    const says = 'logs of 2 pods not read in time: 400 requests in 5 min';
    expect(measured({ errorRate: 0, unread: 2 })).toMatchObject({ basis: says, verdict: 'unknown' });
    expect(measured({ errorRate: 0.2, unread: 2 })).toMatchObject({ value: 20, basis: says, verdict: 'critical' });
    expect(measured({ samples: 0, unread: 1 })).toMatchObject({
      basis: 'logs of 1 pod not read in time: no requests seen in 5 min',
      verdict: 'unknown',
    });
  });
});

describe('refused requests', () => {
  const found = (more: Partial<Traffic>) => {
    const traffic = {
      samples: 400,
      served: 40,
      sampling: 1,
      window: 300_000,
      source: 'gateway logs',
      ...more,
    } as const;
    const world = { ...calm, readings: { ...calm.readings, traffic: live<Traffic>(traffic) } };
    return evaluate(world)
      .filter(({ id }) => id.startsWith('traffic/'))
      .map(({ verdict, subject, says }) => `${verdict} ${subject}: ${says}`);
  };
  const shares = { failed: 0, gaveUp: 0, limited: 0, refused: 0 };

  test('a storm of 429 is a warning of its own', () => {
    expect(found({ shares: { ...shares, limited: 0.9 } })).toEqual([
      'warning rate limit: 90 % of 400 requests in 5 min refused with 429',
    ]);
    expect(found({ shares: { ...shares, limited: 0.05 } })).toEqual([]);
    expect(found({ shares: { ...shares, limited: 1 }, samples: 3 })).toEqual([]);
  });

  test('the limit of a metric stands beside its own value, not beside the refused share', () => {
    const slow = {
      samples: 400,
      served: 360,
      sampling: 1,
      window: 300_000,
      source: 'gateway logs',
      p95: 1794,
    } as const;
    const traffic: Traffic = { ...slow, errorRate: 0, shares: { ...shares, limited: 0.013 } };
    const world = { ...calm, readings: { ...calm.readings, traffic: live(traffic) } };
    expect(evaluate(world).map(({ says }) => says)).toContain(
      '1 794 ms (warning > 500 ms in 5 min), 1.3 % refused with 429',
    );
  });

  test('so is a majority of other 4xx', () => {
    expect(found({ shares: { ...shares, refused: 0.8 } })).toEqual([
      'warning refusals: 80 % of 400 requests in 5 min refused with other 4xx',
    ]);
    expect(found({ shares: { ...shares, refused: 0.4 } })).toEqual([]);
  });
});

describe('figures of sampled logs carry their margin', () => {
  const sampled = (more: Partial<Traffic>) => {
    const traffic: Traffic = {
      ...{ samples: 4000, served: 32_000, sampling: 0.125, window: 300_000, source: 'gateway logs' },
      ...more,
    };
    const world = { ...calm, readings: { ...calm.readings, traffic: live(traffic) } };
    const found = (id: string) => evaluate(world).find((one) => one.id === `metric/${id}`);
    return { world, p95: found('p95'), errorRate: found('errorRate') };
  };

  test.each([
    [480, 40, 'unknown', '~480 ms ±40 ms, may be above 500 ms in 5 min'],
    [400, 40, 'ok', '~400 ms ±40 ms in 5 min'],
    [540, 400, 'warning', '~500 ms ±400 ms (warning > 500 ms in 5 min)'],
  ] as const)('a p95 of %i ± %i ms is %s', (p95, margin, verdict, says) => {
    expect(sampled({ p95, margins: { p95: margin } }).p95).toMatchObject({ verdict, says });
  });

  test.each([
    [0.008, 0.004, 'unknown', '~0.8 % ±0.4 %, may be above 1 % in 5 min'],
    [0.004, 0.004, 'ok', '~0.4 % ±0.4 % in 5 min'],
    [0, 0.02, 'unknown', '<2.0 %, may be above 1 % in 5 min'],
    [0.2, 0.01, 'critical', '~20 % ±1.0 % (critical > 5 % in 5 min)'],
  ] as const)('an error rate of %f ± %f is %s', (errorRate, margin, verdict, says) => {
    expect(sampled({ errorRate, margins: { errorRate: margin } }).errorRate).toMatchObject({ verdict, says });
  });

  const countsOff = { seen: 940, served: 930, failed: 90, limited: 24, refused: 24 };

  test('the basis names the sample and the margin', () => {
    const { world } = sampled({ p95: 480, margins: { p95: 40 } });
    expect(valueSays(metric('p95'), world).basis).toBe('4 000 of ~32 000 requests in 5 min, sampled ±40 ms');
    const { world: counted } = sampled({ sampling: 0.126, p95: 480, margins: { p95: 40, counts: countsOff } });
    const basis = '4 000 of ~31 700 ±940 requests in 5 min, sampled ±40 ms';
    expect(valueSays(metric('p95'), counted).basis).toBe(basis);
    expect(reportOf(counted, 'production').metrics.find(({ id }) => id === 'p95')).toMatchObject({ basis, margin: 40 });
  });

  test('the evidence of a checklist does not pass what may be above its limit', () => {
    const at = (errorRate: number, errors: number) => {
      const { world } = sampled({ errorRate, margins: { errorRate: errors } });
      return errorsOf(world, 5);
    };
    expect(at(0.04, 0.015)).toMatchObject({
      state: 'unknown',
      because: '~4.0 % ±1.5 % of 32 000 requests fail: may be above 5 %',
    });
    const { world: counted } = sampled({ errorRate: 0.2, margins: { errorRate: 0.01, counts: countsOff } });
    expect(errorsOf(counted, 5)).toMatchObject({ because: '~20 % ±1.0 % of ~32 000 ±930 requests fail' });
    expect(at(0.02, 0.01)).toMatchObject({ state: 'pass' });
    expect(at(0.06, 0.02)).toMatchObject({ state: 'fail' });
  });
});

describe('an estimate carries its margin', () => {
  const { studies, surfaces } = calm.readings;
  if (studies.state !== 'live' || surfaces.state !== 'live') throw new Error('calm is live');
  const queue = (value: number, margin: number) => {
    const queueDepth = { value, exact: false, margin };
    const world = { ...calm, readings: { ...calm.readings, studies: live({ ...studies.value, queueDepth }) } };
    return {
      shown: valueSays(metric('queueDepth'), world),
      found: evaluate(world).find(({ id }) => id === 'metric/queueDepth'),
      told: reportOf(world, 'p').metrics.find(({ id }) => id === 'queueDepth'),
    };
  };
  test.each([
    [31_755, 12_345, '~30 000', '~30 000 ±12 000 (critical > 5 000)', 'critical'],
    [3204, 410, '~3 200', '~3 200 ±410 (warning > 1 000)', 'warning'],
    [870, 300, '~900', '~900 ±300, may be above 1 000', 'unknown'],
    [400, 300, '~400', '~400 ±300', 'ok'],
    [0, 600, '<600', '<600', 'ok'],
    [0, 6000, '<6 000', '<6 000, may be above 1 000', 'unknown'],
  ])('%i ± %i jobs are shown as %s', (value, margin, short, says, verdict) => {
    const { shown, found, told } = queue(value, margin);
    expect(shown.value.text).toBe(short);
    expect(found).toMatchObject({ says, verdict, figure: short });
    expect(told).toMatchObject({ value, margin, exact: false, verdict });
  });

  test.each([
    [20, 1000, 8, 'unknown', '~2.0 % ±8.0 % of jobs failed (sampled)'],
    [0, 1000, 1, 'ok', '<1.0 % of jobs failed (sampled)'],
    [0, 1000, 9, 'unknown', '<9.0 % of jobs failed (sampled)'],
    [412, 1000, 6, 'critical', '~41 % ±6.0 % of jobs failed (sampled)'],
  ] as const)('%i of %i failed ± %i %%', (failures, finished, margin, verdict, says) => {
    const s = { id: 'openai-api', failures, finished, margin, affectedStudies: 1 };
    const seen = live({ ...surfaces.value, surfaces: [s], estimated: true });
    const found = evaluate({ ...calm, readings: { ...calm.readings, surfaces: seen } });
    expect(found.find(({ id }) => id === 'surface/openai-api')).toMatchObject({ verdict, says });
  });

  const sampledSurface = (more: Partial<Surface>): World => {
    const s: Surface = { id: 'openai-api', failures: 412, finished: 1000, margin: 6, affectedStudies: 12, ...more };
    return { ...calm, readings: { ...calm.readings, surfaces: live({ surfaces: [s], estimated: true }) } };
  };

  test('of how many jobs a share is, and how many are in unknown states, has its margin in what status says', () => {
    const world = sampledSurface({ jobsMargin: 240, unclear: 48, unclearMargin: 30 });
    const found = reportOf(world, 'production').findings.find(({ id }) => id === 'surface/openai-api');
    expect(found?.says).toBe('~39 % ±6.0 % of ~1 000 ±240 jobs failed (sampled); ~50 ±30 in states not understood');
  });

  test('counts of errors on a sampled surface are estimates with a margin', () => {
    const world = sampledSurface({
      ...{ failuresMargin: 61, topError: 'Session expired', topErrorCount: 380, topErrorMargin: 52 },
      created: { failures: 400, studies: 11, margin: 60 },
    });
    expect(failurePatterns(world)).toMatchObject([
      { because: '~41 % ±6.0 %, ~400 ±60 failures in at least 11 studies', state: 'fail' },
    ]);
    expect(failureMessages(world)).toMatchObject([
      { because: expect.stringMatching(/^~380 ±52 × “Session expired”/), state: 'fail' },
    ]);
    expect(surfaceEvidence(world)).toMatchObject([{ because: '~41 % ±6.0 %, ~410 ±61 failures in ≥12 studies' }]);
  });

  test('a sample without a job is told apart from a count that timed out', () => {
    const says = (seen: Partial<Surfaces>): string => {
      const empty = live<Surfaces>({ surfaces: [], estimated: true, ...seen });
      return nothingFinished({ ...calm, readings: { ...calm.readings, surfaces: empty } }, 80)
        .map(textOf)
        .join(' ');
    };
    expect(says({})).toBe('the count of the last hour’s jobs timed out');
    expect(says({ countedAt: calm.now })).toBe('the sample found no jobs that finished in the last hour');
    expect(says({ countedAt: calm.now, estimated: false })).toBe('no finished jobs in the last hour');
    // Neither is quiet: what was not seen may fail.
    const verdicts = (seen: Partial<Surfaces>) =>
      evaluate({
        ...calm,
        readings: { ...calm.readings, surfaces: live<Surfaces>({ surfaces: [], estimated: true, ...seen }) },
      })
        .filter(({ area }) => area === 'surfaces')
        .map(({ verdict }) => verdict);
    expect(verdicts({})).toEqual(['unknown']);
    expect(verdicts({ countedAt: calm.now })).toEqual(['unknown']);
    expect(verdicts({ countedAt: calm.now, estimated: false })).toEqual([]);
  });

  test('a surface that may fail is not shown as one that does not', () => {
    expect(surfaceEvidence(sampledSurface({ failures: 150, margin: 8 }))).toMatchObject([
      { state: 'unknown', because: 'openai-api may fail: ~15 % ±8.0 %, sampled' },
    ]);
    expect(surfaceEvidence(sampledSurface({ failures: 50, margin: 8 }))).toMatchObject([{ state: 'pass' }]);
  });

  test.each([
    [{ count: 7000, margin: 410, exact: false }, '~7 000 ±410 jobs in state “ON_HOLD”'],
    [{ count: 50_000, exact: false }, 'at least 50 000 jobs in state “ON_HOLD”'],
    [{ count: 1, exact: true }, '1 job in state “ON_HOLD”'],
  ])('unknown states: %j', (count, says) => {
    expect(unclearSays({ of: 'job', table: 'jobs', label: 'ON_HOLD', ...count })).toBe(says);
  });
});
