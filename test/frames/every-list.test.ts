// Every list, asked for or from the world, in the states a night has: not answered yet, empty, one row, a hundred thousand, its
// backend away with and without something seen before.
import { describe, expect, test } from 'vitest';
import { type Query, queryKey } from '../../src/core/queries/query.ts';
import { noUse } from '../../src/core/queries/statements.ts';
import { noCounts } from '../../src/core/queries/table-use.ts';
import { pending, type Reading } from '../../src/core/world/reading.ts';
import { dispatchKey } from '../../src/screens/shell/dispatch-key.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import { reduce } from '../../src/screens/shell/reducer.ts';
import { seeing } from '../../src/screens/shell/seen.ts';
import { placeAt, type State } from '../../src/store.ts';
import { statement, statements, tableUse, waits } from '../support/statement-answers.ts';
import { calm, fault, frameText, live, lost, now, pod, pressing, stateOf, study, surface } from '../support/worlds.ts';

const size = { columns: 80, rows: 24 };
const id = (i: number) => `row_${String(i).padStart(6, '0')}`;
/** `make` of so many ids, in the order in which the screen shows them. */
const rowsOf = <T>(n: number, make: (name: string, i: number) => T): T[] =>
  Array.from({ length: n }, (_, i) => make(id(i), i));

type List = {
  of?: Readonly<Record<string, string>>;
  /** What is asked for it, or the fact of the world that it shows. */
  from: Query | 'pods' | 'surfaces' | 'studies';
  /** An answer with so many rows; the first is `row_000000`. */
  answer(n: number): unknown;
  /** What it says when there is nothing. */
  nothing: string;
};

const database = { where: 'db', inRecovery: false, sessionsExact: true, replicas: [], slots: [], missing: [] };
const upkeep = { ...database, sessions: [], tables: [], idAges: [], vacuums: [] };
const job = { surface: 'openai-api', status: 'failed', attempts: 1, createdAt: now - 1000 };

const lists: Readonly<Record<string, List>> = {
  'all-studies': {
    from: { kind: 'studies', search: '', rows: 200 },
    answer: (n) => ({
      more: false,
      rows: rowsOf(n, (name) => ({ id: name, tenant: 't', status: 'completed', createdAt: now, progressedAt: now })),
    }),
    nothing: 'no studies',
  },
  jobs: {
    of: { study: 's', status: '' },
    from: { kind: 'jobs', study: 's', status: '', search: '', rows: 200 },
    answer: (n) => ({ more: false, rows: rowsOf(n, (name) => ({ ...job, id: name })) }),
    nothing: 'no jobs',
  },
  'api-keys': {
    from: { kind: 'api-keys' },
    answer: (n) => ({
      more: false,
      rows: rowsOf(n, (name) => ({
        id: name,
        tenant: 't',
        name,
        permissions: [],
        createdAt: now,
        lastUsedAt: now,
        revoked: false,
      })),
    }),
    nothing: 'no API keys',
  },
  sessions: {
    from: { kind: 'database', server: 'primary' },
    answer: (n) => ({
      ...upkeep,
      sessions: rowsOf(n, (name, pid) => ({
        pid,
        user: name,
        application: '',
        client: '',
        database: '',
        state: 'idle',
        blockedBy: [],
        query: name,
      })),
    }),
    nothing: 'no other sessions',
  },
  tables: {
    from: { kind: 'database', server: 'primary' },
    answer: (n) => ({
      ...upkeep,
      tables: rowsOf(n, (name, i) => ({ name, totalBytes: 1, liveRows: 1, deadRows: n - i, changed: 0 })),
    }),
    nothing: 'no visible tables',
  },
  statements: {
    from: { kind: 'statements', server: 'primary', moment: '' },
    answer: (n) => ({
      ...statements,
      rows: rowsOf(n, (name, i) => ({
        ...statement(),
        id: name,
        text: name,
        since: { ...noUse, calls: 1, time: n - i },
      })),
    }),
    nothing: 'no statement was run since then',
  },
  waits: {
    from: { kind: 'waits', server: 'primary', moment: '', samples: 60 },
    answer: (n) => ({
      ...waits,
      events: [],
      statements: rowsOf(n, (name) => ({ text: name, user: '', count: 1, pid: 1, events: [] })),
    }),
    nothing: 'no session was active in these samples',
  },
  'table-use': {
    from: { kind: 'table-use', server: 'primary', moment: '' },
    answer: (n) => ({
      ...tableUse,
      indexes: [],
      tables: rowsOf(n, (name, i) => ({
        ...{ name, bytes: 1, liveRows: 1, deadRows: 0, whole: noCounts },
        since: { ...noCounts, seqRows: n - i },
      })),
    }),
    nothing: 'no visible tables',
  },
  indexes: {
    from: { kind: 'table-use', server: 'primary', moment: '' },
    answer: (n) => ({
      ...tableUse,
      indexes: rowsOf(n, (name, i) => ({
        ...{ name, table: 'jobs', bytes: n - i, since: 0, whole: 0, constraint: false, valid: true, columns: '' },
      })),
    }),
    nothing: 'no visible indexes',
  },
  evidence: {
    from: { kind: 'evidence' },
    answer: (n) => ({
      bucket: 'b',
      objects: n,
      bytes: n,
      complete: true,
      groups: rowsOf(n, (name, i) => ({ study: name, objects: 1, bytes: 1, oldest: i, newest: now })),
    }),
    nothing: 'the bucket is empty',
  },
  'evidence-study': {
    of: { study: 's' },
    from: { kind: 'evidence-study', study: 's' },
    answer: (n) => ({
      bucket: 'b',
      study: 's',
      complete: true,
      versions: rowsOf(n, (name) => ({
        key: `s/${name}`,
        versionId: 'v',
        kind: 'version',
        latest: true,
        bytes: 1,
        at: now,
      })),
    }),
    nothing: 'no evidence for this study',
  },
  pods: {
    from: 'pods',
    answer: (n) => rowsOf(n, (name) => pod('executor', name, { name })),
    nothing: 'no pods in bentham-prod',
  },
  surfaces: {
    from: 'surfaces',
    answer: (n) => ({ surfaces: rowsOf(n, (name, i) => surface(name, n - i, n)), estimated: false }),
    nothing: 'no finished jobs in the last hour',
  },
  studies: {
    from: 'studies',
    answer: (n) => ({
      active: rowsOf(n, (name, i) => study(name, { progressedAt: now - 100_000 + i / 1000 })),
      activeCount: { value: n, exact: true },
      finishedLastHour: 0,
      failedLastHour: 0,
      lastHourExact: true,
      newLastTenMinutes: 0,
    }),
    nothing: 'no active studies',
  },
};

