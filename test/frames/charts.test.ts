// The metrics as charts: in the metric's screen, and in the cockpit of a large terminal.
import { describe, expect, test } from 'vitest';
import { metric } from '../../src/core/health/metrics.ts';
import { isNarrow } from '../../src/core/text/glyphs.ts';
import { minute } from '../../src/core/time.ts';
import { chartWindow, marksOf, metricChart, samplesOf } from '../../src/screens/metrics/charts.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import { textOf } from '../../src/screens/toolkit/line.ts';
import { placeAt, type State } from '../../src/store.ts';
import { contextOf, tell } from '../support/story.ts';
import { calm, frameText, live, now, outage, pressing, stateOf } from '../support/worlds.ts';

const p95 = metric('p95');

/** An incident with a sample a minute, from before the cockpit was restarted. */
const incident = tell(
  now - 20 * minute,
  [0, 'ops1', { kind: 'opened', title: 'Complete API outage', severity: 1, why: 'the API is down' }],
  [1, 'ops1', { kind: 'sample', values: { p95: 3000 } }],
  [2, 'ops1', { kind: 'sample', values: { p95: 3100, errorRate: 12 } }],
  [4, 'ops1', { kind: 'action', run: 'r', action: 'restart-deployment', target: 'api-gateway', phase: 'confirmed' }],
  [5, 'ops1', { kind: 'action', run: 'r', action: 'restart-deployment', target: 'api-gateway', phase: 'started' }],
);
const resumed: State = stateOf(
  { ...outage, history: { p95: [{ at: now - 10_000, value: 4210, lasts: 15_000 }] } },
  { incident, incidentContext: contextOf('ops1') },
);

const shown = (state: State, id: string, size: { columns: number; rows: number }) =>
  frameText({ ...state, ui: { ...state.ui, stack: [placeAt('metric', { metric: id })] } }, size);

describe('the samples of a chart', () => {
  test('after a restart the journal has those of the incident until the trend begins', () => {
    expect(samplesOf(p95, resumed).map(({ at, value }) => [(at - now) / minute, value])).toEqual([
      [-19, 3000],
      [-18, 3100],
      [-1 / 6, 4210],
    ]);
    expect(samplesOf(metric('errorRate'), resumed).map(({ value }) => value)).toEqual([12]);
  });
  test('those from before it was opened stand at the time that they were measured at', () => {
    const opened = tell(
      now - 20 * minute,
      [0, 'ops1', { kind: 'opened', title: 'Complete API outage', severity: 1, why: 'the API is down' }],
      [0, 'ops1', { kind: 'sample', values: { p95: 2900 }, measuredAt: now - 25 * minute }],
      [1, 'ops1', { kind: 'sample', values: { p95: 3000 } }],
    );
    expect(samplesOf(p95, { ...resumed, incident: opened }).map(({ at }) => (at - now) / minute)).toEqual([
      -25,
      -19,
      -1 / 6,
    ]);
  });
  test('what lies between the journal and the trend is drawn as a gap', () => {
    const floor = metricChart(p95, resumed, 68, 6).map(textOf)[4] ?? '';
    expect(floor).toMatch(/┤·{15,}[⣿⢸⡇]{5,7}·{20,}⣿$/);
  });
  test('without news the same array comes back, so that nothing is drawn again', () => {
    expect(samplesOf(p95, resumed)).toBe(samplesOf(p95, { ...resumed, world: { ...resumed.world } }));
    expect(metricChart(p95, resumed, 68, 6)).toBe(metricChart(p95, { ...resumed, notices: 1 } as State, 68, 6));
    const later = { ...resumed, world: { ...resumed.world, now: now + 1000 } };
    expect(metricChart(p95, later, 68, 6)).toBe(metricChart(p95, resumed, 68, 6));
  });
});

test('the marks are the incident, its actions when they started, and each alert', () => {
  const alerts = [{ id: 'metric/p95', raisedAt: now - 21 * minute }] as never;
  const state = { ...resumed, incidentContext: contextOf('ops1', { alerts }) };
  expect(marksOf(state).map(({ kind, at }) => [kind, (at - now) / minute])).toEqual([
    ['alert', -21],
    ['action', -15],
    ['incident', -20],
  ]);
});

