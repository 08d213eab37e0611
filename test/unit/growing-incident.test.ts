// As an incident grows, only what is new is projected, sent and told. Each of these ways has to say what the whole says.
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addedTo, listDelta, mapping, type ReadonlyList, withDelta } from '../../src/core/growing.ts';
import { metrics } from '../../src/core/health/metrics.ts';
import { countingEntries } from '../../src/core/incident/counting.ts';
import { type Entry, type Event, entryWithId, identityOf, inOrder, withNews } from '../../src/core/incident/event.ts';
import { samplesOf as inWhole } from '../../src/core/incident/impact.ts';
import { type Incident, projectIncident } from '../../src/core/incident/incident.ts';
import { Projection } from '../../src/core/incident/projection.ts';
import { surfaceActs, surfaceRecord } from '../../src/core/incident/surface-record.ts';
import { decoder, encoder } from '../../src/engine/pods-delta.ts';
import type { Update } from '../../src/engine/protocol.ts';
import { type Told, timelineOf, timelineTeller } from '../../src/runbook/timeline.ts';
import { timelineScreen } from '../../src/screens/incident/timeline.ts';
import { samplesOf } from '../../src/screens/metrics/charts.ts';
import { placeAt } from '../../src/store.ts';
import { anyEvent } from '../support/any-event.ts';
import { contextOf } from '../support/story.ts';
import { calm, stateOf } from '../support/worlds.ts';

const keys = ['K'.repeat(26), 'M'.repeat(26)];

/** What changes how earlier entries are projected or told. */
const often: fc.Arbitrary<Event> = fc.oneof(
  fc.constant<Event>({ kind: 'opened', title: 'again', severity: 1, why: '' }),
  fc.record({
    kind: fc.constant('notified' as const),
    message: fc.constantFrom('m1', 'm2'),
    channel: fc.constant('slack-ops' as const),
    purpose: fc.constant('update' as const),
    delivery: fc.constantFrom('sending' as const, 'sent' as const),
    text: fc.constant('still failing'),
  }),
  fc.record({
    kind: fc.constant('action' as const),
    run: fc.constantFrom('a', 'b'),
    action: fc.constant('disable-surface' as const),
    target: fc.constant('surface/openai'),
    phase: fc.constantFrom('started' as const, 'verified' as const, 'failed' as const),
  }),
);

/** Entries of three writers about two incidents: own ones, signed ones of others, and those without a key. */
const anyEntry = fc
  .record({
    event: fc.oneof(anyEvent, often),
    by: fc.constantFrom(0, 1, 2),
    incident: fc.constantFrom('one', 'one', 'one', 'two', undefined),
    own: fc.boolean(),
    /** By how much the clock of its host is behind. */
    behind: fc.constantFrom(0, 0, 0, 3),
  })
  .map(({ event, by, incident, own, behind }) => (at: number): Entry => {
    const key = keys[by - 1];
    return {
      id: String(at).padStart(26, '0'),
      at: Math.max(0, at - behind),
      writer: { session: `s${by}`, user: `user${by}`, name: `name${by}`, host: 'bastion', key },
      environment: 'PRODUCTION',
      incident,
      event,
      own: (own && by === 1) || undefined,
    };
  });

const opened: Event = { kind: 'opened', title: 'API errors', severity: 2, why: '5xx' };
const first = (by: number): Entry => ({
  id: '0'.repeat(26),
  at: 0,
  writer: { session: `s${by}`, user: `user${by}`, name: `name${by}`, host: 'bastion', key: keys[by - 1] },
  environment: 'PRODUCTION',
  incident: 'one',
  event: opened,
  own: by === 1 || undefined,
});

