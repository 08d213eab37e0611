// What an action did is seen in its step, and a disabled surface says so wherever it is seen.
import { describe, expect, test } from 'vitest';
import type { ActionId } from '../../src/core/actions/action.ts';
import { evaluate } from '../../src/core/health/evaluate.ts';
import { reportOf } from '../../src/core/health/report.ts';
import { reportText } from '../../src/core/health/report-text.ts';
import type { Severity } from '../../src/core/incident/checklist.ts';
import type { Event, RunPhase } from '../../src/core/incident/event.ts';
import { surfaceActs } from '../../src/core/incident/surface-record.ts';
import type { World } from '../../src/core/world/world.ts';
import { findStep } from '../../src/runbook/checklists.ts';
import { suggestSeverity } from '../../src/runbook/suggest-severity.ts';
import { stepAtLength } from '../../src/screens/incident/step-details.ts';
import { thingEntries } from '../../src/screens/overlays/palette-resources.ts';
import { dispatchKey } from '../../src/screens/shell/dispatch-key.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import { textOf } from '../../src/screens/toolkit/line.ts';
import { placeAt, type State } from '../../src/store.ts';
import { contextOf, tell } from '../support/story.ts';
import { live } from '../support/world.ts';
import { calm, frameText, now, outage, stateOf } from '../support/worlds.ts';

const small = { columns: 80, rows: 24 };
const minute = 60_000;

let runs = 0;
/** The entries of a run: confirmed, started, ended. */
const ran = (at: number, action: ActionId, target: string, phase: RunPhase, detail = '') => {
  runs += 1;
  const event = (more: { phase: RunPhase; detail?: string }): Event => ({
    ...{ kind: 'action', run: `run-${runs}`, action, target, calls: ['pnpm x'] },
    ...more,
  });
  return [
    [at, 'ops1', event({ phase: 'confirmed' })],
    [at, 'ops1', event({ phase: 'started' })],
    ...(phase === 'started' ? [] : [[at + 0.5, 'ops1', event({ phase, detail })] as const]),
  ] as readonly (readonly [number, string, Event])[];
};

const incidentOf = (severity: Severity, ...entries: readonly (readonly [number, string, Event])[]) =>
  tell(now - 20 * minute, [0, 'ops1', { kind: 'opened', title: 'x', severity, why: 'y' }], ...entries);

const failing: World = {
  ...calm,
  readings: {
    ...calm.readings,
    surfaces: live<'surfaces'>(
      {
        surfaces: [
          { id: 'openai-api', failures: 72, finished: 100, affectedStudies: 9, topError: 'Rate limited: slow down' },
          { id: 'google-search', failures: 0, finished: 300, affectedStudies: 0 },
        ],
        estimated: false,
      },
      now,
    ),
  },
};

function screenOf(world: World, incident: State['incident'], screen = 'incident', row?: string): State {
  const state = stateOf(world);
  const acts = incident ? surfaceActs(incident.entries, { environment: 'PRODUCTION' }) : [];
  return {
    ...state,
    world: { ...state.world, surfaceActs: acts },
    incidentContext: contextOf('ops1'),
    incident,
    ui: { ...state.ui, stack: [state.ui.stack[0], { ...placeAt(screen), selected: row }] },
  };
}

const rowOf = (text: string, says: string) => text.split('\n').find((line) => line.includes(says)) ?? '';

