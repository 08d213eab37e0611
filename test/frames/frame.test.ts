import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { themeNames } from '../../src/core/text/terminal-look.ts';
import { panes } from '../../src/screens/cockpit/panes.ts';
import { screens } from '../../src/screens/index.ts';
import type { Size } from '../../src/screens/screen.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import { toAnsi } from '../../src/screens/toolkit/ansi.ts';
import { banner, largeBanner } from '../../src/screens/toolkit/banner-font.ts';
import { lineWidth, textOf } from '../../src/screens/toolkit/line.ts';
import type { Pane } from '../../src/screens/toolkit/pane.ts';
import { healthOf } from '../../src/screens/toolkit/selectors.ts';
import { themeOf } from '../../src/screens/toolkit/themes.ts';
import { placeAt, type State } from '../../src/store.ts';
import { showing } from '../support/every-screen.ts';
import {
  away,
  calm,
  crowd,
  down,
  empty,
  frameText,
  live,
  outage,
  pod,
  pressing,
  scope,
  stale,
  starting,
  stateOf,
  study,
  surface,
} from '../support/worlds.ts';

const small = { columns: 80, rows: 24 };
const middle = { columns: 120, rows: 40 };
const large = { columns: 200, rows: 50 };

const hostile = 'x\u001b[2J\u001b]0;evil\u0007\u202e\u200b\nDROP\u0000日本語⚠️é\u0301\u0301\u0301';
const nasty = {
  ...calm,
  readings: {
    ...calm.readings,
    pods: live([
      pod(hostile, hostile, { name: hostile, node: hostile, reason: hostile, ready: false, image: hostile }),
    ]),
    surfaces: live({ surfaces: [surface(hostile, 9, 10, { topError: hostile.repeat(50) })], estimated: true }),
    studies: live({
      queueDepth: { value: 1, exact: false },
      active: [study(hostile, { tenant: hostile, status: hostile })],
      activeCount: { value: 1, exact: false },
      finishedLastHour: 0,
      failedLastHour: 0,
      mostlyFailedLastHour: 0,
      newLastTenMinutes: 0,
    }),
  },
};

const worlds = { calm, outage, away, down, stale, empty, starting, nasty, crowd: crowd(700) };

/** The footer is the key table's and has its own tests. */
const body = (state: State, size: Size) => frameText(state, size).split('\n').slice(0, -1).join('\n');

describe('the cockpit as first drawn', () => {
  test('an outage at 80×24', () => {
    expect(body(stateOf(outage), small)).toMatchSnapshot();
  });
  test.each(['calm', 'away', 'down', 'empty', 'stale', 'starting'] as const)('%s at 80×24', (name) => {
    expect(body(stateOf(worlds[name]), small)).toMatchSnapshot();
  });
  test('an outage at 120×40', () => {
    expect(body(stateOf(outage), middle)).toMatchSnapshot();
  });
  test('an outage at 200×50', () => {
    expect(body(stateOf(outage), large)).toMatchSnapshot();
  });
  test('one pane at a time at 64×18', () => {
    const size = { columns: 64, rows: 18 };
    const text = body(pressing(stateOf(outage), size, '2'), size);
    expect(text).toMatchSnapshot();
    expect(text).toContain('2 ● pods');
  });
});

describe('what the screen says is true', () => {
  const opened = (world: (typeof worlds)[keyof typeof worlds], screen: string, size: Size) => {
    const state = stateOf(world);
    return frameText({ ...state, ui: { ...state.ui, stack: [state.ui.stack[0], placeAt(screen)] } }, size);
  };

  test.each(['pods', 'surfaces', 'studies'])('%s are never called none before an answer', (screen) => {
    for (const world of [down, starting]) {
      expect(opened(world, screen, small)).not.toMatch(/no pods|no finished jobs|no active studies/);
      expect(body(stateOf(world), small)).not.toMatch(/no pods|no finished jobs|no active studies/);
    }
    expect(opened(empty, screen, small)).toMatch(/no pods|no finished jobs|no active studies/);
  });

  test('a replica that does not stream says so first', () => {
    const { replica } = calm.readings;
    if (replica.state !== 'live') throw new Error('the calm replica answers');
    const lag = { bytes: 0, streaming: false };
    const broken = {
      ...calm,
      readings: { ...calm.readings, replica: { ...replica, value: { ...replica.value, lag } } },
    };
    const text = body(stateOf(broken), small);
    expect(text).toContain('● replica not streaming');
    expect(text).toMatch(/● replica {2}not streaming +2 ms/);
    expect(body(stateOf(broken), large)).toContain('not streaming, lag not visible');
  });

  test('an unreachable backend shows its full hint, if it fits', () => {
    const text = opened(down, 'health', small);
    expect(text).toContain('never answered');
    expect(text).not.toContain('…');
  });
});

