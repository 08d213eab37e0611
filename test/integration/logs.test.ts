import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { filterText } from '../../src/commands/logs/filter.ts';
import type { LogLine } from '../../src/core/logs/log.ts';
import { parseSince } from '../../src/core/text/since.ts';
import { Connection } from '../../src/data/kubernetes/connection.ts';
import { LogDelivery } from '../../src/data/kubernetes/logs/log-delivery.ts';
import { LogMerge } from '../../src/data/kubernetes/logs/log-merge.ts';
import { followLogs } from '../../src/data/kubernetes/logs/logs.ts';
import type { LogsAsk, LogsState } from '../../src/data/kubernetes/logs/logs-request.ts';
import { StreamPace } from '../../src/data/kubernetes/logs/stream-pace.ts';
import { ApiServer } from '../support/api-server.ts';

const launcher = fileURLToPath(new URL('../../bin/bentham-cockpit.cjs', import.meta.url));
const raw = (at: number, text: string) => ({ id: 0, at, pod: 'p', container: 'c', previous: false, text });

describe('the order of lines', () => {
  it('is that of time, over all streams, in any order of arrival', () => {
    const arriving = fc.array(fc.record({ stream: fc.integer({ min: 0, max: 3 }), step: fc.nat({ max: 50 }) }));
    fc.assert(
      fc.property(arriving, (arrivals) => {
        const order = new LogMerge();
        const clocks = [0, 0, 0, 0];
        for (let stream = 0; stream < 4; stream += 1) {
          order.expect(String(stream), 0);
          order.open(String(stream), 0);
        }
        const out: LogLine[] = [];
        for (const [i, { stream, step }] of arrivals.entries()) {
          clocks[stream] = (clocks[stream] ?? 0) + step;
          order.push(String(stream), raw(clocks[stream] ?? 0, `line ${i}`), i);
          out.push(...order.release(i));
        }
        out.push(...order.release(arrivals.length, true));
        expect(out).toHaveLength(arrivals.length);
        expect(out.map((l) => l.at)).toEqual(out.map((l) => l.at).toSorted((a, b) => a - b));
        expect(out.map((l) => l.id)).toEqual(out.map((_, i) => i + 1));
      }),
    );
  });

  it('waits for an opening stream, not for a silent one', () => {
    const order = new LogMerge();
    order.expect('a', 0);
    order.expect('b', 0);
    order.open('a', 0);
    order.push('a', raw(10, 'late'), 0);
    expect(order.release(500)).toEqual([]);
    order.open('b', 600);
    order.push('b', raw(5, 'early'), 600);
    expect(order.release(1000).map((l) => l.text)).toEqual(['early', 'late']);
  });

  it('joins a stack to its line, but not to the line of another container', () => {
    const order = new LogMerge();
    for (const key of ['a', 'b']) {
      order.expect(key, 0);
      order.open(key, 0);
    }
    order.push('a', raw(1, 'Error: boom'), 0);
    order.push('b', raw(1, '{"msg":"fine"}'), 0);
    order.push('a', raw(1, '    at run (x.js:1)'), 1);
    order.push('a', raw(1, '    at main'), 2);
    const out = order.release(10, true);
    expect(out.map((l) => [l.text, l.more])).toEqual([
      ['Error: boom', ['    at run (x.js:1)', '    at main']],
      ['{"msg":"fine"}', undefined],
    ]);
  });

  it('holds back a stream that is far ahead, and waits for no silent one', () => {
    const order = new LogMerge();
    for (const key of ['ahead', 'behind']) {
      order.expect(key, 0);
      order.open(key, 0);
    }
    order.push('behind', raw(1, 'x'), 0);
    order.push('ahead', raw(50_000, 'x'), 0);
    expect(order.ahead(0)('ahead')).toBe(false);
    for (let i = 0; i < 25_000; i += 1) order.push('ahead', raw(50_000 + i, 'x'), 0);
    expect(order.ahead(0)('ahead')).toBe(true);
    expect(order.ahead(0)('behind')).toBe(false);
    order.push('ahead', raw(80_000, 'x'), 1000);
    expect(order.ahead(1000)('ahead')).toBe(false);
  });

  it('holds it back sooner where the one behind brings many lines too, until that has caught up', async () => {
    const order = new LogMerge();
    for (const key of ['ahead', 'behind']) {
      order.expect(key, 0);
      order.open(key, 0);
    }
    const pour = (key: string, from: number, count: number, clock: number) => {
      for (let i = 0; i < count; i += 1) order.push(key, raw(from + i, '{"msg":"x"}'), clock);
    };
    const pace = new StreamPace(order, new LogDelivery(order, { lines: () => {}, state: () => {} }));
    const signal = new AbortController().signal;
    // One that brings few is waited for only when much more waits.
    order.push('behind', raw(1, '{"msg":"x"}'), performance.now());
    pour('ahead', 10_000, 3000, performance.now());
    expect(pace.ready('ahead', signal)).toBeUndefined();
    pour('behind', 2, 500, performance.now());
    const waits = pace.ready('ahead', signal);
    expect(waits).toBeInstanceOf(Promise);
    pour('behind', 20_000, 1, performance.now());
    expect(pace.ready('behind', signal)).toBeUndefined();
    await waits;
  });

  it('lets a stream go on that is ahead when it is no longer wanted', async () => {
    const order = new LogMerge();
    for (const key of ['ahead', 'behind']) {
      order.expect(key, 0);
      order.open(key, 0);
    }
    for (let i = 0; i < 25_000; i += 1) order.push('ahead', raw(50_000 + i, 'x'), performance.now());
    order.push('behind', raw(1, 'x'), performance.now());
    const pace = new StreamPace(order, new LogDelivery(order, { lines: () => {}, state: () => {} }));
    const over = new AbortController();
    const waits = pace.ready('ahead', over.signal);
    expect(waits).toBeInstanceOf(Promise);
    over.abort();
    await waits;
  });

  it('does not take a rest of the reader for the silence of a stream', () => {
    const order = new LogMerge();
    for (const key of ['a', 'b']) {
      order.expect(key, 0);
      order.open(key, 0);
    }
    order.push('a', raw(1, '{"msg":"x"}'), 0);
    order.push('b', raw(1, '{"msg":"x"}'), 0);
    expect(order.release(1000, true)).toHaveLength(2);
    order.resume(5000);
    order.push('a', raw(3, '{"msg":"later"}'), 5001);
    expect(order.release(5200)).toEqual([]);
    order.push('b', raw(2, '{"msg":"sooner"}'), 5201);
    expect(order.release(5600).map(({ text }) => text)).toEqual(['{"msg":"sooner"}', '{"msg":"later"}']);
  });

  it('is given up in a flood of lines', () => {
    const order = new LogMerge();
    order.expect('a', 0);
    for (let i = 0; i < 60_000; i += 1) order.push('a', raw(i, 'x'), 0);
    expect(order.release(0).length).toBe(30_000);
  });
});

