// What an incident cost, by what was measured; the same in text, Markdown and JSON.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { exported } from '../../src/commands/incident/run.ts';
import type { Event } from '../../src/core/incident/event.ts';
import { impactOf, samplesOf } from '../../src/core/incident/impact.ts';
import { chart } from '../../src/core/text/chart.ts';
import { readEvent } from '../../src/data/journal/event-schema.ts';
import { AlertWatch } from '../../src/engine/incident/alerts.ts';
import { decide } from '../../src/engine/incident/decide.ts';
import { writeReport } from '../../src/engine/incident/report-file.ts';
import { followUpsOf, markdownReport, reportName, textReport } from '../../src/runbook/report.ts';
import { impactLines } from '../../src/runbook/report-impact.ts';
import { tell } from '../support/story.ts';
import { live, world } from '../support/world.ts';
import { calm, now } from '../support/worlds.ts';

const minute = 60_000;
const start = now - 40 * minute;
const opened: Event = { kind: 'opened', title: 'Complete API outage', severity: 1, why: '5xx' };
const story = (...more: readonly (readonly [number, string, Event])[]) => tell(start, [0, 'ops1', opened], ...more);
const alert = (name: string, since: number, level: 'critical' | 'warning' = 'critical'): Event => ({
  ...{ kind: 'alert', alert: name, subject: name, change: 'raised', level, says: 'x' },
  since: start + since * minute,
});
const sample = (p95: number, more: Partial<Extract<Event, { kind: 'sample' }>> = {}): Event => ({
  ...{ kind: 'sample', values: { p95 } },
  ...more,
});
const requests = (failed: number, more = {}) => ({
  requests: { window: 5 * minute, seen: 1000, failed, limited: 50, refused: 10, ...more },
});
const mitigated: Event = { kind: 'mitigated', why: 'rolled back' };

describe('an incident starts by the data', () => {
  const startOf = (...more: readonly (readonly [number, string, Event])[]) => impactOf(story(...more), now).start;

  test('with the first critical alert, however late it was opened', () => {
    expect(startOf([0, 'ops1', alert('metric/p95', -7)])).toMatchObject({ at: start - 7 * minute, by: 'alert' });
  });

  test('with a sample from before its opening that was above the threshold', () => {
    const before = sample(4000, { measuredAt: start - 9 * minute });
    expect(startOf([0, 'ops1', before], [0, 'ops1', alert('metric/p95', -7)])).toMatchObject({
      ...{ at: start - 9 * minute, by: 'sample', metric: 'p95', value: 4000 },
    });
  });

  test('not with a warning of days ago, nor an overdue backup, where something was critical', () => {
    const old = [0, 'ops1', alert('studies/overdue', -2000, 'warning')] as const;
    const backup = [0, 'ops1', alert('backups/daily', -9000)] as const;
    expect(startOf(old, backup, [0, 'ops1', alert('metric/p95', -7)]).at).toBe(start - 7 * minute);
    expect(startOf(old, backup).at).toBe(start - 2000 * minute);
  });

  test('with its opening where nothing measured was breached', () => {
    expect(startOf([1, 'ops1', sample(100)])).toEqual({ at: start, by: 'opening' });
  });
});

