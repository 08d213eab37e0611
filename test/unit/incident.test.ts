import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clocks, timePerSeverity } from '../../src/core/incident/clocks.ts';
import type { Entry, Event, EventOf } from '../../src/core/incident/event.ts';
import { likelyFix } from '../../src/core/incident/fix.ts';
import { isOngoing, projectIncident, unfinished } from '../../src/core/incident/incident.ts';
import { projectAll } from '../../src/core/incident/projection.ts';
import { minute } from '../../src/core/time.ts';
import { anyEvent } from '../support/any-event.ts';
import { tell } from '../support/story.ts';

const start = Date.UTC(2026, 0, 17, 3, 0);
let count = 0;

/** An entry `minutes` after the start; ids sort as they are made. */
function entry(event: Event, minutes = 0, by = 'ops1', incident = 'one'): Entry {
  count += 1;
  return {
    id: String(count).padStart(26, '0'),
    at: start + minutes * minute,
    writer: { session: `session-${by}`, user: by, name: by, host: 'bastion' },
    environment: 'PRODUCTION',
    incident,
    event,
  };
}

const opened = (minutes = 0) =>
  entry({ kind: 'opened', title: 'Complete API outage', severity: 1, why: '5xx' }, minutes);

const story = (): readonly Entry[] => [
  opened(),
  entry({ kind: 'acknowledged' }, 1),
  entry({ kind: 'step', step: 'sev1/database', mark: 'done', found: { state: 'pass', because: 'fine' } }, 2),
  entry(
    { kind: 'step', step: 'sev1/gateway-status', mark: 'done', found: { state: 'fail', because: 'crash' } },
    4,
    'ops2',
  ),
  entry(
    {
      kind: 'action',
      run: 'r1',
      action: 'restart-deployment',
      target: 'api-gateway',
      phase: 'confirmed',
      calls: ['kubectl …'],
    },
    5,
  ),
  entry({ kind: 'action', run: 'r1', action: 'restart-deployment', target: 'api-gateway', phase: 'started' }, 5),
  entry({ kind: 'severity', severity: 2, why: 'some requests go through' }, 10),
  entry({ kind: 'role', role: 'scribe', change: 'taken', person: 'ops2' }, 11, 'ops2'),
  entry(
    { kind: 'notified', message: 'm1', channel: 'slack-alerts', purpose: 'notify', delivery: 'sent', text: 'x' },
    12,
  ),
  entry({ kind: 'action', run: 'r1', action: 'restart-deployment', target: 'api-gateway', phase: 'verified' }, 14),
  entry({ kind: 'mitigated', why: 'it answers' }, 15),
  entry({ kind: 'resolved', why: 'calm for a while' }, 40),
];

test('the likely fix is the recorded one, else the last verified action that changed something', () => {
  const action = (id: EventOf<'action'>['action'], target: string, phase: EventOf<'action'>['phase']) =>
    entry({ kind: 'action', run: `${id} ${target}`, action: id, target, phase }, 5);
  const fixOf = (...entries: readonly Entry[]) => {
    const incident = projectIncident('one', [opened(), ...entries]);
    return incident && likelyFix(incident);
  };
  expect(fixOf()).toBeUndefined();
  const restarted = action('restart-deployment', 'deployment/api-gateway', 'verified');
  const unproven = action('scale-deployment', 'deployment/executor', 'unverified');
  const page = action('acknowledge-page', 'page/p1', 'verified');
  expect(fixOf(unproven, page)).toBeUndefined();
  // Saved logs end no outage, and neither does a look at the keys.
  for (const id of ['preserve-evidence', 'list-api-keys', 'create-api-key'] as const)
    expect(fixOf(action(id, 'x', 'verified'))).toBeUndefined();
  expect(fixOf(restarted, unproven, page)).toBe('restart-deployment deployment/api-gateway');
  const mitigated = entry({ kind: 'mitigated', why: 'it answers' }, 6);
  expect(fixOf(restarted, mitigated)).toBe('it answers');
  expect(fixOf(restarted, mitigated, entry({ kind: 'reopened', why: 'again' }, 7))).toBe(
    'restart-deployment deployment/api-gateway',
  );
});

