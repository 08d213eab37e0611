// A metric's window, what is said after a recovery, and advice that fits the cause.
import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src/core/health/evaluate.ts';
import { actionFor, fixFirst } from '../../src/core/health/fix-first.ts';
import { recoveryOf } from '../../src/core/health/metric-window.ts';
import { metric } from '../../src/core/health/metrics.ts';
import { nothingKnown } from '../../src/core/incident/checklist.ts';
import type { Database, Gateway, Pod, Studies, Surfaces } from '../../src/core/world/facts.ts';
import { type MetricId, metricIds } from '../../src/core/world/thresholds.ts';
import type { World } from '../../src/core/world/world.ts';
import { findStep } from '../../src/runbook/checklists.ts';
import { remedies } from '../../src/runbook/remedies.ts';
import { live, lost } from '../support/world.ts';
import { calm, frameText, now, outage, stateOf } from '../support/worlds.ts';

const traffic = (errorRate: number, p95 = 100) =>
  live<'traffic'>(
    { samples: 500, sampling: 1, window: 300_000, source: 'gateway logs', p95, errorRate, served: 500 },
    now,
  );
const falling = (values: readonly number[], id: MetricId = 'errorRate'): World => ({
  ...calm,
  now,
  readings: { ...calm.readings, traffic: traffic((values.at(-1) ?? 0) / 100, 4000) },
  history: { [id]: values.map((value, at) => ({ at: now - (values.length - 1 - at) * 5000, value })) },
});

describe('after a recovery', () => {
  test('the old samples leave one window after the value began to fall', () => {
    const world = falling([0, 40, 60, 60, 50, 40, 30]);
    const since = now - 15_000;
    expect(recoveryOf(metric('errorRate'), world)).toEqual({ since, leaves: since + 300_000 });
    expect(evaluate(world).find(({ id }) => id === 'metric/errorRate')?.says).toMatch(
      /^30 % \(critical > 5 % in 5 min\), falling since 03:13:52Z, older samples leave by 03:18:52Z$/,
    );
    expect(frameText(stateOf(world), { columns: 80, rows: 24 })).toContain('old samples leave by 03:18');
  });

  test('slow requests follow the errors: their window is the same', () => {
    expect(recoveryOf(metric('p95'), falling([0, 60, 50, 40, 30]))).toBeDefined();
    expect(recoveryOf(metric('p95'), falling([0, 0.6, 0.5, 0.4, 0.3])), 'hardly any error').toBeUndefined();
  });

  test('nothing is said while it rises, stays, falls by chance, or is within its thresholds', () => {
    for (const values of [
      [10, 20, 30, 40, 50],
      [50, 50, 50, 50, 50],
      [50, 49.9, 49.8, 49.7, 49.6],
      [50, 40],
      [9, 4, 3, 2, 1],
    ])
      expect(recoveryOf(metric('errorRate'), falling(values))).toBeUndefined();
    expect(recoveryOf(metric('queueDepth'), falling([9, 5, 4, 3], 'queueDepth'))).toBeUndefined();
  });
});

describe('the window stands beside the metric', () => {
  test('in the pane, the list and the details', () => {
    const at = (screen: string, columns: number, of = {}) => {
      const state = stateOf(calm);
      const place = { screen, of, at: 0, top: 0, filter: '', filtering: false, sort: 0 };
      return frameText({ ...state, ui: { ...state.ui, stack: [state.ui.stack[0], place] } }, { columns, rows: 40 });
    };
    for (const columns of [80, 120, 200]) {
      const pane = frameText(stateOf(calm), { columns, rows: 24 });
      expect(pane).toMatch(/API p95 5 min/);
      expect(pane).toMatch(/Study failures 1 h/);
      expect(at('metrics', columns)).toMatch(/(?:API Response Time \(p95\)|API p95).* 5 min/);
      expect(at('metrics', columns)).toMatch(/Study Failure Rate .* last hour|Study failures 1 h/);
    }
    expect(at('metric', 80, { metric: 'studyFailures' })).toMatch(/Study Failure Rate +last hour/);
  });
});