describe('requests', () => {
  const of = (...more: readonly (readonly [number, string, Event])[]) =>
    impactOf(story([0, 'ops1', alert('metric/p95', 0)], ...more, [20, 'ops1', mitigated]), now).requests;

  test('are the shares of each window over the time since the last sample', () => {
    // 200 of 1 000 in five minutes are 40 a minute.
    const each = Array.from({ length: 21 }, (_, at) => [at, 'ops1', sample(100, requests(200))] as const);
    expect(of(...each)).toMatchObject({ failed: 800, seen: 4000, limited: 200, refused: 40, missing: 0 });
  });

  test('tell how much of the time was not measured', () => {
    expect(of([5, 'ops1', sample(100, requests(200))], [20, 'ops1', sample(100, requests(100))])).toMatchObject({
      ...{ failed: 300, measured: 10 * minute, missing: 10 * minute },
    });
  });

  const margins = { seen: 60, failed: 30, limited: 12, refused: 5 };

  test('of sampled logs have their margin, in the report and the export', () => {
    expect(of([5, 'ops1', sample(100, requests(200, { margins }))])).toMatchObject({ failed: 200, margins });
    const told = story(
      ...[
        [0, 'ops1', alert('metric/p95', 0)] as const,
        [5, 'ops1', sample(100, requests(200, { margins }))] as const,
        [5, 'ops1', mitigated] as const,
      ],
    );
    expect(Object.fromEntries(impactLines(impactOf(told, now), now))).toMatchObject({
      'Failed requests': '~200 ±30 of ~1 000 ±60 (5xx, or given up by the client; estimate)',
      'Refused requests': '~60 ±13 (429: ~50 ±12, other 4xx: ~10 ±5)',
    });
  });

  test('of many windows are off by less than all margins together, and by no less than one time alone', () => {
    const each = (every: number, many: number) =>
      of(
        ...Array.from(
          { length: many },
          (_, n) => [5 + n * every, 'ops1', sample(100, requests(200, { margins }))] as const,
        ),
      );
    // Three windows that have no line in common: the root of three times the variance of one.
    expect(each(5, 3)).toMatchObject({ failed: 600, margins: { failed: Math.ceil(30 * Math.sqrt(3)) } });
    // The same time, once a minute: the first window whole, then parts of such that have lines in common.
    const { margins: often } = each(1, 11) as { margins: typeof margins };
    expect(often.failed).toBeGreaterThanOrEqual(Math.ceil(30 * Math.sqrt(3)));
    expect(often.failed).toBeLessThan(3 * 30);
  });

  test('of two months take no time for each pair of their windows', () => {
    const incident = story([1, 'ops1', sample(100, requests(200, { margins }))]);
    const [first] = incident.entries.filter(({ event }) => event.kind === 'sample');
    if (!first) throw new Error('a sample is an entry');
    const entries = Array.from({ length: 100_000 }, (_, n) => ({ ...first, at: first.at + n * minute }));
    // A quarter of a second; with each pair a minute and more, beyond the limit of a test.
    expect(impactOf({ ...incident, entries }, first.at + entries.length * minute).requests).toMatchObject({
      margins: { failed: expect.any(Number) },
    });
  });

  test('are unknown, and why, where nothing counted them', () => {
    expect(of([1, 'ops1', sample(100)])).toEqual({ unknown: 'requests were not counted during it' });
  });

  test('are counted from the traffic of the world, failed and given up together', () => {
    const traffic = {
      ...{ samples: 500, sampling: 0.5, window: 5 * minute, source: 'gateway logs' as const, p95: 100, errorRate: 0.1 },
      shares: { failed: 0.1, gaveUp: 0.05, limited: 0.02, refused: 0.01 },
    };
    const seen = { ...calm, readings: { ...calm.readings, traffic: live<'traffic'>(traffic, calm.now) } };
    expect(new AlertWatch().sample(seen)[0]).toMatchObject({
      requests: { window: 5 * minute, seen: 1000, failed: 150, limited: 20, refused: 10 },
    });
    const counts = { seen: 60, served: 59, failed: 25, limited: 9, refused: 6 };
    const off = live<'traffic'>({ ...traffic, margins: { counts } }, calm.now);
    const [event] = new AlertWatch().sample({ ...calm, readings: { ...calm.readings, traffic: off } });
    expect(event).toMatchObject({ requests: { margins: { seen: 60, failed: 25, limited: 9, refused: 6 } } });
    expect(readEvent(JSON.parse(JSON.stringify(event)))).toEqual(event);
    const { shares: _, ...bare } = traffic;
    const prometheus = { ...calm, readings: { ...calm.readings, traffic: live<'traffic'>(bare, calm.now) } };
    expect(new AlertWatch().sample(prometheus)[0]).not.toHaveProperty('requests.seen');
  });
});

test('what the metrics were before the opening is recorded by the minute, their highest value each', () => {
  const at = Math.floor(now / minute) * minute;
  const history = {
    p95: [at - 180_000, at - 170_000, at - 110_000, at - 1000].map((time, i) => ({ at: time, value: i + 1 })),
  };
  expect(new AlertWatch().past({ ...world({ now: at }), history })).toEqual([
    { kind: 'sample', values: { p95: 2 }, measuredAt: at - 180_000 },
    { kind: 'sample', values: { p95: 3 }, measuredAt: at - 120_000 },
  ]);
});

