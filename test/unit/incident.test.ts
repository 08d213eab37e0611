import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clocks, timePerSeverity } from '../../src/core/clocks.ts';
import type { Entry, Event } from '../../src/core/event.ts';
import { foldAll, foldIncident, unfinished } from '../../src/core/incident.ts';
import { minute } from '../../src/core/time.ts';

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

test('the fold tells what happened', () => {
  const incident = foldIncident('one', story());
  expect(incident).toMatchObject({
    severity: 2,
    openedBy: 'ops1',
    acknowledged: { by: 'ops1' },
    firstFind: { step: 'sev1/gateway-status' },
    roles: { commander: ['ops1'], scribe: ['ops2'] },
    people: ['ops1', 'ops2'],
    wheel: { session: 'session-ops1' },
  });
  expect(incident?.runs).toMatchObject([{ run: 'r1', phase: 'verified', calls: ['kubectl …'] }]);
  expect(incident?.steps['sev1/database']).toMatchObject({ mark: 'done', by: 'ops1' });
});

test('the clocks', () => {
  const incident = foldIncident('one', story());
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

test('an update is due half an hour after the last word, at SEV1 and SEV2 only', () => {
  const fresh = [opened(0)];
  const due = (entries: readonly Entry[]) => {
    const incident = foldIncident('one', entries);
    return incident ? clocks(incident, start).updateDue : undefined;
  };
  expect(due(fresh)).toBe(start + 30 * minute);
  expect(due([...fresh, entry({ kind: 'update', text: 'CAN' }, 20)])).toBe(start + 50 * minute);
  expect(due([...fresh, entry({ kind: 'severity', severity: 3, why: 'one surface' }, 1)])).toBeUndefined();
});

test('an action that began and has no end is unfinished', () => {
  const incident = foldIncident('one', story().slice(0, 6));
  expect(incident && unfinished(incident).map((run) => run.run)).toEqual(['r1']);
  const whole = foldIncident('one', story());
  expect(whole && unfinished(whole)).toEqual([]);
});

test('reopened is open again; a reminder goes when its step is done', () => {
  const entries = [
    opened(),
    entry({ kind: 'reminder', step: 'sev3/enable', about: 'the surface', due: start }, 1),
    entry({ kind: 'resolved', why: 'x' }, 2),
    entry({ kind: 'reopened', why: 'it is back' }, 3),
  ];
  expect(foldIncident('one', entries)).toMatchObject({ reminders: [{ step: 'sev3/enable' }] });
  expect(foldIncident('one', entries)?.resolvedAt).toBeUndefined();
  const done = [...entries, entry({ kind: 'step', step: 'sev3/enable', mark: 'done' }, 4)];
  expect(foldIncident('one', done)?.reminders).toEqual([]);
});

test('without an opening there is no incident; entries of others are left out', () => {
  expect(foldIncident('one', story().slice(1))).toBeUndefined();
  const two = entry({ kind: 'opened', title: 'x', severity: 4, why: 'y' }, 0, 'ops3', 'two');
  expect(foldAll([two, ...story()]).map((i) => [i.id, i.people])).toEqual([
    ['one', ['ops1', 'ops2']],
    ['two', ['ops3']],
  ]);
});

const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ kind: fc.constant('severity' as const), severity: fc.constantFrom(1, 2, 3, 4), why: fc.string() }),
  fc.record({
    kind: fc.constant('step' as const),
    step: fc.constantFrom('sev1/acknowledge', 'sev1/redis', 'sev3/enable'),
    mark: fc.constantFrom('done', 'skipped', 'reopened'),
  }),
  fc.record({
    kind: fc.constant('action' as const),
    run: fc.constantFrom('a', 'b'),
    action: fc.constant('notify' as const),
    target: fc.string(),
    phase: fc.constantFrom('confirmed', 'started', 'finished', 'unknown'),
  }),
  fc.record({
    kind: fc.constant('role' as const),
    role: fc.constantFrom('commander', 'expert'),
    change: fc.constantFrom('taken', 'handed', 'left'),
    person: fc.constantFrom('x', 'y', 'z'),
  }),
  fc.record({ kind: fc.constant('note' as const), text: fc.string() }),
  fc.record({ kind: fc.constant('pin' as const), entry: fc.constantFrom('1', '2'), pinned: fc.boolean() }),
  fc.record({ kind: fc.constant('mitigated' as const), why: fc.string() }),
  fc.record({ kind: fc.constant('resolved' as const), why: fc.string() }),
  fc.record({ kind: fc.constant('reopened' as const), why: fc.string() }),
  fc.record({
    kind: fc.constant('wheel' as const),
    session: fc.constantFrom('s1', 's2'),
    person: fc.constantFrom('x', 'y'),
  }),
) as fc.Arbitrary<Event>;

test('any entries fold the same in whatever order their files are merged, twice read or not', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(event, fc.constantFrom('ops1', 'ops2', 'ops3')), { maxLength: 40 }),
      fc.infiniteStream(fc.integer()),
      (events, random) => {
        const entries = [opened(), ...events.map(([e, by], at) => entry(e, at, by))];
        const shuffled = [...entries, ...entries.slice(0, 5)]
          .map((e) => [random.next().value ?? 0, e] as const)
          .sort(([a], [b]) => a - b)
          .map(([, e]) => e);
        const files = ['ops3', 'ops1', 'ops2'].flatMap((by) => entries.filter((e) => e.writer.name === by));
        const told = foldIncident('one', entries);
        expect(foldIncident('one', shuffled)).toEqual(told);
        expect(foldIncident('one', files)).toEqual(told);
      },
    ),
  );
});