describe('advice fits the cause', () => {
  const pod = (app: string): Pod =>
    ({
      ...{ name: `${app}-1`, app, phase: 'Running', ready: false, restarts: 9, terminating: false, startedAt: now },
      reason: 'CrashLoopBackOff',
    }) as unknown as Pod;
  const endpoint = { url: 'https://api/health', statusCode: 503, status: 'unhealthy', services: [], latency: 1 };
  const busiest = { share: 0.83, load: 0.4, mean: 41.2, text: 'SELECT count(*) FROM request_log' };
  const primaryOf = ({ readings }: World) => (readings.primary.state === 'live' ? readings.primary.value : undefined);
  const gatewayDown = { health: endpoint, detailed: endpoint } as unknown as Gateway;
  const pool = (active: number, idle: number) => ({
    used: active + idle,
    active,
    idle: idle - 1,
    idleInTransaction: 1,
    limit: 97,
  });
  const surfacesOf = (...jobs: [failures: number, finished: number][]) =>
    live<'surfaces'>(
      {
        surfaces: jobs.map(([failures, finished], at) => ({ id: `s${at}`, failures, finished, affectedStudies: 1 })),
        lastFinishedAt: now - 1000,
      } as unknown as Surfaces,
      now,
    );
  const causes: Readonly<Record<string, Partial<World['readings']>>> = {
    'the database': {
      primary: {
        ...lost('refused'),
        fault: { kind: 'refused', where: 'db', what: 'refused', hint: '', code: 'ECONNREFUSED' },
      } as never,
    },
    Redis: {
      redis: {
        ...lost('refused'),
        fault: { kind: 'refused', where: 'r', what: 'refused', hint: '', code: 'ECONNREFUSED' },
      } as never,
    },
    'the gateway': { gateway: live<'gateway'>(gatewayDown, now) },
    'api-gateway': { pods: live<'pods'>([pod('api-gateway')], now) },
    executor: { pods: live<'pods'>([pod('executor')], now) },
    orchestrator: { pods: live<'pods'>([pod('orchestrator')], now) },
    'the slow statement': {
      primary: live<'primary'>({ ...primaryOf(calm), busiest, connections: pool(20, 4) } as Database, now),
    },
    'the idle sessions': {
      primary: live<'primary'>({ ...primaryOf(calm), connections: pool(4, 88) } as Database, now),
    },
    'the surfaces': { surfaces: surfacesOf([400, 440], [0, 300]) },
  };
  /** What the runbook's action needs: with one of these away it helps nobody. */
  const rests: Readonly<Record<MetricId, readonly string[]>> = {
    p95: ['the database', 'Redis', 'the gateway', 'api-gateway', 'the slow statement'],
    errorRate: ['the database', 'Redis', 'the gateway', 'api-gateway'],
    connections: ['the slow statement', 'the idle sessions'],
    redisMemory: [],
    queueDepth: ['the database', 'Redis', 'executor', 'orchestrator', 'the surfaces'],
    studyFailures: ['the database', 'Redis', 'the gateway', 'api-gateway', 'executor', 'orchestrator'],
  };

  for (const id of metricIds)
    for (const [cause, readings] of Object.entries(causes))
      test(`${id} while ${cause} is broken: ${rests[id].includes(cause) ? `fix it first` : 'the runbook’s action'}`, () => {
        const primary = live<'primary'>({ ...primaryOf(calm), connections: pool(20, 4) } as Database, now);
        const world = { ...calm, now, readings: { ...calm.readings, primary, ...readings } };
        const wanted = rests[id].includes(cause) ? `Fix ${cause} first` : metric(id).action;
        expect(actionFor(metric(id), world)).toBe(wanted);
      });

  test('a slow API whose database is busy with one statement is not scaled', () => {
    const slow = (more: Partial<Database>): World => ({
      ...calm,
      readings: {
        ...calm.readings,
        traffic: traffic(0, 900),
        primary: live<'primary'>({ ...primaryOf(calm), ...more } as Database, now),
      },
    });
    const first = (world: World) => remedies(world).map(({ action }) => action);
    expect(first(slow({}))).toContain('scale-deployment');
    expect(first(slow({ busiest }))).not.toContain('scale-deployment');
    const advice = (world: World) => findStep('sev4/p95')?.step.decision?.recommend(world, nothingKnown);
    expect(advice(slow({}))?.answer).toBe('yes');
    expect(advice(slow({ busiest }))).toEqual({
      answer: 'no',
      instead: 'fix the slow statement first',
      because: 'one statement takes 83 % of the database’s time, 41 ms a call: SELECT count(*) FROM request_log',
    });
  });

  describe('a long queue while surfaces fail', () => {
    const world = (readings: Partial<World['readings']>, more: Partial<World> = {}): World => ({
      ...calm,
      ...more,
      now,
      readings: { ...calm.readings, ...readings },
    });
    const first = (...jobs: [number, number][]) => fixFirst('queueDepth', world({ surfaces: surfacesOf(...jobs) }));

    test('most jobs fail: more executors make more failed jobs', () => {
      expect(first([10, 100], [380, 400], [90, 100])).toEqual({
        what: 'the surfaces',
        because: '470 of 600 jobs failed in the last hour',
        surface: 's1',
      });
    });

    test('what a sample told has its margin, that of all that fail together', () => {
      const sampled = [380, 90].map((failures, at) => ({
        ...{
          id: `s${at}`,
          failures,
          finished: failures + 20,
          affectedStudies: 1,
          margin: 4,
          failuresMargin: 20,
          jobsMargin: 30,
        },
      }));
      const surfaces = live<'surfaces'>({ surfaces: sampled, estimated: true, lastFinishedAt: now - 1000 }, now);
      expect(fixFirst('queueDepth', world({ surfaces }))).toMatchObject({
        because: '~470 ±40 of ~510 ±60 jobs failed in the last hour',
      });
    });

    test('fewer than half of the jobs, or many that fail a little: executors may be too few', () => {
      expect(first([240, 250], [0, 300])).toBeUndefined();
      expect(first([19, 100], [19, 100])).toBeUndefined();
    });

    test('a surface that was disabled is dealt with', () => {
      const surfaceActs = [{ surface: 's0', did: 'disabled', at: now - 60_000, by: 'ops1', outcome: 'done' } as const];
      const surfaces = surfacesOf([400, 440], [0, 300]);
      expect(fixFirst('queueDepth', world({ surfaces }, { surfaceActs }))).toBeUndefined();
    });

    test('executors that finish nothing are asked for first', () => {
      const lastFinishedAt = now - 1_800_000;
      const failing = { surfaces: [{ id: 's0', failures: 400, finished: 440, affectedStudies: 1 }], lastFinishedAt };
      const surfaces = live<'surfaces'>(failing as unknown as Surfaces, now);
      const queueDepth = { value: 2000, exact: true };
      const waits = { active: [{ id: 'study_1', status: 'executing', progressedAt: lastFinishedAt }], queueDepth };
      const studies = live<'studies'>(waits as unknown as Studies, now);
      expect(fixFirst('queueDepth', world({ surfaces }))?.what).toBe('the surfaces');
      expect(fixFirst('queueDepth', world({ surfaces, studies }))).toBeUndefined();
    });
  });

  test('a pool that is full behind a lock is not enlarged', () => {
    const primary = calm.readings.primary.state === 'live' ? calm.readings.primary.value : undefined;
    const blocked = [{ pid: 1, waiting: 600_000 }] as unknown as Database['blocked'];
    const world = {
      ...calm,
      now,
      readings: { ...calm.readings, primary: live<'primary'>({ ...primary, blocked } as Database, now) },
    };
    expect(fixFirst('connections', world)?.because).toBe('1 session waits for a lock');
  });

  test('what is critical is said before what only warns, whatever the order of the metrics', () => {
    const { studies } = calm.readings;
    const value = studies.state === 'live' ? { ...studies.value, queueDepth: { value: 2000, exact: true } } : undefined;
    const readings = { ...calm.readings, traffic: traffic(0, 900), studies: live<'studies'>(value as Studies, now) };
    const lines = (world: World) => frameText(stateOf(world), { columns: 80, rows: 24 });
    const both = lines({ ...calm, now, readings: { ...readings, traffic: traffic(0.5, 900) } });
    expect(both).toMatch(/Error rate critical: [\s\S]*API p95 warning: /);
    expect(lines({ ...calm, now, readings })).toMatch(/API p95 warning: [\s\S]*Queue depth warning: /);
  });

  test('a pool is enlarged where its sessions work, not where half of them do nothing', () => {
    const first = (active: number, idle: number) => {
      const primary = live<'primary'>({ ...primaryOf(calm), connections: pool(active, idle) } as Database, now);
      return fixFirst('connections', { ...calm, now, readings: { ...calm.readings, primary } })?.because;
    };
    expect(first(4, 88)).toBe('88 of 92 sessions are idle');
    expect(first(46, 46)).toBeUndefined();
    expect(first(45, 47)).toBe('47 of 92 sessions are idle');
  });

  test('no advice is cut in the middle of a word, at any width', () => {
    for (let columns = 60; columns <= 200; columns += 1) {
      const text = frameText(stateOf(outage), { columns, rows: 24 });
      for (const line of text.split('\n').filter((each) => /(critical|warning): /.test(each)))
        expect(line).not.toMatch(/(?:scale|check|fix|surface|adapte?)\S*…/);
    }
  });
});
