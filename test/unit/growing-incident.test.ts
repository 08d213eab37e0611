// As an incident grows, only what is new is projected, sent and told. Each of these ways has to say what the whole says.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addedTo, listDelta, withDelta } from '../../src/core/growing.ts';
import { countingEntries } from '../../src/core/incident/counting.ts';
import { type Entry, type Event, inOrder, withNews } from '../../src/core/incident/event.ts';
import { type Incident, projectIncident } from '../../src/core/incident/incident.ts';
import { Projection } from '../../src/core/incident/projection.ts';
import { surfaceActs, surfaceRecord } from '../../src/core/incident/surface-record.ts';
import { decoder, encoder } from '../../src/engine/pods-delta.ts';
import { timelineOf, timelineTeller } from '../../src/runbook/timeline.ts';
import { timelineScreen } from '../../src/screens/incident/timeline.ts';
import { placeAt } from '../../src/store.ts';
import { anyEvent } from '../support/any-event.ts';
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
  })
  .map(({ event, by, incident, own }) => (at: number): Entry => {
    const key = keys[by - 1];
    return {
      id: String(at).padStart(26, '0'),
      at,
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

/** A journal as it is read: mostly in order, in batches, some entries late, some twice. */
const anyJournal = fc
  .tuple(
    fc.constantFrom(0, 1, 2),
    fc.array(fc.tuple(anyEntry, fc.integer({ min: 0, max: 9 })), { maxLength: 40, size: 'max' }),
    fc.integer({ min: 1, max: 6 }),
  )
  .map(([opener, made, size]) => {
    const entries = [first(opener), ...made.map(([make], at) => make(at + 1))];
    const order = entries.map((entry, at) => [entry, at + (made[at - 1]?.[1] === 9 ? 7 : 0)] as const);
    const arrived = order.toSorted(([, a], [, b]) => a - b).map(([entry]) => entry);
    const twice = made.flatMap(([, late], at) => (late === 8 ? (entries[at] ?? []) : []));
    const all = [...arrived, ...twice];
    return Array.from({ length: Math.ceil(all.length / size) }, (_, at) => all.slice(at * size, (at + 1) * size));
  });

describe('one by one is as all at once', () => {
  test('the order of entries', () => {
    fc.assert(
      fc.property(anyJournal, (batches) => {
        const grown = batches.reduce<readonly Entry[]>(withNews, []);
        expect(grown).toEqual(inOrder(batches.flat()));
        expect(grown.map(({ id }) => id)).toEqual([...new Set(batches.flat().map(({ id }) => id))].sort());
      }),
    );
  });

  test('incidents, what counts beyond them, and what was done to surfaces', () => {
    fc.assert(
      fc.property(anyJournal, (batches) => {
        const projection = new Projection();
        const record = surfaceRecord({ environment: 'PRODUCTION' });
        let entries: readonly Entry[] = [];
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
        for (const incident of states(batches)) if (incident) expect(teller(incident)).toEqual(timelineOf(incident));
      }),
    );
  });

  test('what the screen gets: differences, with null between them', () => {
    fc.assert(
      fc.property(anyJournal, fc.nat(5), (batches, gap) => {
        const encode = encoder();
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

/** The incident after each batch. */
function states(batches: readonly (readonly Entry[])[]): readonly (Incident | undefined)[] {
  const projection = new Projection();
  let entries: readonly Entry[] = [];
  return batches.map((batch) => {
    entries = withNews(entries, batch);
    projection.take(entries);
    return projection.incident('one');
  });
}

const note = (at: number): Entry => ({
  ...first(0),
  id: String(at).padStart(26, '0'),
  at,
  event: { kind: 'note', text: `note ${at}` },
});
const [short, long] = states([[first(0), note(1), note(2)], [note(3)]]);

test('a note sends one entry, and the screen keeps the identity of the others', () => {
  const encode = encoder();
  const decode = decoder();
  const before = decode(structuredClone(encode({ incident: short ?? null }))).incident;
  const envelope = encode({ incident: long ?? null });
  expect(envelope.incident?.lists.entries).toEqual({ keep: 3, add: [note(3)] });
  const after = decode(structuredClone(envelope)).incident;
  expect(after?.entries.slice(0, 3).every((entry, at) => entry === before?.entries[at])).toBe(true);
  expect(before?.entries).toHaveLength(3);
  expect(after?.runs).toBe(before?.runs);
});

test('an update without an incident says nothing about it', () => {
  const decode = decoder();
  decode(structuredClone(encoder()({ incident: short ?? null })));
  expect('incident' in decode(encoder()({ now: 1 }))).toBe(false);
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