describe('a point in the past', () => {
  const now = Date.UTC(2026, 0, 17, 3, 14, 7);
  it.each([
    ['90s', now - 90_000],
    ['1h30m', now - 5_400_000],
    ['03:05', Date.UTC(2026, 0, 17, 3, 5)],
    ['23:00Z', Date.UTC(2026, 0, 16, 23)],
    ['2026-01-17T03:05Z', Date.UTC(2026, 0, 17, 3, 5)],
    ['2026-01-17 03:05:09', Date.UTC(2026, 0, 17, 3, 5, 9)],
    ['2026-01-17T03:05+01:00', Date.UTC(2026, 0, 17, 2, 5)],
    ['2026-01-17', Date.UTC(2026, 0, 17)],
    ['25:00', undefined],
    ['2027-01-01', undefined],
    ['soon', undefined],
    ['', undefined],
  ])('%s', (text, at) => {
    expect(parseSince(text, now)).toBe(at);
  });
});

it('options are shorthand for a filter', () => {
  expect(
    filterText({
      level: 'error',
      field: ['res.statusCode=503', 'odd'],
      study: 'study_abc',
      grep: ['rate limited', '/time.?out/i'],
      exclude: ['"health"'],
      filter: 'ms>500',
    }),
  ).toBe('level=error res.statusCode=503 odd= study=study_abc "rate limited" /time.?out/i -"\\"health\\"" ms>500');
});

