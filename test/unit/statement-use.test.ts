// What statements cost since a moment, what sessions wait for, and statements without their literals.
import { describe, expect, test } from 'vitest';
import { lackOf } from '../../src/core/queries/lack.ts';
import {
  differenceSince,
  type Figure,
  foremost,
  noUse,
  type Snapshot,
  standsOut,
} from '../../src/core/queries/statements.ts';
import { countsSince, isUnused, noCounts, seqScanHint } from '../../src/core/queries/table-use.ts';
import { addSample, mostKinds, newTally, type Sampled, talliedOf } from '../../src/core/queries/waits.ts';
import { statementKind } from '../../src/core/text/statement.ts';
import { firstTable } from '../../src/screens/database/statements.ts';
import { statement, tableUse } from '../support/statement-answers.ts';

const figure = (key: string, calls: number, more: Partial<Figure> = {}): Figure => ({
  ...{ key, queryId: key, user: 'a', database: 'd', top: true, use: { ...noUse, calls, time: calls * 10 } },
  ...more,
});
const snapshot = (at: number, figures: readonly Figure[], more: Partial<Snapshot> = {}): Snapshot => ({
  ...{ at, serverAt: at + 500, figures },
  ...more,
});
const sinceOf = (before: Snapshot, now: Snapshot) =>
  Object.fromEntries(
    [...differenceSince(before, now).of].map(([key, { use, partial }]) => [
      key,
      partial ? `≥ ${use.calls}` : use.calls,
    ]),
  );