/** A journal as it is read: mostly in order, in batches, some entries late, some twice, some with the id of another. */
const anyJournal = fc
  .tuple(
    fc.constantFrom(0, 1, 2),
    fc.array(fc.tuple(anyEntry, fc.integer({ min: 0, max: 9 })), { maxLength: 40, size: 'max' }),
    fc.integer({ min: 1, max: 6 }),
  )
  .map(([opener, made, size]) => {
    const entries = [first(opener), ...made.map(([make, late], at) => make(late === 7 ? at : at + 1))];
    const order = entries.map((entry, at) => [entry, at + (made[at - 1]?.[1] === 9 ? 7 : 0)] as const);
    const arrived = order.toSorted(([, a], [, b]) => a - b).map(([entry]) => entry);
    const twice = made.flatMap(([, late], at) => (late === 8 ? (entries[at] ?? []) : []));
    const all = [...arrived, ...twice];
    return Array.from({ length: Math.ceil(all.length / size) }, (_, at) => all.slice(at * size, (at + 1) * size));
  });

const second = (by: number, event: Event): Entry => ({ ...first(by), id: '1'.padStart(26, '0'), at: 1, event });
/** Two entries of one id, the later one of a person without control. */
const sharedId = [
  [first(0)],
  [second(2, { kind: 'role', role: 'commander', change: 'taken', person: 'x' })],
  [second(1, { kind: 'action', run: 'a', action: 'disable-surface', target: 'surface/openai', phase: 'started' })],
];

describe('one by one is as all at once', () => {
  test('the order of entries', () => {
    fc.assert(
      fc.property(anyJournal, (batches) => {
        const grown = batches.reduce<ReadonlyList<Entry>>(withNews, []);
        expect([...grown]).toEqual(inOrder(batches.flat()));
        expect(grown.map(identityOf)).toEqual([...new Set(batches.flat().map(identityOf))].sort());
      }),
    );
  });

  test('incidents, what counts beyond them, and what was done to surfaces', () => {
    fc.assert(
      fc.property(anyJournal, fc.integer({ min: 1, max: 9 }), (batches, every) => {
        const projection = new Projection(every);
        const record = surfaceRecord({ environment: 'PRODUCTION' });
        let entries: ReadonlyList<Entry> = [];
        for (const batch of batches) {
          entries = withNews(entries, batch);
          projection.take(entries);
          const whole = ['one', 'two'].map((id) => projectIncident(id, entries));
          expect(['one', 'two'].map((id) => projection.incident(id))).toEqual(whole);
          expect(projection.incidents).toEqual(whole.filter((one) => one !== undefined));
          expect(projection.counting).toEqual(countingEntries(entries));
          expect(record(projection.counting)).toEqual(surfaceActs(entries, { environment: 'PRODUCTION' }));
        }
      }),
    );
  });

  test('the timeline', () => {
    fc.assert(
      fc.property(anyJournal, (batches) => {
        const teller = timelineTeller();
        const rows = mapping((told: Told) => ({ told }));
        let before: ReadonlyList<Told> = [];
        for (const incident of states(batches)) {
          if (!incident) continue;
          const whole = timelineOf(incident);
          const told = teller(incident);
          expect(told).toEqual(whole);
          expect(rows(told).map((row) => row.told)).toEqual([...whole]);
          // What is told as before is the same object, wherever it stands now.
          const known = new Map(before.map((one) => [one.entry, one]));
          for (const one of told) {
            const was = known.get(one.entry);
            // That of a run may be told again in the same words, since its start is known.
            if (was && one.entry.event.kind !== 'action' && isDeepStrictEqual(was, one)) expect(one).toBe(was);
          }
          expect(teller(incident)).toBe(told);
          before = told;
        }
      }),
      { examples: [[sharedId]] },
    );
  });

  test('the samples of the charts', () => {
    fc.assert(
      fc.property(anyJournal, (batches) => {
        for (const incident of states(batches)) {
          const state = stateOf({ ...calm, history: {} }, { incident });
          for (const metric of metrics) {
            const whole = incident ? inWhole(incident, metric.id).samples : [];
            expect(samplesOf(metric, state).map(({ at, value }) => ({ at, value }))).toEqual(whole);
          }
        }
      }),
    );
  });

  test('what the screen gets: differences, with null between them', () => {
    fc.assert(
      fc.property(anyJournal, fc.nat(5), (batches, gap) => {
        const { encode } = encoder();
        const decode = decoder();
        for (const [at, state] of states(batches).entries()) {
          const incident = at === gap ? null : (state ?? null);
          const sent = structuredClone(encode({ incident }));
          expect(decode(sent).incident).toEqual(incident);
        }
      }),
    );
  });
});

