import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scopeOf } from '../../src/config/scope.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import type { LogLine } from '../../src/core/logs/log.ts';
import { parseFilter } from '../../src/core/logs/log-filter.ts';
import { entryText } from '../../src/core/logs/log-text.ts';
import { type LogsShown, type LogsView, mostShown } from '../../src/core/logs/log-view.ts';
import { emptyWorld } from '../../src/core/world/world.ts';
import { LogBuffer } from '../../src/data/kubernetes/logs/log-buffer.ts';
import { logsModule } from '../../src/engine/logs.ts';
import type { EngineModule } from '../../src/engine/module.ts';
import { decoder, encoder } from '../../src/engine/pods-delta.ts';
import { ApiServer } from '../support/api-server.ts';

const fields = settingsSchema.shape.logFields.parse(undefined);
const lines = (from: number, to: number, text = (i: number) => `line ${i}`): LogLine[] =>
  Array.from({ length: to - from }, (_, i) => ({
    id: from + i,
    at: from + i,
    pod: 'p',
    container: 'c',
    previous: false,
    text: text(from + i),
  }));
const ids = (book: LogBuffer) => book.entries().map((e) => e.id);

describe('a log buffer', () => {
  it('shows the newest lines', () => {
    const book = new LogBuffer(fields);
    book.add(lines(1, 4));
    expect(ids(book)).toEqual([1, 2, 3]);
    book.add(lines(4, 10_004));
    expect(book.entries()).toHaveLength(mostShown);
    expect(book.entries().at(-1)?.id).toBe(10_003);
    // None was dropped: all can be looked at.
    expect(book).toMatchObject({ collected: 10_003, passed: 10_003, forgotten: 0, waiting: 0 });
    expect(book.position).toEqual({ offset: 8003, first: 8003, kept: 10_003 });
  });

  it('shows the lines around any line, with its position', () => {
    const book = new LogBuffer(fields);
    book.add(lines(1, 100_001));
    book.pause(true);
    const shown = (around: number) => {
      book.look(around);
      const all = ids(book);
      expect(all).toEqual(all.map((_, i) => (all[0] ?? 0) + i));
      expect(all).toHaveLength(mostShown);
      expect(book.position).toEqual({ offset: (all[0] ?? 0) - 1, first: (all[0] ?? 0) - 1, kept: 100_000 });
      expect(book.waiting).toBe(100_000 - (all.at(-1) ?? 0));
      return all;
    };
    expect(shown(0)[0]).toBe(1);
    expect(shown(50_000)).toContain(49_001);
    expect(shown(50_000)).toContain(50_999);
    expect(shown(99_999).at(-1)).toBe(100_000);
    // Also of what a filter leaves.
    book.filter(parseFilter('/7$/'), 50_007);
    expect(book.position.kept).toBe(10_000);
    expect(ids(book)).toContain(50_007);
    expect(ids(book)[0]).toBe(50_007 - 10_000);
    book.look(0);
    expect(ids(book)[0]).toBe(7);
  });

  it('keeps the lines on the screen after it dropped them, and says what is missing after them', () => {
    const book = new LogBuffer(fields, { lines: 5000, bytes: 1e9 });
    book.add(lines(1, 5001));
    book.pause(true);
    book.look(100);
    const before = book.entries();
    book.add(lines(5001, 20_001));
    expect(book.entries()).toBe(before);
    expect(book.position).toEqual({ offset: 0, first: 0, kept: 7000 });
    expect(book.forgotten).toBe(15_000);
    // Further down: what was shown, a word about the hole, and the oldest that is kept.
    book.look(2000);
    const entries = book.entries();
    const hole = entries.findIndex((entry) => entry.mark);
    expect(entries[hole]?.message).toBe('13000 lines dropped here while paused');
    expect(entries[hole - 1]?.id).toBe(2000);
    expect(entries[hole + 1]?.id).toBe(15_001);
    expect(entries.length).toBeLessThanOrEqual(mostShown + 1);
    book.pause(false);
    expect(ids(book).at(-1)).toBe(20_000);
    expect(ids(book)).toHaveLength(mostShown);
    expect(book.position).toEqual({ offset: 18_000, first: 3000, kept: 5000 });
  });

  it('stays within its limits of lines and bytes', () => {
    const book = new LogBuffer(fields, { lines: 10, bytes: 1e9 });
    book.add(lines(1, 26));
    expect([...book.all()].map((e) => e.id)).toEqual(lines(16, 26).map((l) => l.id));
    expect(book.forgotten).toBe(15);
    const heavy = new LogBuffer(fields, { lines: 1000, bytes: 1000 });
    heavy.add(lines(1, 10, () => 'x'.repeat(300)));
    expect([...heavy.all()]).toHaveLength(2);
    heavy.add(lines(10, 11, () => 'x'.repeat(5000)));
    expect([...heavy.all()]).toHaveLength(1);
  });

  it('filters kept lines and new ones', () => {
    const book = new LogBuffer(fields);
    book.add(lines(1, 100));
    book.filter(parseFilter('/ 1\\d?$/'));
    expect(ids(book)).toEqual([1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    book.add([...lines(100, 102), ...lines(102, 103, () => 'again 1')]);
    expect(ids(book).slice(-2)).toEqual([19, 102]);
    expect(book.passed).toBe(12);
    book.filter(parseFilter(''));
    expect(book.entries()).toHaveLength(102);
  });

  it('filters in linear time by an expression that would take a backtracking engine years', () => {
    const book = new LogBuffer(fields);
    book.add(lines(1, 5, (i) => `${'a'.repeat(60)}! ${i}`));
    book.filter(parseFilter('/^(a+)+! 2$/'));
    expect(ids(book)).toEqual([2]);
    book.filter(parseFilter('/^(a+)+$/'));
    expect(ids(book)).toEqual([]);
    expect(book.problems).toEqual([]);
  });

  it('filters exactly what is kept, whatever was dropped', () => {
    const book = new LogBuffer(fields, { lines: 1000, bytes: 1e9 });
    const said = (i: number) => `${i % 7 === 0 ? 'seven' : 'other'} of ${i}`;
    const kept = (from: number, to: number) => lines(from, to, said).filter(({ text }) => text.startsWith('seven'));
    const all = () => [...book.all()].map((e) => e.id);
    book.add(lines(1, 2500, said));
    book.filter(parseFilter('seven'));
    expect(all()).toEqual(kept(1500, 2500).map(({ id }) => id));
    // Each new line is asked once, and dropped ones go from what passes.
    for (let from = 2500; from < 6000; from += 250) {
      book.add(lines(from, from + 250, said));
      expect(all()).toEqual(kept(from - 750, from + 250).map(({ id }) => id));
      expect(book.entries().map((e) => e.message)).toEqual([...book.all()].map((e) => e.message));
      expect(book.position.kept).toBe(all().length);
    }
    book.filter(parseFilter('-seven'), 5500);
    expect(all()).toEqual(Array.from({ length: 1000 }, (_, i) => 5000 + i).filter((id) => id % 7 !== 0));
    expect(ids(book)).toContain(5500);
  });

  it('asks kept lines in parts, and new ones in their turn', () => {
    const said = (i: number) => `${i % 3 === 0 ? 'three' : 'other'} of ${i}`;
    const book = new LogBuffer(fields, { lines: 3000, bytes: 1e9 });
    book.add(lines(1, 3001, said));
    book.filter(parseFilter('other'));
    book.begin(parseFilter('three'));
    let [parts, end] = [1, 3001];
    for (; !book.scan(() => false); parts += 1) {
      expect(book.isWhole).toBe(false);
      // They drop lines that were asked, and once also such as were not.
      const more = parts === 3 ? 2000 : 50;
      book.add(lines(end, end + more, said));
      end += more;
    }
    expect(parts).toBeGreaterThan(10);
    book.show();
    const expected = Array.from({ length: 3000 }, (_, i) => end - 3000 + i).filter((id) => id % 3 === 0);
    expect([...book.all()].map((e) => e.id)).toEqual(expected);
    expect(ids(book)).toEqual(expected);
    // Another filter in between begins anew.
    book.begin(parseFilter('other'));
    book.scan(() => false);
    book.begin(parseFilter('three'));
    while (!book.scan(() => false));
    book.show(expected[5]);
    expect(ids(book)).toEqual(expected);
  });

  it('learns the ids of a request from all lines before it asks the first, also in parts', () => {
    const book = new LogBuffer(fields);
    book.add(
      lines(1, 1001, (i) => JSON.stringify(i === 1000 ? { reqId: 'r-1', requestId: 'c-7' } : { reqId: `r-${i}` })),
    );
    book.begin(parseFilter('request=c-7'));
    while (!book.scan(() => false));
    book.show();
    expect(ids(book)).toEqual([1, 1000]);
  });

  it('finds the selected line again by its id, after filters, and after it was dropped', () => {
    const book = new LogBuffer(fields, { lines: 5000, bytes: 1e9 });
    book.add(lines(1, 4001));
    book.pause(true);
    book.look(1234);
    const selected = book.entries().find(({ id }) => id === 1234);
    book.filter(parseFilter('/4$/'), 1234);
    expect(book.entries().find(({ id }) => id === 1234)).toEqual(selected);
    book.filter(parseFilter(''), 1234);
    book.add(lines(4001, 20_001));
    expect(book.entries().find(({ id }) => id === 1234)).toEqual(selected);
    book.look(1234);
    expect(book.entries().find(({ id }) => id === 1234)).toEqual(selected);
  });

  it('follows few lines where many come, and has those before them when it is calmer', () => {
    const book = new LogBuffer(fields);
    book.add(lines(1, 5001));
    expect(book.entries(10).map((e) => e.id)).toEqual(lines(4991, 5001).map(({ id }) => id));
    expect(book.position).toEqual({ offset: 4990, first: 4990, kept: 5000 });
    expect(ids(book)).toEqual(lines(5001 - mostShown, 5001).map(({ id }) => id));
    expect(book.waiting).toBe(0);
  });

  it('stays still while paused, loses nothing, and continues with all waiting lines', () => {
    const book = new LogBuffer(fields);
    book.add(lines(1, 4));
    const before = book.entries();
    book.pause(true);
    book.add(lines(4, 7));
    expect(book.entries()).toBe(before);
    expect(book.waiting).toBe(3);
    book.pause(false);
    expect(ids(book)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(book.waiting).toBe(0);
  });

  it('keeps the identity of entries, and crosses the thread as differences', () => {
    const book = new LogBuffer(fields);
    const { encode } = encoder();
    const decode = decoder();
    const view: LogsView = { workload: { selector: '' }, since: 1, previous: false, filter: '', paused: false };
    const shown = (): LogsShown => ({
      view,
      generation: book.generation,
      entries: book.entries(),
      position: book.position,
      collected: 0,
      passed: 0,
      pace: 0,
      forgotten: 0,
      waiting: 0,
      streams: { followed: 1, expected: 1, leftOut: 0, unstarted: [] },
      problems: [],
      at: 0,
    });
    const cross = () => {
      const envelope = encode({ logs: shown() });
      return {
        more: (envelope.logs?.before.length ?? 0) + (envelope.logs?.after.length ?? 0),
        got: decode(structuredClone(envelope)).logs?.entries.map((e) => e.id),
      };
    };
    book.add(lines(1, 4));
    expect(cross()).toEqual({ more: 3, got: [1, 2, 3] });
    book.add(lines(4, 6));
    expect(cross()).toEqual({ more: 2, got: [1, 2, 3, 4, 5] });
    expect(cross()).toEqual({ more: 0, got: [1, 2, 3, 4, 5] });
    book.add(lines(6, 6 + mostShown));
    expect(cross()).toMatchObject({ more: mostShown, got: book.entries().map((e) => e.id) });
    // Back and forth, only what is new to the screen crosses.
    book.add(lines(6 + mostShown, 10_000));
    book.pause(true);
    for (const [around, most] of [
      [9000, mostShown],
      [8500, 600],
      [8900, 600],
      [100, mostShown],
      [0, 1000],
    ] as const) {
      book.look(around);
      const { more, got } = cross();
      expect(got).toEqual(book.entries().map((e) => e.id));
      expect(more).toBeLessThanOrEqual(most);
    }
    book.filter(parseFilter('"line 7"'));
    expect(cross().got).toEqual(book.entries().map((e) => e.id));
    expect(decode(structuredClone(encode({ logs: undefined }))).logs).toBeUndefined();
  });

  it('shows new lines to a paused screen that was empty', () => {
    const book = new LogBuffer(fields);
    book.pause(true);
    book.filter(parseFilter(''), 77);
    expect(book.entries()).toEqual([]);
    book.add(lines(1, 11, () => 'x'));
    expect(book.entries()).not.toHaveLength(0);
  });

  it('finds all lines of a request by any of its ids, also those that came before', () => {
    const book = new LogBuffer(fields);
    const records = [
      { reqId: 'req-1', msg: 'came' },
      { reqId: 'req-2', msg: 'other' },
      { reqId: 'req-1', requestId: 'c-7', msg: 'failed' },
      { requestId: 'c-7', msg: 'told' },
    ];
    const some = (from: number, to: number) => lines(from, to, (i) => JSON.stringify(records[i - 1]));
    const messages = () => book.entries().map((e) => e.message);
    book.filter(parseFilter('request=c-7'));
    book.add(some(1, 3));
    expect(messages()).toEqual([]);
    book.add(some(3, 5));
    expect(messages()).toEqual(['came', 'failed', 'told']);
    book.filter(parseFilter('request=req-1'));
    expect(messages()).toEqual(['came', 'failed', 'told']);
    const counted = (pod: string) => ({ ...some(1, 2)[0], id: 9, pod }) as LogLine;
    book.filter(parseFilter('request=c-7'));
    book.add([counted('another')]);
    expect(messages()).toEqual(['came', 'failed', 'told']);
  });

  it('shows an answer with the method and URL of its request, whatever the filter hides', () => {
    const book = new LogBuffer(fields);
    const records = [
      { reqId: 'req-1', req: { method: 'GET', url: '/v1/studies' }, msg: 'incoming request' },
      { reqId: 'req-2', req: { method: 'POST', url: '/v1/other' }, msg: 'incoming request' },
      { reqId: 'req-1', res: { statusCode: 503 }, responseTime: 9, msg: 'request completed' },
    ];
    book.filter(parseFilter('status=5xx'));
    book.add(lines(1, 4, (i) => JSON.stringify(records[i - 1])));
    expect(book.entries().map((e) => entryText(e, 'utc'))).toEqual([
      expect.stringMatching(/ error request completed {2}status=503 {2}GET \/v1\/studies {2}ms=9 {2}request=req-1$/),
    ]);
  });

  it('keeps up with 50,000 lines a second', () => {
    const book = new LogBuffer(fields);
    book.filter(parseFilter('level=error'));
    const flood = lines(1, 50_001, (i) =>
      JSON.stringify({ level: i % 100 ? 30 : 50, msg: `line ${i}`, reqId: `r-${i}` }),
    );
    const begun = process.cpuUsage();
    for (let at = 0; at < flood.length; at += 1000) {
      book.add(flood.slice(at, at + 1000));
      book.entries();
    }
    // Some 100 ms on a slow machine: far from the second it may take.
    const { user, system } = process.cpuUsage(begun);
    // CPU time in ms: a busy machine does not lengthen it.
    expect((user + system) / 1000).toBeLessThan(5000);
    expect(book.passed).toBe(500);
  });
});

describe('the engine’s module', () => {
  let server: ApiServer;
  let over: AbortController;
  let part: EngineModule;
  let shown: LogsShown | undefined;
  let saves: LogsShown[];
  let write: (text: string) => void;
  const view: LogsView = { workload: { selector: '' }, since: 60_000, previous: false, filter: '', paused: false };

  beforeEach(async () => {
    server = new ApiServer();
    server.handle = (url, res) => {
      if (url.pathname.endsWith('/log') && !url.searchParams.has('follow')) res.end();
      else if (url.pathname.endsWith('/log')) {
        res.flushHeaders();
        write = (text) => res.write(text);
      } else if (url.searchParams.get('watch') === 'true') res.flushHeaders();
      else
        res.end(
          JSON.stringify({
            metadata: { resourceVersion: '1' },
            items: [
              {
                metadata: { name: 'a', uid: 'a' },
                spec: { containers: [{ name: 'main' }] },
                status: { containerStatuses: [{ name: 'main', state: { running: {} } }] },
              },
            ],
          }),
        );
    };
    await server.start();
    over = new AbortController();
    saves = [];
    const settings = server.settings();
    const world = emptyWorld(scopeOf(settings), Date.now());
    part = logsModule({
      settings,
      scope: world.scope,
      world: () => world,
      emit: (update) => {
        if ('logs' in update) shown = update.logs;
        if (update.logs?.saved) saves.push(update.logs);
      },
      learn: () => {},
      onWorld: () => {},
      refresh: () => {},
      signal: over.signal,
    });
  });
  afterEach(async () => {
    over.abort();
    await part.stop?.();
    await server.end();
  });
  const soon = <T>(value: () => T) => expect.poll(value, { timeout: 30_000, interval: 10 });
  const stamped = (text: string) => `${new Date().toISOString()} ${text}\n`;

  it('collects, filters, pauses and saves', async () => {
    part.handle?.({ kind: 'logs', view });
    await soon(() => shown?.streams).toEqual({ followed: 1, expected: 1, leftOut: 0, pods: 1, unstarted: [] });
    expect(server.asked.find((u) => !u.pathname.endsWith('/log'))?.searchParams.get('labelSelector')).toBe(
      'app=bentham',
    );
    write(stamped('one') + stamped('ERROR two'));
    await soon(() => shown?.entries.map((e) => e.message)).toEqual(['one', 'two']);
    part.handle?.({ kind: 'logs', view: { ...view, filter: 'level=error' } });
    expect(shown?.entries.map((e) => e.message)).toEqual(['two']);
    part.handle?.({ kind: 'logs', view: { ...view, filter: 'level=error', paused: true } });
    write(stamped('ERROR three'));
    await soon(() => shown?.waiting).toBe(1);
    expect(shown?.entries).toHaveLength(1);
    expect(server.asked.filter((u) => u.searchParams.has('follow'))).toHaveLength(1);

    const directory = mkdtempSync(join(tmpdir(), 'bentham-save-'));
    const before = process.cwd;
    process.cwd = () => directory;
    try {
      part.handle?.({ kind: 'logs-save' });
      await soon(() => shown?.saved).toMatchObject({ lines: 2 });
      const saved = shown?.saved;
      expect(readFileSync(saved && 'file' in saved ? saved.file : '', 'utf8')).toMatch(/error two\n.*error three\n$/);
    } finally {
      process.cwd = before;
      rmSync(directory, { recursive: true });
    }
    part.handle?.({ kind: 'logs', view: { ...view, paused: true, around: 0 } });
    expect(shown?.entries.map((e) => e.message)).toEqual(['one', 'two', 'three']);
    expect(shown?.position).toEqual({ offset: 0, first: 0, kept: 3 });
    part.handle?.({ kind: 'logs' });
    expect(shown).toBeUndefined();
  });

  it('saves all lines that were kept when it was asked to, and takes no more meanwhile', async () => {
    const flood = (from: number, to: number) => {
      const now = new Date().toISOString();
      for (let at = from; at < to; at += 10_000)
        write(Array.from({ length: 10_000 }, (_, i) => `${now} {"level":30,"msg":"line ${at + i}"}\n`).join(''));
    };
    part.handle?.({ kind: 'logs', view });
    await soon(() => shown?.streams.followed).toBe(1);
    flood(0, 100_000);
    await soon(() => shown?.collected).toBe(100_000);
    const directory = mkdtempSync(join(tmpdir(), 'bentham-save-'));
    const before = process.cwd;
    process.cwd = () => directory;
    try {
      flood(100_000, 220_000);
      part.handle?.({ kind: 'logs-save' });
      await soon(() => shown?.saved).toMatchObject({ lines: 100_000 });
      // None came in between: a slow disk must not let lines go before they are written.
      expect(saves[0]?.collected).toBe(100_000);
      const saved = shown?.saved;
      const said = readFileSync(saved && 'file' in saved ? saved.file : '', 'utf8').match(/line \d+/g) ?? [];
      const [first = 0] = said.map((each) => Number(each.slice(5)));
      expect(said).toEqual(Array.from({ length: 100_000 }, (_, i) => `line ${first + i}`));
    } finally {
      process.cwd = before;
      rmSync(directory, { recursive: true });
    }
    await soon(() => shown?.collected).toBe(220_000);
    // Letter by letter, as it is typed: the last filter holds, and each answer is of one filter alone.
    for (const filter of ['l', 'li', 'line', 'line 2', '"line 21999"'])
      part.handle?.({ kind: 'logs', view: { ...view, filter } });
    await soon(() => shown?.view.filter).toBe('"line 21999"');
    await soon(() => shown?.entries.map((e) => e.message)).toEqual(
      Array.from({ length: 10 }, (_, i) => `line 21999${i}`),
    );
    expect(shown?.position).toEqual({ offset: 0, first: 0, kept: 10 });
    part.handle?.({ kind: 'logs', view });
    // The window of the flood becomes a whole one when it is over.
    await soon(() => shown?.entries.length).toBe(mostShown);
    expect(shown?.entries.at(-1)?.message).toBe('line 219999');
    part.handle?.({ kind: 'logs' });
  });
});