describe('a step says what its action did', () => {
  const cases: readonly [phase: RunPhase, detail: string, row: RegExp][] = [
    ['verified', '3/3 ready, health answers 200', /● restarted 02:59; now .*/],
    ['unverified', 'not verified within 5 m: 2/3 ready', /▲ restarted 02:59, not verified/],
    ['failed', 'forbidden: no patch on deployments', /● restart failed 02:59: forbidden/],
    ['unknown', 'connection lost', /\? restart 02:59, outcome unknown/],
    ['started', '', /▶ restart running since 02:59/],
  ];
  test.each(cases)('%s', (phase, detail, row) => {
    const incident = incidentOf(1, ...ran(5, 'restart-deployment', 'deployment/api-gateway', phase, detail));
    const text = frameText(screenOf(outage, incident, 'incident', 'sev1/restart-gateway'), small);
    expect(rowOf(text, '5 Restart API gateway')).toMatch(row);
    expect(text).toMatch(/result {4}/);
    const step = findStep('sev1/restart-gateway')?.step;
    if (!step) throw new Error('no such step');
    const whole = stepAtLength(screenOf(outage, incident), step, 80).map(textOf).join(' ');
    if (detail) expect(whole.replaceAll(/ +/g, ' ')).toContain(detail);
  });

  test('one that worked and whose target is well', () => {
    const incident = incidentOf(1, ...ran(5, 'restart-deployment', 'deployment/api-gateway', 'verified', '3/3 ready'));
    const text = frameText(screenOf(calm, incident), small);
    expect(rowOf(text, '5 Restart API gateway')).toContain('✓ restarted 02:59, verified; record it?');
    const wide = frameText(screenOf(calm, incident), { columns: 119, rows: 40 });
    expect(rowOf(wide, '5 Restart API gateway')).toContain('✓ restarted 02:59, verified: 3/3 ready; record it?');
  });

  test('and does not offer it again; its key stays, and the footer has what is left to do', () => {
    const done: readonly [number, string, Event] = [
      6,
      'ops1',
      { kind: 'decision', step: 'sev1/restart-gateway', answer: 'no', why: 'rolled back' },
    ];
    const rolledBack = ran(5, 'rollback-deployment', 'deployment/api-gateway', 'verified');
    const incident = incidentOf(1, ...rolledBack, done);
    for (const columns of [80, 120]) {
      const text = frameText(screenOf(calm, incident, 'incident', 'sev1/restart-gateway'), { columns, rows: 40 });
      expect(rowOf(text, 'actions ')).toMatch(/actions {3}r restart gateway \(not advised\)(?: {2,}|$)/);
      expect(text).not.toContain('roll back gateway');
      expect(text.split('\n').at(-1)).not.toMatch(/r restart|f roll back/);
    }
    const open = frameText(screenOf(calm, incidentOf(1), 'incident', 'sev1/restart-gateway'), small);
    expect(open).toContain('r restart gateway (not advised) · f roll back gateway');
    const state = screenOf(calm, incident, 'incident', 'sev1/restart-gateway');
    expect(dispatchKey(state, frame(state, small), 'f')).not.toEqual([]);
  });

  test('one of another deployment, and one that was cancelled, say nothing', () => {
    const incident = incidentOf(
      1,
      ...ran(5, 'restart-deployment', 'deployment/executor', 'verified'),
      ...ran(6, 'restart-deployment', 'deployment/api-gateway', 'cancelled'),
    );
    expect(rowOf(frameText(screenOf(outage, incident), small), '5 Restart API gateway')).not.toMatch(/02:59|03:00/);
  });

  test('one whose cockpit has ended has an unknown outcome', () => {
    const incident = incidentOf(1, ...ran(5, 'restart-deployment', 'deployment/api-gateway', 'started'));
    const state = screenOf(outage, incident);
    const alone = { ...state, incidentContext: contextOf('ops2') };
    expect(rowOf(frameText(alone, small), '5 Restart API gateway')).toContain('? restart 02:59, outcome unknown');
  });

  test('a step that is marked done keeps it beside who marked it', () => {
    const incident = incidentOf(1, ...ran(5, 'restart-deployment', 'deployment/api-gateway', 'verified', '3/3 ready'), [
      6,
      'ops1',
      { kind: 'decision', step: 'sev1/restart-gateway', answer: 'yes', why: '' },
    ]);
    const row = rowOf(frameText(screenOf(calm, incident), small), '5 Restart API gateway');
    expect(row).toMatch(/✓ restarted 02:59, verified {2}ops1 {2}03:00$/);
  });

  test('an action without a target of the step is named by its object', () => {
    const incident = incidentOf(2, ...ran(5, 'retry-jobs', 'study/study_1', 'verified', '12 of 12 retried'));
    expect(rowOf(frameText(screenOf(failing, incident), small), '2 Check error messages')).toContain(
      '✓ study_1 retried 02:59, verified',
    );
  });
});