/** What the screen has after an update, and whether it was told of an incident. */
function screenOf(parts: ReturnType<typeof encoder>) {
  const decode = decoder();
  let shown: Incident | null = null;
  return (update: Update) => {
    const told = decode(structuredClone(parts.encode(update)));
    if (told.incident !== undefined) shown = told.incident;
    return { shown, told };
  };
}

describe('what is long comes in parts', () => {
  test('the screen has the last whole incident, whatever changes meanwhile', () => {
    fc.assert(
      fc.property(anyJournal, fc.integer({ min: 1, max: 4 }), fc.nat(3), fc.nat(12), (batches, longest, pause, gap) => {
        const parts = encoder(longest);
        const take = screenOf(parts);
        let whole: Incident | null = null;
        for (const [at, state] of states(batches).entries()) {
          const incident = at === gap ? null : (state ?? null);
          let { shown } = take({ incident });
          for (let turn = 0; parts.isPending && turn < pause; turn += 1) {
            expect(shown).toEqual(whole);
            ({ shown } = take({ now: turn }));
          }
          if (!parts.isPending) {
            expect(shown).toEqual(incident);
            whole = incident;
          } else expect(shown).toEqual(whole);
        }
        for (let turn = 0; parts.isPending && turn < 100; turn += 1) take({});
        expect(parts.isPending).toBe(false);
        expect(take({ now: 0 }).shown).toEqual(
          states(batches).length - 1 === gap ? null : (states(batches).at(-1) ?? null),
        );
      }),
    );
  });

  test('what is known beside the incident comes with it', () => {
    const parts = encoder(2);
    const take = screenOf(parts);
    const incidentContext = contextOf('Ana');
    const begun = take({ now: 1, incident: long ?? null, incidentContext });
    expect(begun).toEqual({ shown: null, told: { now: 1 } });
    expect(parts.isPending).toBe(true);
    const ended = take({});
    expect(parts.isPending).toBe(false);
    expect(ended.told).toEqual({ incident: long, incidentContext });
    // A note is one part, and is told at once.
    expect(take({ incident: short ?? null }).shown).toEqual(short);
    expect(take({ incident: long ?? null }).shown).toEqual(long);
  });
});

/** The incident after each batch. */
function states(batches: readonly (readonly Entry[])[]): readonly (Incident | undefined)[] {
  const projection = new Projection();
  let entries: ReadonlyList<Entry> = [];
  return batches.map((batch) => {
    entries = withNews(entries, batch);
    projection.take(entries);
    return projection.incident('one');
  });
}

const timelineTold = timelineTeller();

const note = (at: number): Entry => ({
  ...first(0),
  id: String(at).padStart(26, '0'),
  at,
  event: { kind: 'note', text: `note ${at}` },
});
const [short, long] = states([[first(0), note(1), note(2)], [note(3)]]);

test('a note sends one entry, and the screen keeps the identity of the others', () => {
  const { encode } = encoder();
  const decode = decoder();
  const before = decode(structuredClone(encode({ incident: short ?? null }))).incident;
  const envelope = encode({ incident: long ?? null });
  expect(envelope.incident?.lists.entries).toEqual({ keep: 3, add: [note(3)] });
  const after = decode(structuredClone(envelope)).incident;
  expect(after?.entries.slice(0, 3).every((entry, at) => entry === before?.entries.at(at))).toBe(true);
  expect(before?.entries).toHaveLength(3);
  expect(after?.runs).toBe(before?.runs);
});