test('the projection of the entries is the incident', () => {
  const incident = projectIncident('one', story());
  expect(incident).toMatchObject({
    severity: 2,
    openedBy: 'ops1',
    acknowledged: { by: 'ops1' },
    firstFind: { step: 'sev1/gateway-status' },
    roles: { commander: ['ops1'], scribe: ['ops2'] },
    people: ['ops1', 'ops2'],
    control: { session: 'session-ops1' },
  });
  expect(incident?.runs).toMatchObject([{ run: 'r1', phase: 'verified', calls: ['kubectl …'] }]);
  expect(incident?.steps['sev1/database']).toMatchObject({ mark: 'done', by: 'ops1' });
});

test('the clocks', () => {
  const incident = projectIncident('one', story());
  if (!incident) throw new Error('no incident');
  expect(clocks(incident, start + 60 * minute)).toEqual({
    open: 40 * minute,
    toAcknowledge: minute,
    toFirstFind: 4 * minute,
    toMitigate: 15 * minute,
    toResolve: 40 * minute,
  });
  expect(timePerSeverity(incident, start + 60 * minute)).toEqual([
    { severity: 1, time: 10 * minute },
    { severity: 2, time: 30 * minute },
  ]);
});

test('an update is due half an hour after the last one, at SEV1 and SEV2 only', () => {
  const fresh = [opened(0)];
  const due = (entries: readonly Entry[]) => {
    const incident = projectIncident('one', entries);
    return incident ? clocks(incident, start).updateDue : undefined;
  };
  expect(due(fresh)).toBe(start + 30 * minute);
  expect(due([...fresh, entry({ kind: 'update', text: 'CAN' }, 20)])).toBe(start + 50 * minute);
  expect(due([...fresh, entry({ kind: 'severity', severity: 3, why: 'one surface' }, 1)])).toBeUndefined();
});

test('a higher severity and a reopening restart the clock of updates', () => {
  const severity = (to: 1 | 2 | 3, minutes: number) => entry({ kind: 'severity', severity: to, why: 'x' }, minutes);
  const due = (...more: readonly Entry[]) => {
    const incident = projectIncident('one', [opened(0), ...more]);
    return incident ? ((clocks(incident, start).updateDue ?? 0) - start) / minute : undefined;
  };
  expect(due(severity(3, 1), severity(2, 120))).toBe(150);
  expect(due(severity(2, 10))).toBe(30);
  const [over, again] = [entry({ kind: 'resolved', why: 'x' }, 40), entry({ kind: 'reopened', why: 'y' }, 200)];
  expect(due(over, again)).toBe(230);
  const incident = projectIncident('one', [
    opened(0),
    severity(2, 10),
    over,
    again,
    entry({ kind: 'resolved', why: 'z' }, 220),
  ]);
  // From minute 40 to 200 it was over.
  expect(incident && timePerSeverity(incident, start + 300 * minute)).toEqual([
    { severity: 1, time: 10 * minute },
    { severity: 2, time: 50 * minute },
  ]);
});

test('a dismissed reminder is gone', () => {
  const remind = (about: string, minutes: number) =>
    entry({ kind: 'reminder', about, due: start + minutes * minute }, 1);
  const seen = [
    opened(),
    remind('call ann', 5),
    remind('call bob', 9),
    entry({ kind: 'reminded', about: 'call ann' }, 6),
  ];
  expect(projectIncident('one', seen)?.reminders.map((one) => one.about)).toEqual(['call bob']);
});

test('an action with a start and no end is unfinished', () => {
  const incident = projectIncident('one', story().slice(0, 6));
  expect(incident && unfinished(incident).map((run) => run.run)).toEqual(['r1']);
  const whole = projectIncident('one', story());
  expect(whole && unfinished(whole)).toEqual([]);
});