describe('a disabled surface', () => {
  const disabled = ran(5, 'disable-surface', 'surface/openai-api', 'verified', 'Surface openai-api disabled');
  const tests = [6, 8, 10].flatMap((at) => ran(at, 'test-surface', 'surface/openai-api', 'verified', 'passed'));
  const state = (screen = 'incident', more: readonly (readonly [number, string, Event])[] = tests) =>
    screenOf(failing, incidentOf(3, ...disabled, ...more), screen);

  test('its step says since when, and what its tests came to since', () => {
    expect(rowOf(frameText(state(), small), '1 Disable')).toMatch(/✓ openai-api disabled 02:59, verified$/);
    const wide = frameText(state(), { columns: 119, rows: 40 });
    expect(rowOf(wide, '1 Disable')).toContain(
      '✓ openai-api disabled 02:59, verified; live test 3 of 3, last 03:04:37Z',
    );
    expect(rowOf(wide, '3 Test surface')).toContain('✓ openai-api live test 3 of 3, last 03:04:37Z');
    expect(rowOf(wide, '4 Re-enable')).toContain('recommended');
  });

  test('its step offers no second time to disable it, until another one fails', () => {
    expect(frameText(screenOf(failing, incidentOf(3)), small)).toContain('r disable openai-api');
    const done = frameText(state(), small);
    expect(done).toContain('d pause a study');
    expect(done).not.toMatch(/r disable|surface disable/);
    const both = {
      ...failing,
      readings: {
        ...failing.readings,
        surfaces: live<'surfaces'>({
          surfaces: ['openai-api', 'chatgpt-web'].map((id) => ({
            id,
            failures: 72,
            finished: 100,
            affectedStudies: 9,
          })),
          estimated: false,
        }),
      },
    };
    expect(frameText(screenOf(both, incidentOf(3, ...disabled)), small)).toContain('r disable chatgpt-web');
  });

  test('a failed test since keeps it disabled', () => {
    const wide = frameText(
      state('incident', [...tests, ...ran(12, 'test-surface', 'surface/openai-api', 'failed', 'exit 1')]),
      { columns: 119, rows: 40 },
    );
    expect(rowOf(wide, '3 Test surface')).toContain('live test failed 03:06:37Z (3 of 4 passed)');
    expect(rowOf(wide, '4 Re-enable')).toContain('not needed');
  });

  test('says DISABLED in pane, list, detail, war room and palette, at every size', () => {
    for (const size of [small, { columns: 119, rows: 40 }, { columns: 200, rows: 50 }]) {
      const own = state('cockpit');
      const cockpit = { ...own, ui: { ...own.ui, stack: [own.ui.stack[0]] as const } };
      expect(frameText(cockpit, size)).toMatch(/▲ openai-api +DISABLED/);
      expect(frameText(state('surfaces'), size)).toContain('DISABLED since 02:59:37Z (by ops1)');
      const detail = state('surface');
      detail.ui = { ...detail.ui, stack: [detail.ui.stack[0], placeAt('surface', { surface: 'openai-api' })] };
      expect(frameText(detail, size)).toContain('▲ DISABLED since 02:59:37Z (by ops1)');
      expect(frameText(state('war-room'), size)).toContain('DISABLED since 02:59:37Z (by ops1)');
    }
    expect(thingEntries(state()).find(({ title }) => title === 'openai-api')?.about).toContain('DISABLED since');
  });

  test('says so in the status, whose exit code is that of a warning, and asks for SEV3', () => {
    const { world } = state();
    const report = reportOf(world, 'production');
    expect(report.exitCode).toBe(1);
    expect(reportText(report, { all: false, columns: 120, colour: false })).toContain(
      'DISABLED since 02:59:37Z (by ops1); last hour 72 % of 100 jobs failed',
    );
    expect(suggestSeverity(world)).toMatchObject({
      severity: 3,
      because: expect.stringMatching(/^openai-api DISABLED/),
    });
  });

  test('is listed when no job of it is left in the hour, and while the database is away', () => {
    const { surfaceActs: acts } = state().world;
    for (const surfaces of [
      live<'surfaces'>({ surfaces: [], estimated: false }, now),
      { state: 'lost', fault: { kind: 'refused', where: 'db', what: 'refused', hint: '' }, at: now } as const,
    ]) {
      const found = evaluate({ ...failing, readings: { ...failing.readings, surfaces }, surfaceActs: acts });
      expect(found.find(({ id }) => id === 'surface/openai-api')).toMatchObject({
        verdict: 'warning',
        says: 'DISABLED since 02:59:37Z (by ops1); no jobs in the last hour',
      });
    }
  });

  test('is enabled again by the last act; one whose outcome is unknown is no proof', () => {
    const on = ran(7, 'enable-surface', 'surface/openai-api', 'verified');
    expect(frameText(state('surfaces', on), small)).not.toContain('DISABLED');
    const unknown = ran(7, 'enable-surface', 'surface/openai-api', 'failed');
    expect(frameText(state('surfaces', unknown), small)).toContain('DISABLED since 02:59:37Z');
    const doubt = screenOf(
      failing,
      incidentOf(3, ...ran(5, 'disable-surface', 'surface/openai-api', 'unknown')),
      'surfaces',
    );
    expect(frameText(doubt, small)).toContain('DISABLED? 02:59:37Z, outcome unknown');
  });

  test('in another environment or drill is none here', () => {
    const { entries } = incidentOf(3, ...disabled);
    expect(surfaceActs(entries, { environment: 'STAGING' })).toEqual([]);
    expect(surfaceActs(entries, { environment: 'PRODUCTION', drill: 'surface-down' })).toEqual([]);
  });
});