describe('the logs of a workload', () => {
  let server: ApiServer;
  let over: AbortController;
  let ended: Promise<unknown>;
  let lines: LogLine[];
  let state: LogsState | undefined;
  let pods: object[];
  let log: (pod: string, url: URL, res: Parameters<ApiServer['handle']>[1]) => void;
  /** The log of the container before the last restart. */
  let before: typeof log;
  let event: (text: string) => void;
  const start = Date.now() - 60_000;
  const iso = (ms: number) => new Date(start + ms).toISOString();
  const pod = (name: string, more: { restarts?: number; containers?: string[]; startedAt?: number } = {}) => ({
    metadata: { name, uid: name },
    spec: { containers: (more.containers ?? ['main']).map((c) => ({ name: c })) },
    status: {
      phase: 'Running',
      containerStatuses: (more.containers ?? ['main']).map((c) => ({
        name: c,
        restartCount: more.restarts ?? 0,
        state: { running: { startedAt: iso(more.startedAt ?? -3_600_000) } },
      })),
    },
  });

  beforeEach(async () => {
    server = new ApiServer();
    pods = [pod('a'), pod('b')];
    log = (_, __, res) => void res.end();
    before = (name, _, res) => {
      const message = `previous terminated container "main" in pod "${name}" not found`;
      res.writeHead(400).end(JSON.stringify({ kind: 'Status', message, code: 400 }));
    };
    server.handle = (url, res) => {
      const name = /\/pods\/([^/]+)\/log$/.exec(url.pathname)?.[1];
      if (name && url.searchParams.has('previous')) return before(name, url, res);
      if (name) return log(name, url, res);
      if (url.searchParams.get('watch') === 'true') {
        res.flushHeaders();
        event = (text) => res.write(text);
        return undefined;
      }
      return res.end(JSON.stringify({ metadata: { resourceVersion: '1' }, items: pods }));
    };
    await server.start();
    over = new AbortController();
    lines = [];
    state = undefined;
    ended = Promise.resolve();
  });
  afterEach(async () => {
    over.abort();
    await ended;
    await server.end();
  });
  const read = (ask: Partial<LogsAsk> = {}) => {
    ended = followLogs(
      new Connection(server.settings()),
      { workload: { selector: 'app=bentham' }, previous: false, follow: false, ...ask },
      {
        lines: (more) => void lines.push(...more),
        state: (now) => {
          state = now;
        },
      },
      over.signal,
    );
    return ended;
  };
  const texts = () => lines.map((l) => l.text);
  const soon = <T>(value: () => T) => expect.poll(value, { timeout: 30_000, interval: 10 });

  it('come from all containers, in one order, and stop at the end', async () => {
    pods = [pod('a', { containers: ['main', 'proxy'] }), pod('b')];
    log = (name, url, res) => {
      const container = url.searchParams.get('container');
      if (name === 'b') res.end(`${iso(2)} second\n${iso(40)} fourth\n`);
      else if (container === 'proxy') res.end(`${iso(3)} third\n`);
      else res.end(`${iso(1)} first\n    at x\n${iso(50)} last, without a line end`);
    };
    await read();
    expect(texts()).toEqual(['first', 'second', 'third', 'fourth', 'last, without a line end']);
    expect(lines[0]).toMatchObject({ pod: 'a', container: 'main', at: start + 1, more: ['    at x'] });
    expect(server.asked.some((u) => u.searchParams.has('follow'))).toBe(false);
  });

  it('follow pods as they come and go, also the previous containers', async () => {
    pods = [pod('a', { restarts: 1 })];
    before = (_, __, res) => void res.end(`${iso(1)} out of memory\n`);
    log = (name, _, res) => void res.write(`${iso(2)} hello from ${name}\n`);
    void read({ follow: true, previous: true });
    await soon(texts).toEqual(['out of memory', 'hello from a']);
    expect(lines[0]?.previous).toBe(true);
    event(`${JSON.stringify({ type: 'ADDED', object: pod('new') })}\n`);
    await soon(texts).toEqual(['out of memory', 'hello from a', 'hello from new']);
    await soon(() => state).toMatchObject({ followed: 2, expected: 2, leftOut: 0, pods: 2, unstarted: [] });
    event(`${JSON.stringify({ type: 'DELETED', object: pod('a') })}\n`);
    await soon(() => state).toMatchObject({ followed: 1, expected: 1 });
  });

  it('mark where they were cut and resumed, and repeat nothing', async () => {
    pods = [pod('a')];
    let opened = 0;
    log = (_, __, res) => {
      opened += 1;
      if (opened === 1) {
        res.write(`${iso(1)} one\n${iso(2)} tw`);
        setTimeout(() => res.destroy(), 30);
      } else res.write(`${iso(1)} one\n${iso(2)} two\n`);
    };
    void read({ follow: true });
    await soon(() => texts().filter((t) => !t.startsWith('a: '))).toEqual(['one', 'two']);
    await soon(() => lines.filter((l) => l.mark).map((l) => l.text)).toEqual([
      'a: log cut: connection closed without an answer',
      expect.stringMatching(/^a: log resumed after \d/),
    ]);
  });

  it('of a container that restarted during a cut start with its end, once', async () => {
    pods = [pod('a')];
    let opened = 0;
    before = (_, __, res) =>
      void res.end(`${iso(1)} one\n${iso(2)} two\n${iso(3)} Error: out of memory\n${iso(3)}     at x\n`);
    log = (_, __, res) => {
      opened += 1;
      if (opened === 1) {
        res.write(`${iso(1)} one\n`);
        event(`${JSON.stringify({ type: 'MODIFIED', object: pod('a', { restarts: 1 }) })}\n`);
        setTimeout(() => res.destroy(), 30);
      } else res.write(`${iso(5)} new\n`);
    };
    // Also where previous containers were asked for: what is read twice must not be shown twice.
    void read({ follow: true, previous: true });
    await soon(() => lines.filter((l) => !l.mark).map((l) => [l.text, l.previous])).toEqual([
      ['one', false],
      ['two', true],
      ['Error: out of memory', true],
      ['new', false],
    ]);
    expect(lines.find((l) => l.text.startsWith('Error'))?.more).toEqual(['    at x']);
    expect(lines.filter((l) => l.mark).map((l) => l.text)).toContain(
      'a: main restarted; end of the previous container',
    );
    const asked = server.asked.find((u) => u.searchParams.has('previous'));
    expect(asked?.searchParams.get('sinceTime')).toBe(`${iso(1).slice(0, 19)}Z`);
  });

  it('of a container that waits to be started again come once, as the kubelet gives the same for both', async () => {
    const crashed = pod('a', { restarts: 3 });
    const [own] = crashed.status.containerStatuses;
    Object.assign(own ?? {}, { state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated: {} } });
    pods = [crashed];
    log = (_, __, res) => void res.end(`${iso(1)} out of memory\n`);
    before = log;
    await read({ previous: true });
    expect(texts()).toEqual(['out of memory']);
  });

  it('of a pod that is made anew with the same name come once', async () => {
    pods = [pod('a-0')];
    let opened = 0;
    const anew = { ...pod('a-0'), metadata: { name: 'a-0', uid: 'a-0 anew' } };
    log = (_, __, res) => {
      opened += 1;
      if (opened === 1) res.end(`${iso(1)} old\n`);
      else res.write(`${iso(5)} new\n${iso(5)} new too\n${opened === 3 ? `${iso(9)} last\n` : ''}`);
    };
    void read({ follow: true });
    await soon(texts).toEqual(['old', 'new', 'new too']);
    event(
      `${JSON.stringify({ type: 'DELETED', object: pods[0] })}\n${JSON.stringify({ type: 'ADDED', object: anew })}\n`,
    );
    await soon(() => texts().at(-1)).toBe('last');
    expect(texts()).toEqual(['old', 'new', 'new too', 'last']);
  });

  it('of a request are found by any of its ids, in every pod, before and after the line that ties them together', async () => {
    const json = (ms: number, record: object) => `${iso(ms)} ${JSON.stringify(record)}\n`;
    log = (name, _, res) => {
      if (name === 'b') res.end(json(3, { trace_id: 't-1', msg: 'job' }) + json(4, { reqId: 'req-1', msg: 'other' }));
      else
        res.end(
          json(1, { reqId: 'req-1', msg: 'came' }) +
            json(2, { reqId: 'req-2', msg: 'other' }) +
            json(5, { reqId: 'req-1', requestId: 'c-7', trace_id: 't-1', msg: 'failed' }),
        );
    };
    const messages = async (id: string) =>
      (await run('--since', 'all', '--request', id, '--json')).out
        .split('\n')
        .filter(Boolean)
        .map((line) => (JSON.parse(line) as { msg: string }).msg);
    expect(await messages('c-7')).toEqual(['came', 'job', 'failed']);
    expect(await messages('t-1')).toEqual(['came', 'job', 'failed']);
    expect(await messages('c-8')).toEqual([]);
  });

  it('are without colours, so that filters match what is shown', async () => {
    pods = [pod('a')];
    log = (_, __, res) => void res.end(`${iso(1)} \u001b[31mERROR\u001b[39m (1): \u001b[36mit\u001b[39m broke\n`);
    expect((await run('--since', 'all', '--level', 'error', '--grep', 'it broke')).out).toMatch(/error it broke\n$/);
  });

  it('ask again for the end of a container when that is cut too', async () => {
    pods = [pod('a')];
    let [opened, ends] = [0, 0];
    before = (_, __, res) => {
      ends += 1;
      if (ends === 1) {
        res.write(`${iso(2)} two\n${iso(3)} thr`);
        setTimeout(() => res.destroy(), 30);
      } else res.end(`${iso(2)} two\n${iso(3)} three\n`);
    };
    log = (_, __, res) => {
      opened += 1;
      if (opened === 1) res.end(`${iso(1)} one\n`);
      else res.write(`${iso(5)} new\n`);
    };
    void read({ follow: true });
    await soon(() => lines.filter((l) => !l.mark).map((l) => l.text)).toEqual(['one', 'two', 'three', 'new']);
  });

  it('say if the end of a container is not available', async () => {
    pods = [pod('a')];
    let opened = 0;
    log = (_, __, res) => {
      opened += 1;
      res.write(`${iso(opened)} line ${opened}\n`);
      // The first cut is only one of the connection; then the container restarts.
      if (opened === 2) event(`${JSON.stringify({ type: 'MODIFIED', object: pod('a', { restarts: 1 }) })}\n`);
      if (opened < 3) setTimeout(() => res.destroy(), 30);
    };
    void read({ follow: true });
    await soon(() => lines.filter((l) => l.mark && l.text.includes('restarted')).map((l) => l.text)).toEqual([
      'a: main restarted; previous log unavailable: previous terminated container "main" in pod "a" not found',
    ]);
    await soon(texts).toContain('line 3');
  });

  it('lose and repeat nothing if lines share a time, or a time ends in zeros', async () => {
    pods = [pod('a')];
    const at = `${iso(0).slice(0, 19)}.5`;
    const all = [`${at}Z one`, `${at}Z two`, `${at}00000001Z three`, `${at}0000001Z four`];
    let opened = 0;
    log = (_, __, res) => {
      opened += 1;
      // Cut after the first line, after the second, after the third.
      res.write(`${all.slice(0, opened).join('\n')}\n`);
      if (opened < all.length) setTimeout(() => res.destroy(), 30);
    };
    void read({ follow: true });
    await soon(() => texts().filter((t) => !t.startsWith('a: '))).toEqual(['one', 'two', 'three', 'four']);
    expect(opened).toBe(4);
  }, 20_000);

  it('of a silent container are open, although a kubelet sends no headers before the first line', async () => {
    pods = [pod('a'), pod('mute')];
    let open: Parameters<ApiServer['handle']>[1] | undefined;
    log = (name, _, res) => {
      if (name === 'a') res.write(`${iso(1)} hello\n`);
      else open = res;
    };
    void read({ follow: true });
    await soon(() => state).toMatchObject({ followed: 2, expected: 2, leftOut: 0, pods: 2, unstarted: [] });
    open?.write(`${iso(2)} at last\n`);
    await soon(texts).toEqual(['hello', 'at last']);
    expect(server.asked.filter((u) => u.pathname.endsWith('/mute/log'))).toHaveLength(1);
  });

  it('of pods that have not started name them, and why', async () => {
    const none = { metadata: { name: 'n', uid: 'n' }, spec: { containers: [{ name: 'main' }, { name: 'init' }] } };
    const waiting = (name: string, status: object) => ({ ...none, metadata: { name, uid: name }, status });
    const message = '0/3 nodes are available: 3 Insufficient memory.';
    pods = [
      waiting('unplaced', {
        conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }],
      }),
      waiting('pulling', {
        containerStatuses: [{ name: 'main', state: { waiting: { reason: 'ImagePullBackOff' } } }],
      }),
      {
        ...waiting('initial', {
          initContainerStatuses: [{ name: 'first', state: { terminated: {} } }],
          containerStatuses: [{ name: 'main', state: { waiting: { reason: 'CreateContainerConfigError' } } }],
        }),
        spec: { initContainers: [{ name: 'first' }], containers: [{ name: 'main' }] },
      },
      waiting('ended', { phase: 'Failed' }),
      pod('running'),
    ];
    await read();
    expect(state).toMatchObject({
      pods: 5,
      unstarted: [
        { pod: 'unplaced', why: `Unschedulable: ${message}` },
        { pod: 'pulling', why: 'ImagePullBackOff' },
        { pod: 'initial', why: 'CreateContainerConfigError' },
      ],
    });
  });

  it('that a kubelet cannot return are reported once', async () => {
    pods = [pod('a')];
    log = (_, __, res) => void res.end('unable to retrieve container logs for containerd://c0ffee');
    void read({ follow: true });
    await soon(() => server.asked.filter((u) => u.pathname.endsWith('/log')).length).toBeGreaterThan(2);
    await soon(texts).toEqual(['unable to retrieve container logs for containerd://c0ffee']);
  });

  // The messages are those of kube-apiserver 1.32.
  it.each([
    [
      400,
      'container "main" in pod "a" is waiting to start: ContainerCreating',
      { kind: 'unconfigured', what: 'main of a is waiting to start: ContainerCreating' },
    ],
    [404, 'nodes "n1" not found', { kind: 'unreachable', what: 'its node no longer exists: nodes "n1" not found' }],
    [404, 'pods "a" not found', { kind: 'unconfigured', what: 'the pod no longer exists: pods "a" not found' }],
    [
      500,
      'Get "https://10.0.0.7:10250/containerLogs/bentham/a/main?timestamps=true": dial tcp 10.0.0.7:10250: i/o timeout',
      { kind: 'unreachable', what: expect.stringMatching(/^no answer from the kubelet at 10.0.0.7: dial tcp/) },
    ],
  ])('that are refused with %i (%s) explain the refusal', async (code, message, fault) => {
    pods = [pod('a')];
    log = (_, __, res) => void res.writeHead(code).end(JSON.stringify({ kind: 'Status', message, code }));
    await read();
    expect(state).toMatchObject({ followed: 0, expected: 1, fault });
  });

  it('say that they start later than requested', async () => {
    pods = [pod('rotated'), pod('restarted', { startedAt: -1000, restarts: 2 })];
    log = (name, url, res) => {
      // Without a since, the oldest line there is.
      if (!url.searchParams.has('sinceTime')) res.end(`${iso(-500_000)} oldest\n`);
      else res.end(`${iso(0)} ${name} is here\n`);
    };
    await read({ since: start - 900_000 });
    const marks = lines.filter((l) => l.mark).map((l) => l.text);
    expect(marks).toContainEqual(
      expect.stringMatching(/^rotated: log begins \S+: no earlier lines are kept; requested from/),
    );
    expect(marks).toContainEqual(expect.stringMatching(/^restarted: log begins \S+, after a restart/));
  });

  it('that are forbidden are a fault, as is an unreachable server', async () => {
    log = (_, __, res) => void res.writeHead(403).end('{}');
    await read();
    expect(state).toMatchObject({ fault: { kind: 'forbidden', what: 'not allowed to get pods/log in bentham (403)' } });
    await server.stop();
    await read();
    expect(state).toMatchObject({ fault: { kind: 'refused' } });
  });

  it('tolerate bytes that are no text', async () => {
    pods = [pod('a')];
    log = (_, __, res) => void res.end(Buffer.from([0xff, 0xfe, 10, 0, 0x1b, 0x5b, 0x32, 0x4a, 10, 0xc3, 10]));
    await read();
    expect(lines).toHaveLength(3);
  });

  const run = (...args: string[]) => {
    const { kubeconfig } = server.settings().kubernetes;
    const all = ['logs', ...args, '--kubeconfig', kubeconfig ?? '', '-n', 'bentham', '--profile', 'staging'];
    const child = spawn(process.execPath, [launcher, ...all], { env: { ...process.env, NO_COLOR: '1' } });
    let [out, err] = ['', ''];
    child.stdout.on('data', (data) => {
      out += data;
    });
    child.stderr.on('data', (data) => {
      err += data;
    });
    return new Promise<{ out: string; err: string; code: number | null }>((done) =>
      child.on('close', (code) => done({ out, err, code })),
    );
  };

  it('end on ctrl-c: with 0 when they are followed, with 130 when they were to be printed to their end', async () => {
    pods = [pod('a')];
    log = (_, __, res) => void res.write(`${iso(1)} hello\n`);
    const ended = (...args: string[]) => {
      const { kubeconfig } = server.settings().kubernetes;
      const all = [
        'logs',
        '--since',
        'all',
        ...args,
        '--kubeconfig',
        kubeconfig ?? '',
        '-n',
        'bentham',
        '--profile',
        'staging',
      ];
      const child = spawn(process.execPath, [launcher, ...all]);
      child.stdout.once('data', () => child.kill('SIGINT'));
      return new Promise((done) => child.on('close', done));
    };
    expect(await ended('--follow')).toBe(0);
    expect(await ended()).toBe(130);
  });

  it('end quietly when the reader closes the pipe', async () => {
    pods = [pod('a')];
    log = (_, __, res) => void res.write(`${iso(1)} one\n${iso(2)} two\n`.repeat(5000));
    const { kubeconfig } = server.settings().kubernetes;
    const line = `"$0" "$@" | head -n 1; echo "\${PIPESTATUS[0]}"`;
    const all = [
      'logs',
      '--since',
      'all',
      '--follow',
      '--kubeconfig',
      kubeconfig ?? '',
      '-n',
      'bentham',
      '--profile',
      'staging',
    ];
    const child = spawn('bash', ['-c', line, process.execPath, launcher, ...all]);
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data) => {
        said += data;
      });
    await new Promise((done) => child.on('close', done));
    expect(said).toBe(`${iso(1).slice(11)} a       one\n0\n`);
  });

  it('are printed by the program, filtered and sanitized', async () => {
    pods = [pod('a')];
    const failed = { level: 50, msg: 'Rate \u001b[31mlimited', studyId: 's1', res: { statusCode: 503 } };
    log = (_, __, res) => void res.end(`${iso(1)} {"level":30,"msg":"fine"}\n${iso(2)} ${JSON.stringify(failed)}\n`);
    expect(await run('--since', 'all', '--level', 'error', '--study', 's1')).toEqual({
      out: `${iso(2).slice(11)} a error Rate limited  status=503  study=s1\n`,
      err: '',
      code: 0,
    });
    const { out } = await run('--since', 'all', '--json', '--grep', 'fine');
    expect(JSON.parse(out)).toMatchObject({ time: iso(1), pod: 'a', level: 30, msg: 'fine' });
    expect(await run('--level', 'loud')).toMatchObject({ code: 64, err: expect.stringContaining('no level loud') });
    log = (_, __, res) => void res.end(`${iso(1)} ${'a'.repeat(60)}!\n`);
    expect(await run('--since', 'all', '--grep', '/^(a+)+$/')).toEqual({ out: '', err: '', code: 0 });
    expect(await run('--grep', '/a(?=b)/')).toMatchObject({
      code: 64,
      err: expect.stringContaining('/a(?=b)/ uses lookaround or a backreference: not supported'),
    });
    pods = [];
    expect(await run()).toMatchObject({ code: 3, err: expect.stringContaining('no pods with app=bentham') });
  });
});