test('a chart shows the shortest time that has every sample and the open incident', () => {
  const young = { ...calm, history: { p95: [{ at: now - 20_000, value: 180 }] } };
  expect(chartWindow(stateOf(young))).toBe(5 * minute);
  expect(chartWindow(stateOf(calm))).toBe(15 * minute);
  expect(chartWindow(stateOf(young, { incident }))).toBe(30 * minute);
  expect(frameText(stateOf(young), { columns: 200, rows: 50 })).toContain('last 5 min ');
});

describe('the screen of a metric', () => {
  test.each([
    [60, 20],
    [80, 24],
    [120, 40],
    [200, 50],
  ])('has the chart with its thresholds and clock times at %i×%i', (columns, rows) => {
    const text = shown(stateOf(outage), 'p95', { columns, rows });
    expect(text).toMatch(/2 s ┤[╌·]*[⠀-⣿]+/);
    expect(text).toContain('03:00');
    expect(text).toContain('last 15 minutes: ');
  });
  test('has the trend in one row where a chart has no room', () => {
    const text = shown(stateOf(calm), 'p95', { columns: 60, rows: 15 });
    expect(text).toMatch(/[▁▂▃▄▅▆▇█]{10}/);
    expect(text).toContain('last 15 minutes: ');
  });
});

describe('a large terminal', () => {
  const deploys = [
    { deployment: 'api-gateway', revision: 42, at: now - 12 * minute },
    { deployment: 'executor', revision: 17, at: now - 9 * 24 * 60 * minute },
  ];
  const rolledOut = {
    ...outage,
    readings: { ...outage.readings, workloads: live({ all: [], deploys, unseen: [], refusals: [] }) },
  };
  test.each([
    [160, 30],
    [160, 45],
    [200, 50],
    [240, 60],
  ])('shows each metric as a chart of at least four rows, and the last events below, at %i×%i', (columns, rows) => {
    const text = frameText(stateOf(rolledOut), { columns, rows });
    const plots = text.split('\n').map((each) => each.match(/┤/g)?.length ?? 0);
    expect(plots.filter((n) => n === 2).length).toBeGreaterThanOrEqual(12);
    expect(plots.every((n) => n === 0 || n === 2)).toBe(true);
    for (const name of ['API p95', 'Error rate', 'DB connections', 'Redis memory', 'Queue depth', 'Study failures'])
      expect(text).toMatch(new RegExp(`${name} (5 min|1 h)? *`));
    expect(text).toContain('RECENT EVENTS');
    expect(text).toMatch(/03:02:07Z {2}▴ api-gateway rolled out revision 42/);
    expect(text).toMatch(/8 Jan {6}▴ executor rolled out revision 17/);
    expect(text).toMatch(/▴/);
  });
  test('moves between the charts with the keys of a list, and opens the marked one', () => {
    const size = { columns: 200, rows: 50 };
    const at = pressing(stateOf(outage), size, '3', 'j', 'j');
    expect(frameText(at, size)).toContain('▌● Error rate');
    expect(frameText(pressing(at, size, 'enter'), size)).toContain('METRIC  Error Rate');
  });
  test('an incident has its timeline there, newest first', () => {
    const text = frameText({ ...resumed, incident }, { columns: 200, rows: 50 });
    const at = (what: string) => text.indexOf(what);
    expect(at('TIMELINE')).toBeGreaterThan(0);
    expect(at('ops1  restart-deployment api-gateway: running')).toBeGreaterThan(at('TIMELINE'));
    expect(at('ops1  opened as SEV1')).toBeGreaterThan(at('restart-deployment api-gateway: running'));
  });
});

// Measured exactly, the axes of the charts took a quarter of a calm cockpit's frames.
test.each(['cockpit', 'war-room'])('nothing that the %s draws of itself has to be measured exactly', (screen) => {
  for (const world of [calm, outage])
    for (const size of [
      { columns: 80, rows: 24 },
      { columns: 200, rows: 50 },
    ]) {
      const state = stateOf(world, { incident, incidentContext: contextOf('ops1') });
      const [first] = state.ui.stack;
      const stack: State['ui']['stack'] = screen === 'cockpit' ? [first] : [first, placeAt(screen)];
      const texts = frame({ ...state, ui: { ...state.ui, stack } }, size)
        .lines.flat()
        .map(({ text }) => text);
      expect(texts.length).toBeGreaterThan(20);
      expect(texts.filter((text) => !isNarrow(text))).toEqual([]);
    }
});