describe('statements since a moment', () => {
  const before = snapshot(1000, [figure('a', 10), figure('b', 5), figure('c', 7)], { resetAt: 1, evicted: 3 });

  test('are the difference; a new one is all since, one that is gone is not there', () => {
    expect(sinceOf(before, snapshot(2000, [figure('a', 12), figure('b', 5), figure('new', 4)]))).toEqual({
      a: 2,
      b: 0,
      new: 4,
    });
  });

  test('one that was counted anew is a lower bound', () => {
    const fewer = figure('a', 3);
    const dropped = figure('b', 9, { begun: 2000 });
    const older = figure('c', 8, { begun: 900 });
    expect(sinceOf(before, snapshot(3000, [fewer, dropped, older]))).toEqual({ a: '≥ 3', b: '≥ 9', c: 1 });
  });

  test('after a reset all is since the reset, on our clock, and so are the dropped entries', () => {
    const now = snapshot(9000, [figure('a', 11)], { resetAt: 5500, evicted: 2 });
    expect(differenceSince(before, now)).toMatchObject({ from: 5000, reset: true, evicted: 2 });
    expect(sinceOf(before, now)).toEqual({ a: 11 });
  });

  test('dropped entries are counted, where the server tells', () => {
    expect(differenceSince(before, snapshot(2000, [], { resetAt: 1, evicted: 10 })).evicted).toBe(7);
    expect(differenceSince(before, snapshot(2000, [])).evicted).toBeUndefined();
  });

  test('the first of each order are kept, in both spans', () => {
    const rows = [
      statement({ id: 'often', since: { ...noUse, calls: 900, time: 1 }, whole: { ...noUse, calls: 900, time: 1 } }),
      statement({ id: 'slow', since: { ...noUse, calls: 1, time: 800 }, whole: { ...noUse, calls: 1, time: 800 } }),
      statement({ id: 'dull', since: { ...noUse, calls: 2, time: 1 }, whole: { ...noUse, calls: 2, time: 1 } }),
      statement({ id: 'once', since: noUse, whole: { ...noUse, calls: 5000, time: 9000 } }),
    ];
    expect(
      foremost(rows, 1)
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(['often', 'once', 'slow']);
  });

  test('one stands out that takes most of the time, and enough of it', () => {
    const all = { ...noUse, time: 1000 };
    expect(standsOut({ ...noUse, time: 900 }, all, 5000)).toBe(true);
    expect(standsOut({ ...noUse, time: 900 }, all, 60_000)).toBe(false);
    expect(standsOut({ ...noUse, time: 400 }, all, 2000)).toBe(false);
  });
});

describe('samples of waits', () => {
  const one = (pid: number, text: string, type = 'Lock', event = 'tuple'): Sampled => ({
    pid,
    type,
    event,
    user: 'a',
    text,
  });

  test('add up by event and by statement, with the newest session', () => {
    const tally = newTally();
    addSample(tally, [one(1, 'X'), one(2, 'X', 'CPU', ''), one(3, 'Y')]);
    addSample(tally, [one(4, 'X')]);
    expect(talliedOf(tally)).toEqual({
      active: 4,
      samples: 2,
      events: [
        { type: 'Lock', event: 'tuple', count: 3 },
        { type: 'CPU', event: '', count: 1 },
      ],
      statements: [
        expect.objectContaining({ text: 'X', count: 3, pid: 4 }),
        expect.objectContaining({ text: 'Y', count: 1, pid: 3 }),
      ],
    });
  });

  test('of more statements than are kept are counted together', () => {
    const tally = newTally();
    addSample(
      tally,
      Array.from({ length: mostKinds * 3 }, (_, n) => one(n, `S${n}`)),
    );
    expect(tally.statements.size).toBe(mostKinds + 1);
    expect(talliedOf(tally).statements[0]).toMatchObject({ text: 'other statements', count: mostKinds * 2 });
  });
});

describe('the use of tables', () => {
  test('is the difference, and all where the counters began anew', () => {
    const before = { seqScans: 5, seqRows: 50, indexScans: 2, hit: 10, read: 1 };
    expect(countsSince({ seqScans: 7, seqRows: 90, indexScans: 2, hit: 15, read: 1 }, before)).toEqual({
      ...{ seqScans: 2, seqRows: 40, indexScans: 0, hit: 5, read: 0 },
    });
    const anew = { seqScans: 1, seqRows: 9, indexScans: 0, hit: 1, read: 0 };
    expect(countsSince(anew, before)).toBe(anew);
  });

  test('many rows of a large table in each scan suggest an index; those of a small one do not', () => {
    const counts = { ...noCounts, seqScans: 10, seqRows: 3_000_000 };
    expect(seqScanHint({ liveRows: 300_000 }, counts)).toBe(300_000);
    expect(seqScanHint({ liveRows: 900 }, counts)).toBeUndefined();
    expect(seqScanHint({ liveRows: 300_000 }, { ...counts, seqScans: 1 })).toBeUndefined();
  });

  test('an index is unused that nothing scans and no constraint needs', () => {
    expect(tableUse.indexes.filter(isUnused).map(({ name }) => name)).toEqual(['jobs_old']);
  });
});

describe('a statement’s kind', () => {
  test.each([
    [`SELECT * FROM jobs2 WHERE a1 = 'x' AND b = 12.5e3 -- tenant`, 'SELECT * FROM jobs2 WHERE a1 = ? AND b = ?'],
    [`SELECT $1, $23 FROM "T 1" WHERE c IN (1, 2, 3)`, 'SELECT $1, $23 FROM "T 1" WHERE c IN (?, …)'],
    [`ALTER ROLE a PASSWORD 'hunter2'`, 'ALTER ROLE a PASSWORD ?'],
    [`SELECT E'it\\'s', B'01', U&'\\0061', $tag$ a 'b' $tag$, $$x$$`, 'SELECT ?, …'],
    [`SELECT 'cut off in the mid`, 'SELECT ?'],
    [`INSERT INTO t VALUES (-1, 0x1F, 1_000)`, 'INSERT INTO t VALUES (-?, …)'],
    [`SELECT /* key=abc */ größe7 FROM t`, 'SELECT größe7 FROM t'],
  ])('%s', (text, kind) => expect(statementKind(text, 500)).toBe(kind));

  test('names its first table', () => {
    expect(firstTable('SELECT x FROM public.jobs j JOIN studies s ON true')).toBe('jobs');
    expect(firstTable('UPDATE "Study" SET a = ?')).toBe('Study');
    expect(firstTable('INSERT INTO results VALUES (?)')).toBe('results');
    expect(firstTable('SELECT ?')).toBeUndefined();
  });
});

test('the remedy of a library that is not loaded keeps those that are', () => {
  const means = { role: 'bentham', database: 'bentham' };
  expect(lackOf('preload', { ...means, preload: 'auto_explain' }).remedy).toContain(
    '= auto_explain, pg_stat_statements;',
  );
  expect(lackOf('preload', means).remedy).toContain('SHOW shared_preload_libraries');
});