test('a sample of an estimate has its margin, and that of a minute the margin of its highest value', () => {
  const at = Math.floor(now / minute) * minute;
  const history = {
    queueDepth: [
      { at: at - 180_000, value: 900, margin: 10 },
      { at: at - 170_000, value: 1200, margin: 400 },
      { at: at - 110_000, value: 7 },
    ],
  };
  expect(new AlertWatch().past({ ...world({ now: at }), history })).toEqual([
    { kind: 'sample', values: { queueDepth: 1200 }, margins: { queueDepth: 400 }, measuredAt: at - 180_000 },
    { kind: 'sample', values: { queueDepth: 7 }, measuredAt: at - 120_000 },
  ]);
  const queueDepth = { value: 31_755, exact: false, margin: 12_000 };
  if (calm.readings.studies.state !== 'live') throw new Error('calm is live');
  const studies = live<'studies'>({ ...calm.readings.studies.value, queueDepth });
  expect(new AlertWatch().sample({ ...calm, readings: { ...calm.readings, studies } })).toMatchObject([
    { values: { queueDepth: 31_755 }, margins: { queueDepth: 12_000 } },
  ]);
});

test('the report says how far off an estimate may be, where it began, in its table and in its export', () => {
  const of = story(
    [1, 'ops1', { kind: 'sample', values: { queueDepth: 31_755 }, margins: { queueDepth: 12_000 } }],
    [2, 'ops1', { kind: 'sample', values: { queueDepth: 20 } }],
  );
  // Markdown would take two tildes for a line through the text.
  const report = markdownReport(of, { now });
  expect(report).toContain('first sample above its threshold: Queue depth \\~30 000 ±12 000');
  expect(report).toContain('| Queue Depth | critical | 20 | \\~30 000 ±12 000 | 20 |');
  expect(samplesOf(of, 'queueDepth').samples[0]).toMatchObject({ value: 31_755, margin: 12_000 });
});

describe('jobs', () => {
  const measured = (more: object): Event => ({ kind: 'measured', since: start, ...more });

  test('are the last count of the database', () => {
    const of = story(
      [5, 'ops1', measured({ jobs: { failed: 7, studies: 2, tenants: 1 } })],
      [20, 'ops1', measured({ why: 'x' })],
    );
    expect(impactOf(of, now).jobs).toMatchObject({ failed: 7, studies: 2, tenants: 1, until: start + 5 * minute });
  });

  test('are unknown, with the reason, where the database gave no answer', () => {
    const of = story([20, 'ops1', measured({ why: 'the database gave no answer: connection refused' })]);
    expect(impactOf(of, now).jobs).toEqual({ unknown: 'the database gave no answer: connection refused' });
    expect(markdownReport(of, { now })).toContain(
      '| Failed jobs | unknown: the database gave no answer: connection refused |',
    );
  });
});

