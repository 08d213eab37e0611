import { describe, expect, test } from 'vitest';
import { profiles } from '../../src/config/profiles.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import { targetsOf } from '../../src/config/targets.ts';
import type { Desk } from '../../src/core/desk.ts';
import type { Incident, RunState } from '../../src/core/incident.ts';
import { frame } from '../../src/screens/frame.ts';
import { press } from '../../src/screens/press.ts';
import { calm, frameText, now, outage, pressing, stateOf } from './worlds.ts';

const self = { session: 'mine', user: 'ops1', name: 'ops1', host: 'bastion' };

const incident: Incident = {
  id: 'incident-1',
  title: 'Complete API outage',
  severity: 1,
  openedAt: now - 452_000,
  openedBy: 'ops1',
  environment: 'production',
  severities: [],
  procedures: [],
  steps: {},
  runs: [],
  messages: [],
  roles: { commander: ['ops2'], deputy: [], scribe: [], expert: [] },
  people: ['ops1', 'ops2'],
  wheel: { session: 'mine', person: 'ops1', at: now - 452_000 },
  pins: [],
  notes: 0,
  updates: [],
  reminders: [],
  entries: [],
};

const desk: Desk = {
  self,
  observing: false,
  here: [],
  open: [],
  journal: { directory: '/var/lib/bentham', unwritten: 0, notes: [] },
  alerts: [],
  channels: [],
  targets: targetsOf(settingsSchema.parse({ profile: 'production', ...profiles.production })),
  contacts: [],
};

const run: RunState = {
  run: 'run-1',
  action: 'restart-deployment',
  target: 'api-gateway',
  by: 'ops1',
  session: 'mine',
  calls: [],
  phase: 'started',
  phases: [],
};

describe('the war room', () => {
  const large = { columns: 200, rows: 50 };
  const text = frameText(pressing(stateOf(outage, { incident, desk }), large, 'w'), large);

  test('says severity and elapsed time in large letters, and who leads and drives', () => {
    expect(text).toContain('█▀▀ █▀▀ █ █ ▄█');
    expect(text).toContain('Complete API outage   commander ops2   ops1 drives');
  });

  test('puts what is worst first, in words too', () => {
    expect(text.indexOf('● critical  gateway')).toBeLessThan(text.indexOf('▲ warning  Queue depth'));
  });

  test('is larger where there is room, and says how much is left out where there is not', () => {
    const small = { columns: 80, rows: 24 };
    expect(frameText(pressing(stateOf(outage), small, 'w'), small)).toMatch(/\d more/);
    expect(frameText(pressing(stateOf(calm), small, 'w'), small)).toContain('✓ API p95');
  });
});

describe('leaving', () => {
  const size = { columns: 80, rows: 24 };
  const give = (state: ReturnType<typeof stateOf>) => press(state, frame(state, size), 'q');
  const quit = { kind: 'terminal', do: 'quit' };

  test('at once while nothing runs, or while another cockpit’s action does', () => {
    expect(give(stateOf(outage, { incident, desk }))).toEqual([quit]);
    expect(give(stateOf(outage, { incident: { ...incident, runs: [{ ...run, session: 'theirs' }] }, desk }))).toEqual([
      quit,
    ]);
  });

  test('asks while an action of this cockpit runs', () => {
    const busy = stateOf(outage, { incident: { ...incident, runs: [run] }, desk });
    expect(give(busy)).toMatchObject([{ kind: 'confirm' }]);
    const asked = pressing(busy, size, 'q');
    expect(frameText(asked, size)).toContain('restart-deployment api-gateway has not ended');
    expect(press(asked, frame(asked, size), 'y')).toContainEqual(quit);
    expect(press(asked, frame(asked, size), 'enter')).not.toContainEqual(quit);
  });
});