function stateWith(from: List['from'], reading: Reading<unknown>): State {
  if (typeof from === 'object') return stateOf(calm, { queries: { [queryKey(from)]: reading } });
  return stateOf({ ...calm, readings: { ...calm.readings, [from]: reading } });
}

function at(screen: string, reading: Reading<unknown> = pending): State {
  const { from, of = {} } = lists[screen] as List;
  const state = stateWith(from, reading);
  return { ...state, ui: { ...state.ui, stack: [state.ui.stack[0], placeAt(screen, of)] } };
}

/** What stands between the header and the footer. */
const bodyOf = (state: State) => frameText(state, size).split('\n').slice(3, -2);

describe.each(Object.entries(lists))('%s', (screen, { answer, nothing }) => {
  test('without an answer yet it says so, and has no row', () => {
    expect(bodyOf(at(screen)).join('\n')).toMatch(/loading …|no answer yet/);
  });

  test('says that it is empty', () => {
    expect(bodyOf(at(screen, live(answer(0)))).join('\n')).toContain(nothing);
  });

  test('shows one row', () => {
    const text = bodyOf(at(screen, live(answer(1)))).join('\n');
    expect(text).toMatch(/▌.*row_0/);
    expect(text).not.toContain(nothing);
  });

  test('of a hundred thousand rows, the last and the first are one key away', () => {
    const many = at(screen, live(answer(100_000)));
    expect(bodyOf(many).join('\n')).toMatch(/▌.*row_000000/);
    const end = pressing(many, size, 'G');
    expect(bodyOf(end).join('\n')).toMatch(/▌.*row_099999/);
    expect(bodyOf(pressing(end, size, 'g')).join('\n')).toMatch(/▌.*row_000000/);
  });

  test('with its backend unreachable it says why, and keeps its last rows', () => {
    const without = bodyOf(at(screen, lost())).join('\n');
    expect(without).toContain(fault.what);
    expect(without).not.toContain(nothing);
    const seen = bodyOf(at(screen, lost(answer(3)))).join('\n');
    expect(seen).toContain(fault.what);
    expect(seen).toMatch(/row_000002/);
  });

  test('the marker, though no key moved it, stays on its row when another comes before it', () => {
    const three = answer(3);
    const drawn = seenIn(at(screen, live(without(three, id(0)))));
    expect(bodyOf(drawn).join('\n')).toMatch(/▌.*row_000001/);
    const more = answered(drawn, at(screen, live(three)));
    expect(bodyOf(more).join('\n')).toMatch(/row_000000/);
    expect(bodyOf(more).join('\n')).toMatch(/▌.*row_000001/);
    expect(copiedIn(more)).toBe(copiedIn(drawn));
  });

  test('no key is meant for what took the place of a row that is gone, before it was seen', () => {
    const three = answer(3);
    const drawn = seenIn(at(screen, live(three)));
    const less = answered(drawn, at(screen, live(without(three, id(0)))));
    expect(bodyOf(less).join('\n')).toMatch(/▌.*row_000001/);
    expect(dispatchKey(less, frame(less, size), 'y')).toEqual([expect.objectContaining({ kind: 'notice' })]);
    expect(copiedIn(seenIn(less))).toBe(copiedIn(seenIn(at(screen, live(without(three, id(0)))))));
  });

  test('a marker that no key moved stays on the first page, where what is worst comes', () => {
    const many = answer(100);
    const last = id(99);
    const drawn = seenIn(at(screen, live(without(many, ...Array.from({ length: 99 }, (_, i) => id(i))))));
    expect(bodyOf(drawn).join('\n')).toMatch(new RegExp(`▌.*${last}`));
    const more = answered(drawn, at(screen, live(many)));
    expect(bodyOf(more).join('\n')).toMatch(/▌.*row_000000/);
    expect(frame(more, size).unseen).toBe(true);
  });
});

/** The same, without the rows of these names. */
function without(value: unknown, ...names: readonly string[]): unknown {
  if (Array.isArray(value))
    return value
      .filter((one) => !names.some((name) => JSON.stringify(one).includes(name)))
      .map((one) => without(one, ...names));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, without(one, ...names)]));
}

/** The screen once it was drawn for long enough. */
function seenIn(state: State): State {
  const drawn = frame(state, size);
  const sees = seeing(state, drawn);
  return sees ? reduce(state, { kind: 'seen', row: sees.row }, drawn.list) : state;
}

/** What is shown in `state`, with the answer that `next` has. */
const answered = (state: State, { world, queries }: State): State => ({ ...state, world, queries });

function copiedIn(state: State): string {
  const [copies] = dispatchKey(state, frame(state, size), 'y');
  expect(copies?.kind).toBe('copy');
  return copies?.kind === 'copy' ? copies.text : '';
}