describe('no value is cut in the middle', () => {
  const sizes = [
    { columns: 60, rows: 15 },
    { columns: 64, rows: 18 },
    small,
    middle,
    large,
    { columns: 240, rows: 60 },
  ];
  const nodes = {
    ...outage,
    readings: {
      ...outage.readings,
      pods: live([
        pod('api-gateway', '8qk5p', { node: 'ip-10-0-1-17.eu-west-1.compute.internal', restarts: 140 }),
        pod('executor', '29dkq', { node: '10.0.12.117' }),
      ]),
    },
  };

  test.each(sizes)('$columns×$rows', (size) => {
    const value =
      /(study_|\bten\w{0,3}|ip-|10\.0|api-|executor-|orchestrator-|google-|anthropic-|stud|surf)[\w.-]*…|\d…/;
    for (const world of [outage, nodes, calm, away]) {
      for (const pane of panes.map((_, i) => `${i + 1}`))
        for (const keys of [[pane], [pane, 'z']])
          for (const line of frameText(pressing(stateOf(world), size, ...keys), size)
            .split('\n')
            .slice(3))
            expect(line).not.toMatch(value);
    }
  });

  test('the tabs of the smallest layout name all panes', () => {
    const tabs = frameText(stateOf(outage), { columns: 60, rows: 15 }).split('\n')[3];
    const fits = panes.reduce((sum, { id }) => sum + id.length + 5, 0) < 60;
    const name = (pane: Pane) => (fits || pane === panes[0] ? ` ${pane.id}` : '');
    expect(tabs).toMatch(new RegExp(`^ ${panes.map((pane, i) => `${i + 1} ?[●▲?✓]${name(pane)}`).join(' +')}$`));
  });
});

describe('the war room', () => {
  const opened = (world: (typeof worlds)[keyof typeof worlds], size: Size) =>
    frameText(pressing(stateOf(world), size, 'w'), size);
  const sizes = [{ columns: 60, rows: 15 }, small, middle, large];

  test.each(sizes)(
    'shows the overall health in large letters and counts what does not fit, at $columns×$rows',
    (size) => {
      for (const world of [outage, calm, down, away]) {
        const text = opened(world, size);
        const said =
          text
            .split('\n')
            .slice(3, -2)
            .join('\n')
            .match(/[●▲?✓] /g)?.length ?? 0;
        const more = Number(/^ {2}(\d+) more/m.exec(text)?.[1] ?? 0);
        const all = healthOf(world).findings;
        const bad = all.filter((f) => f.verdict !== 'ok').length;
        expect(said + more).toBe(bad > 0 ? bad : all.length);
        // Letters of at least three lines, whole.
        expect(text.split('\n').filter((l) => /[█▀▄]{2}/.test(l)).length).toBeGreaterThanOrEqual(3);
        expect(text).not.toMatch(/[█▀▄]…/);
      }
    },
  );

  test('grows with the room', () => {
    const slow = {
      ...calm,
      readings: {
        ...calm.readings,
        redis: outage.readings.redis,
        pods: outage.readings.pods,
        deployments: outage.readings.deployments,
      },
    };
    for (const row of largeBanner('api-gateway 1/3 ready')) expect(opened(slow, large)).toContain(row.trimEnd());
    for (const row of banner('api-gateway 1/3')) expect(opened(slow, small)).toContain(row.trimEnd());
  });
});