describe('the report', () => {
  const full = story(
    [0, 'ops1', alert('metric/p95', -7)],
    ...[0, 1, 2, 3, 4, 5].map((at) => [at, 'ops1', sample(at < 4 ? 4200 : 180, requests(200))] as const),
    [5, 'ops1', mitigated],
    [6, 'ops1', { kind: 'measured', since: start - 7 * minute, jobs: { failed: 312, studies: 9, tenants: 2 } }],
    [10, 'ops1', { kind: 'resolved', why: 'calm', notNeeded: ['sev1/failover', 'sev1/restart-gateway'] }],
  );

  test('says the same in text, Markdown and JSON', () => {
    const report = { directory: '/j', files: [], entries: full.entries, lines: [] };
    const json = JSON.parse(exported(full, report, 'json', { now }).text);
    expect(json.impact.jobs).toMatchObject({ failed: 312, studies: 9, tenants: 2 });
    expect(json.impact.start.says).toBe('first alert: metric/p95');
    expect(json.followUps).toEqual(followUpsOf(full));
    for (const text of [textReport(full, { now }), exported(full, report, 'markdown', { now }).text]) {
      const plain = text.replaceAll('\\', '').replaceAll(/[|*]/g, '').replaceAll(/ +/g, ' ');
      expect(plain).toContain('first alert: metric/p95, 7 m 0 s before the incident was opened');
      expect(plain).toContain(`about ${Math.round(json.impact.requests.failed)} of`);
      expect(plain).toMatch(/Failed jobs 312 /);
      expect(plain).toContain('9 studies');
      expect(plain).toContain('2 tenants');
      expect(plain).toContain('SEV1 Complete outage 10 min');
      expect(plain).toContain('API Response Time (p95) (UTC, once a minute)');
      for (const one of json.followUps) expect(plain).toContain(one);
    }
  });

  test('has a chart of each metric that was breached, and of no other', () => {
    const text = markdownReport(full, { now });
    expect(text.match(/```text\n/g)).toHaveLength(1);
    const [, drawn = ''] = /```text\n([^`]*)```/.exec(text) ?? [];
    expect(drawn).toContain('4 200 ms ┤███');
    expect(drawn).toContain('2 000 ms ┤');
    expect(drawn).toContain('╌╌');
    for (const row of drawn.split('\n')) expect(row.length).toBeLessThanOrEqual(80);
  });

  test('lists no step that was not needed as left to do', () => {
    expect(followUpsOf(full).join()).not.toMatch(/Fail over|Restart API gateway/);
    expect(followUpsOf(full)).toContain('not done: Check Redis');
    expect(followUpsOf({ ...full, notNeeded: [] }).join()).toMatch(/Fail over/);
    const skipped = (state: 'pass' | 'fail') =>
      story([
        1,
        'ops1',
        { kind: 'step', step: 'sev1/redis', mark: 'skipped', why: 'fine', found: { state, because: 'x' } },
      ]);
    expect(followUpsOf(skipped('pass')).join()).not.toContain('Check Redis');
    expect(followUpsOf(skipped('fail'))).toContain('skipped: Check Redis (fine)');
  });

  test('knows what was not needed from the resolution', () => {
    const open = story();
    const self = { session: 'session-ops1', user: 'ops1', name: 'ops1', host: 'bastion' };
    const done = decide({ do: 'resolve', why: 'x' }, { incident: open, self, observing: false, world: calm, now });
    expect(done).toMatchObject({
      events: [{ kind: 'resolved', notNeeded: expect.arrayContaining(['sev1/restart-gateway', 'sev1/failover']) }],
    });
  });

  describe('as a file', () => {
    let directory = '';
    afterEach(() => rmSync(directory, { recursive: true, force: true }));

    test('is private, complete, and never over another one', async () => {
      directory = mkdtempSync(join(tmpdir(), 'report-test-'));
      const [first, second] = [
        await writeReport(directory, full, { now }),
        await writeReport(directory, full, { now }),
      ];
      const path = join(directory, `${reportName(full)}.md`);
      expect(first).toEqual({ path });
      expect(second).toEqual({ path: join(directory, `${reportName(full)}-2.md`) });
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(readFileSync(path, 'utf8')).toBe(markdownReport(full, { now }));
      writeFileSync(join(directory, 'plain'), '');
      expect(await writeReport(join(directory, 'plain'), full, { now })).toHaveProperty('problem');
    });

    test('has a name without anything but letters, digits and dashes', () => {
      expect(reportName({ ...full, title: '../../e$(x) "v' })).toMatch(/^SEV1-[a-z0-9-]+$/i);
    });
  });
});

test('a chart leaves empty what was not measured, and draws the limits across it', () => {
  const options = { from: 0, until: 10 * minute, lasts: minute, columns: 20, rows: 4, says: String };
  const drawn = chart(
    [
      { at: 0, value: 8 },
      { at: 9 * minute, value: 4 },
    ],
    { ...options, limits: [{ value: 5, says: '5' }] },
  );
  expect(drawn).toEqual([
    '8 ┤██',
    '5 ┤██╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌',
    '  ┤██                ██',
    '0 ┤██                ██',
    '   00:00          00:10',
  ]);
  expect(chart([], { ...options, limits: [] })).toBeUndefined();
});