test('an update without an incident says nothing about it', () => {
  const decode = decoder();
  decode(structuredClone(encoder().encode({ incident: short ?? null })));
  expect('incident' in decode(encoder().encode({ now: 1 }))).toBe(false);
});

test('the timeline keeps its rows by identity; a pin makes only its own', () => {
  const rows = (incident: Incident | undefined) => {
    const state = stateOf(calm, { incident });
    return timelineScreen.view?.(state, placeAt('timeline'), { columns: 80, rows: 20 }).rows ?? [];
  };
  const before = rows(short);
  const after = rows(long);
  expect(after.slice(1)).toHaveLength(3);
  expect(after.slice(1).every((row, at) => row === before[at])).toBe(true);
  expect(rows(short)).toBe(before);
  const pinned = rows(long && { ...long, pins: [note(2).id] });
  expect(pinned.map((row, at) => row === after[at])).toEqual([true, false, true, true]);
});

test('an end that was told before its start is known is told again, by itself', () => {
  const phase = (id: number, at: number, phase: 'started' | 'verified'): Entry => ({
    ...note(id),
    at,
    event: { kind: 'action', run: 'a', action: 'disable-surface', target: 'surface/openai', phase },
  });
  // The clock of the host that started it was behind: its entry comes later, with an earlier time.
  const journal = [[first(0), note(1), phase(2, 60_000, 'verified')], [phase(3, 1000, 'started')]];
  const [before, after] = states(journal).map((incident) => incident && timelineTold(incident));
  expect(before?.at(2)?.story.says).toMatch(/verified$/);
  expect(after?.at(2)?.story.says).toMatch(/verified after 59 s$/);
  expect(after?.at(1)).toBe(before?.at(1));
});

test('of a list that changed in its middle, what was made of the others stays', () => {
  const made: object[] = [];
  const each = mapping((item: object) => {
    made.push(item);
    return { item };
  });
  const [a, b, c, d] = [{}, {}, {}, {}];
  const first = each([a, b, c]);
  expect(each([a, d, b, c]).map((row) => first.indexOf(row))).toEqual([0, -1, 1, 2]);
  expect(each([b, c]).map((row) => first.indexOf(row))).toEqual([1, 2]);
  expect(made).toEqual([a, b, c, d]);
});

test('an entry is found by its id', () => {
  const entries = [note(1), note(3), note(5)];
  for (const entry of entries) expect(entryWithId(entries, entry.id)).toBe(entry);
  for (const at of [0, 2, 4, 6]) expect(entryWithId(entries, note(at).id)).toBeUndefined();
  expect(entryWithId([], note(1).id)).toBeUndefined();
});

test('lists as differences', () => {
  const [a, b, c] = [{}, {}, {}];
  expect(addedTo([a], [a, b])).toEqual([b]);
  expect(addedTo([a, b], [a, c, b])).toBeUndefined();
  expect(addedTo([a, b], [a])).toBeUndefined();
  const before = [a, b];
  expect(withDelta(before, listDelta(before, before))).toBe(before);
  for (const after of [[], [a], [a, c], [a, b, c], [b, a]])
    expect(withDelta(before, listDelta(before, after))).toEqual(after);
});

test('outside an incident only our own entries count: those of this account, and those that nobody signed', () => {
  const event: Event = { kind: 'note', text: 'x' };
  const entry = (id: string, writer: Entry['writer'], own?: true): Entry => ({
    ...{ id, at: 1, writer, environment: 'PRODUCTION', event, own },
  });
  const who = { session: 's', user: 'ops', name: 'Ops', host: 'here' };
  const entries = [
    entry('1', who),
    entry('2', { ...who, key: keys[0] ?? '' }),
    entry('3', { ...who, key: keys[1] ?? '' }, true),
  ];
  expect(countingEntries(entries).map(({ id }) => id)).toEqual(['1', '3']);
  const projection = new Projection();
  for (let n = 1; n <= entries.length; n += 1) projection.take(entries.slice(0, n));
  expect(projection.counting.map(({ id }) => id)).toEqual(['1', '3']);
});