describe('every frame', () => {
  const places = screens.map((s) => s.id);
  const of = {
    backend: 'gateway',
    deployment: 'api-gateway',
    pod: 'api-gateway-4xk2p',
    metric: 'p95',
    surface: 'openai-api',
    study: 'study_abc123',
  };

  test('has exactly the terminal’s rows, none wider than its columns, on any screen with any data', () =>
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(worlds)),
        fc.constantFrom(...places),
        fc.integer({ min: 20, max: 300 }),
        fc.integer({ min: 5, max: 80 }),
        fc.array(
          fc.constantFrom('j', 'G', 's', '/', 'x', 'enter', ':', '?', 'esc', 'tab', 'ctrl-d', 'w', 'z', '3', 'y'),
        ),
        (name, screen, columns, rows, keys) => {
          const world = worlds[name as keyof typeof worlds];
          const opened = stateOf(world);
          const state: State =
            screen === 'cockpit'
              ? opened
              : { ...opened, ui: { ...opened.ui, stack: [opened.ui.stack[0], placeAt(screen, of)] } };
          const { lines } = frame(pressing(state, { columns, rows }, ...keys), { columns, rows });
          expect(lines).toHaveLength(rows);
          for (const line of lines) {
            expect(lineWidth(line)).toBe(columns);
            expect(textOf(line)).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
          }
        },
      ),
      { numRuns: 300 },
    ));

  test('names the environment, and DRILL with its scenario in a drill, under any overlay', () => {
    const drilled = { ...outage, scope: { ...scope, drill: 'api-outage' } };
    for (const size of [small, middle, large, { columns: 60, rows: 15 }, { columns: 40, rows: 8 }])
      for (const keys of [[], [':'], ['?'], ['w'], ['z'], ['3', 'j', 'enter']]) {
        const text = frameText(pressing(stateOf(drilled), size, ...keys), size);
        expect(text).toContain('DRILL api-outage');
        if (size.columns >= 60) expect(text).toContain('PRODUCTION');
      }
  });

  test('a title too long for its rule is cut; the environment beside it is not', () => {
    const drilled = { ...outage, scope: { ...scope, drill: 'api-outage' } };
    const title = 'Acknowledge the alert and notify stakeholders';
    const open = { ...stateOf(drilled) };
    const state = {
      ...open,
      ui: { ...open.ui, overlay: { kind: 'details', title, lines: () => [], top: 0 } as const },
    };
    const rule = frameText(state, small)
      .split('\n')
      .find((each) => each.includes('─ Acknowledge'));
    expect(rule).toMatch(/^─ Acknowledge the alert .*… ─.* DRILL api-outage +PRODUCTION {2}─$/);
    expect(rule).toHaveLength(small.columns);
  });

  test('shows health without colour', () => {
    const painted = frame(stateOf(outage), small)
      .lines.map((l) => toAnsi(l, themeOf('mono', 256, 'dark')))
      .join('\n');
    expect(painted).not.toMatch(/\u001b\[[\d;]*3\d/);
    expect(painted).toContain('CRITICAL');
    expect(painted).toContain('▸');
  });

  test('says that the terminal is too small, until it is large enough', () => {
    expect(frameText(stateOf(calm), { columns: 50, rows: 12 })).toContain('50×12 is too small');
    expect(frameText(stateOf(calm), { columns: 60, rows: 15 })).not.toContain('too small');
  });

  test('names the engine’s failure', () => {
    const state = stateOf(calm, { engine: { state: 'failed', why: 'out of memory' } });
    expect(frameText(state, small)).toContain('the engine stopped (out of memory)');
  });

  test('survives a screen that fails', () => {
    const broken = {
      ...calm,
      readings: { ...calm.readings, pods: live([{ ...pod('executor', 'x'), name: undefined as never }]) },
    };
    const state = stateOf(broken);
    const text = frameText({ ...state, ui: { ...state.ui, stack: [state.ui.stack[0], placeAt('pods')] } }, small);
    expect(text).toContain('this screen failed');
  });
});

test('bars and large letters have no ground of their own: a full bar would be lost in it', () => {
  for (const name of themeNames)
    for (const ground of ['dark', 'light'] as const)
      for (const screen of ['cockpit', 'metrics', 'war-room', 'metric']) {
        const lines = frame(showing(screen), { columns: 120, rows: 40 }).lines;
        const painted = lines.map((l) =>
          toAnsi(
            l.filter((s) => !s.selected),
            themeOf(name, 256, ground),
          ),
        );
        for (const look of painted.join('').matchAll(/\u001b\[([\d;]*)m([^\u001b]*[▁-█▀▄][^\u001b]*)/g))
          expect(look[1]).not.toMatch(/(^|;)(7|48)(;|$)/);
      }
});

test('five-digit values and thresholds keep a blank between them, whatever the width', () => {
  const thresholds = { ...calm.scope.thresholds, queueDepth: { warning: 100_000, critical: 200_000 } };
  const studies = calm.readings.studies;
  if (studies.state !== 'live') throw new Error('calm is live');
  const full = { ...studies, value: { ...studies.value, queueDepth: { value: 24_750, exact: true } } };
  const at = { ...calm, scope: { ...calm.scope, thresholds }, readings: { ...calm.readings, studies: full } };
  for (const columns of [80, 120, 200])
    expect(frameText(stateOf(at), { columns, rows: 24 })).toMatch(/Queue depth +24 750 +100 000 +200 000 /);
});