test('a reopened incident is open; a reminder disappears when its step is done', () => {
  const entries = [
    opened(),
    entry({ kind: 'reminder', step: 'sev3/enable', about: 'the surface', due: start }, 1),
    entry({ kind: 'resolved', why: 'x' }, 2),
    entry({ kind: 'reopened', why: 'it is back' }, 3),
  ];
  expect(projectIncident('one', entries)).toMatchObject({ reminders: [{ step: 'sev3/enable' }] });
  expect(projectIncident('one', entries)?.resolvedAt).toBeUndefined();
  const done = [...entries, entry({ kind: 'step', step: 'sev3/enable', mark: 'done' }, 4)];
  expect(projectIncident('one', done)?.reminders).toEqual([]);
});

test('a cancelled incident has ended and counts in no clock; reopened it is open, the time between is left out', () => {
  const entries = [opened(), entry({ kind: 'acknowledged' }, 1), entry({ kind: 'cancelled', why: 'a test alert' }, 2)];
  const cancelled = projectIncident('one', entries);
  expect(cancelled).toMatchObject({ cancelledAt: start + 2 * minute });
  if (!cancelled) throw new Error('no incident');
  expect([isOngoing(cancelled), cancelled.resolvedAt]).toEqual([false, undefined]);
  expect(clocks(cancelled, start + 60 * minute)).toEqual({ open: 2 * minute });
  expect(timePerSeverity(cancelled, start + 60 * minute)).toEqual([]);
  const again = projectIncident('one', [...entries, entry({ kind: 'reopened', why: 'it was real' }, 12)]);
  if (!again) throw new Error('no incident');
  expect([isOngoing(again), again.cancelledAt]).toEqual([true, undefined]);
  expect(timePerSeverity(again, start + 15 * minute)).toEqual([{ severity: 1, time: 5 * minute }]);
});

test('without an opening entry there is no incident; entries of other incidents are ignored', () => {
  expect(projectIncident('one', story().slice(1))).toBeUndefined();
  const two = entry({ kind: 'opened', title: 'x', severity: 4, why: 'y' }, 0, 'ops3', 'two');
  expect(projectAll([two, ...story()]).map((i) => [i.id, i.people])).toEqual([
    ['one', ['ops1', 'ops2']],
    ['two', ['ops3']],
  ]);
});

test('the projection does not depend on the order of files or on entries read twice', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(anyEvent, fc.constantFrom('ops1', 'ops2', 'ops3')), { maxLength: 40 }),
      fc.infiniteStream(fc.integer()),
      (events, random) => {
        const entries = [opened(), ...events.map(([e, by], at) => entry(e, at, by))];
        const shuffled = [...entries, ...entries.slice(0, 5)]
          .map((e) => [random.next().value ?? 0, e] as const)
          .sort(([a], [b]) => a - b)
          .map(([, e]) => e);
        const files = ['ops3', 'ops1', 'ops2'].flatMap((by) => entries.filter((e) => e.writer.name === by));
        const told = projectIncident('one', entries);
        expect(projectIncident('one', shuffled)).toEqual(told);
        expect(projectIncident('one', files)).toEqual(told);
      },
    ),
  );
});

test('of two who took control with the same number the first counts; a number too far ahead counts for nothing', () => {
  const start = { kind: 'opened', title: 'x', severity: 1, why: 'y' } as const;
  const wheel = (by: string, fence: number) =>
    ({ kind: 'wheel', session: `session-${by}`, person: by, fence }) as const;
  const control = (...fences: readonly (readonly [string, number])[]) =>
    tell(0, [0, 'ana', start], ...fences.map(([by, fence], at) => [at + 1, by, wheel(by, fence)] as const)).control;
  expect(control(['ben', 2], ['eve', 2])).toMatchObject({ person: 'ben', fence: 2 });
  expect(control(['ben', 3], ['eve', 2])).toMatchObject({ person: 'ben', fence: 3 });
  expect(control(['ben', 2], ['eve', 5000])).toMatchObject({ person: 'ben', fence: 2 });
  expect(control(['ben', 2], ['eve', 3])).toMatchObject({ person: 'eve', fence: 3 });
});
