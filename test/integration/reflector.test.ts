// An API server that misbehaves in every way there is; the drill's one behaves.
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SettingsInput } from '../../src/config/settings.ts';
import type { Facts } from '../../src/core/world/facts.ts';
import type { ConnectionOptions } from '../../src/data/kubernetes/connection.ts';
import { kubernetesSources } from '../../src/data/kubernetes/sources.ts';
import type { SourceUpdate } from '../../src/data/source.ts';
import { ApiServer, type Handler } from '../support/api-server.ts';

const podObject = (name: string, version: number, image = 'gateway:1') => ({
  metadata: { name, namespace: 'bentham', uid: `uid-${name}`, resourceVersion: String(version) },
  spec: { containers: [{ name: 'main', image }] },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
});
const podList = (version: number, names: readonly string[], more = {}) =>
  JSON.stringify({ metadata: { resourceVersion: String(version), ...more }, items: names.map((n) => podObject(n, 1)) });
const event = (type: string, object: unknown) => `${JSON.stringify({ type, object })}\n`;

describe('the watch on pods', () => {
  let server: ApiServer;
  let list: Handler;
  let watch: Handler;
  let over: AbortController;
  let news: SourceUpdate[];
  let ended: Promise<unknown>;
  let refresh: () => void;
  const asked = (watching: boolean) =>
    server.asked
      .filter((u) => u.pathname.endsWith('/pods') && (u.searchParams.get('watch') === 'true') === watching)
      .map((u) => u.searchParams);
  const lists = () => asked(false);
  const watches = () => asked(true);

  beforeEach(async () => {
    server = new ApiServer();
    list = (_, res) => res.end(podList(10, ['a', 'b']));
    watch = (_, res) => res.flushHeaders();
    server.handle = (url, res, req) => {
      if (!url.pathname.endsWith('/pods')) res.writeHead(404).end('{}');
      else if (url.searchParams.get('watch') === 'true') watch(url, res, req);
      else list(url, res, req);
    };
    await server.start();
    over = new AbortController();
    news = [];
  });
  afterEach(async () => {
    over.abort();
    await ended;
    await server.end();
  });

  const start = (options: ConnectionOptions = {}, more: Partial<SettingsInput> = {}) => {
    const sources = kubernetesSources(server.settings(more), options).filter(
      (s) => s.facts[0] === 'pods' || s.facts[0] === 'cluster',
    );
    // The deployments, which this server does not have, come from the same source.
    const running = sources.map((s) => s.start((n) => n.fact !== 'deployments' && news.push(n), over.signal));
    refresh = () => {
      for (const one of running) one.refresh();
    };
    ended = Promise.all(running.map((r) => r.ended));
  };
  const latest = () => news.filter((n) => n.fact === 'pods').at(-1);
  const names = () => {
    const last = latest();
    return last && 'value' in last ? (last.value as Facts['pods']).map((p) => p.name).sort() : last?.fault;
  };
  const pods = () => {
    const last = latest();
    return last && 'value' in last ? (last.value as Facts['pods']) : [];
  };
  const soon = <T>(value: () => T) => expect.poll(value, { timeout: 30_000, interval: 10 });

  it('lists in pages, sends its token, and follows what happens', async () => {
    let token: string | undefined;
    list = (url, res, req) => {
      token = req.headers.authorization;
      if (url.searchParams.get('continue') === 'more') res.end(podList(11, ['b']));
      else res.end(podList(11, ['a'], { continue: 'more' }));
    };
    watch = (_, res) => {
      res.write(event('ADDED', podObject('c', 12)));
      res.write(event('MODIFIED', podObject('a', 13, 'gateway:2')));
      res.write(event('DELETED', podObject('b', 14)));
    };
    start();
    await soon(names).toEqual(['a', 'c']);
    expect(token).toBe('Bearer sesame-open');
    expect(lists()[0]?.get('limit')).toBe('500');
    expect(watches()[0]?.get('resourceVersion')).toBe('11');
    expect(pods().find((p) => p.name === 'a')?.image).toBe('gateway:2');
    expect(news.find((n) => n.fact === 'cluster')).toMatchObject({ value: { context: 'test', version: 'v1.32.0' } });
  });

  it('reports the difference between the server’s clock and ours', async () => {
    const offsets = () =>
      news.flatMap((n) => (n.fact === 'cluster' && 'value' in n ? [(n.value as Facts['cluster']).clockOffset] : []));
    start();
    await soon(() => offsets().length).toBeGreaterThan(0);
    expect(offsets()).toEqual(offsets().map(() => undefined));
    server.version = (_, res) =>
      res.setHeader('date', new Date(Date.now() + 3_600_000).toUTCString()).end('{"gitVersion":"v1.32.0"}');
    refresh();
    await soon(() => Math.round((offsets().at(-1) ?? 0) / 60_000)).toBe(60);
  });

  it('tells signs of life with the same lists: nothing has to be judged, sent or drawn anew', async () => {
    const deployment = {
      metadata: { name: 'gateway', namespace: 'bentham', uid: 'd', resourceVersion: '1' },
      spec: { replicas: 1, selector: { matchLabels: { app: 'gateway' } } },
    };
    let tell: ServerResponse | undefined;
    watch = (_, res) => {
      res.flushHeaders();
      tell = res;
    };
    const { handle } = server;
    server.handle = (url, res, req) => {
      if (!url.pathname.endsWith('/deployments')) handle(url, res, req);
      else if (url.searchParams.get('watch') === 'true') res.flushHeaders();
      else res.end(JSON.stringify({ metadata: { resourceVersion: '1' }, items: [deployment] }));
    };
    const told: SourceUpdate[] = [];
    const running = kubernetesSources(server.settings()).map((s) => s.start((n) => told.push(n), over.signal));
    ended = Promise.all(running.map((r) => r.ended));
    const lives = (fact: string) =>
      told.flatMap((n) => (n.fact === fact && 'value' in n ? [{ value: n.value, at: n.at }] : []));
    for (const fact of ['pods', 'deployments']) {
      await soon(() => lives(fact).length).toBeGreaterThanOrEqual(3);
      const last = lives(fact).slice(-2);
      expect(last[0]?.value, fact).toHaveLength(fact === 'pods' ? 2 : 1);
      expect(last[0]?.value, fact).toBe(last[1]?.value);
      expect(last[0]?.at, fact).toBeLessThan(last[1]?.at ?? 0);
    }
    const before = lives('pods').at(-1)?.value;
    tell?.write(event('MODIFIED', podObject('a', 13, 'gateway:2')));
    await soon(() => lives('pods').at(-1)?.value).not.toBe(before);
    expect(lives('pods').at(-1)?.value).toMatchObject([{ image: 'gateway:2' }, { name: 'b' }]);
  });

  it('joins events and characters that arrive in pieces', async () => {
    const bytes = Buffer.from(event('ADDED', podObject('ü', 12)) + event('ADDED', podObject('z', 13)));
    watch = (_, res) => {
      const middle = bytes.indexOf(0xc3) + 1;
      res.write(bytes.subarray(0, middle));
      setImmediate(() => res.write(bytes.subarray(middle)));
    };
    start();
    await soon(names).toEqual(['a', 'b', 'z', 'ü'].sort());
  });

  it('continues from the last bookmark when a watch times out', async () => {
    watch = (_, res) => {
      if (watches().length === 1) {
        res.write(event('BOOKMARK', { metadata: { resourceVersion: '77' } }));
        setTimeout(() => res.end(), 1100);
      } else res.write(event('ADDED', podObject('late', 78)));
    };
    start();
    await soon(names).toEqual(['a', 'b', 'late']);
    expect(watches()[1]?.get('resourceVersion')).toBe('77');
    expect(lists()).toHaveLength(1);
  });

  describe('where bookmarks are a sign of life', () => {
    const bookmark = event('BOOKMARK', { metadata: { resourceVersion: '77' } });
    const isLong = (asked: URLSearchParams) => Number(asked.get('timeoutSeconds')) > 100;
    const kinds = () => watches().map((asked) => (isLong(asked) ? 'long' : 'short'));
    const begin = () => start({ watchTimes: { short: 1000, long: 600_000, silence: 2000 } });
    let tell: ServerResponse | undefined;
    let sends = true;
    beforeEach(() => {
      sends = true;
      watch = ({ searchParams }, res) => {
        tell = res;
        res.flushHeaders();
        if (isLong(searchParams)) return;
        if (sends) res.write(bookmark);
        setTimeout(() => res.end(), 1100);
      };
    });

    it('watches are long, and go on while bookmarks come', async () => {
      begin();
      await soon(kinds).toEqual(['short', 'long']);
      const timer = setInterval(() => tell?.write(bookmark), 100);
      const heard = () => news.filter((n) => n.fact === 'cluster').length;
      const before = heard();
      // Two heartbeats are further apart than the longest silence.
      await soon(heard).toBeGreaterThan(before + 1);
      clearInterval(timer);
      expect(kinds()).toEqual(['short', 'long']);
      expect(lists()).toHaveLength(1);
    });

    it('a long watch that goes silent is renewed, and long again after one that had bookmarks', async () => {
      begin();
      await soon(kinds).toEqual(['short', 'long']);
      tell?.write(bookmark);
      await soon(kinds).toEqual(['short', 'long', 'short', 'long']);
      expect(lists()).toHaveLength(2);
    });

    it('watches stay short where a server sends a bookmark only before the end', async () => {
      begin();
      await soon(kinds).toEqual(['short', 'long', 'short', 'short', 'short']);
    });

    it('watches stay short where a server sends none', async () => {
      sends = false;
      begin();
      await soon(kinds).toEqual(['short', 'short', 'short']);
      expect(lists()).toHaveLength(1);
    });
  });

  it('relists after 410 without a fault', async () => {
    watch = (_, res) => {
      if (watches().length === 1) {
        list = (_req, again) => again.end(podList(90, ['n']));
        res.end(event('ERROR', { kind: 'Status', code: 410, message: 'too old resource version' }));
      } else res.flushHeaders();
    };
    start();
    await soon(names).toEqual(['n']);
    await soon(() => watches().at(-1)?.get('resourceVersion')).toBe('90');
    expect(news.filter((n) => 'fault' in n)).toEqual([]);
  });

  it('reads a list that arrives in pieces, cut within objects and letters', async () => {
    const node = 'knoten-für-🙂';
    const items = ['a', 'b', 'c'].map((name) => ({ ...podObject(name, 1), spec: { nodeName: node } }));
    const bytes = Buffer.from(JSON.stringify({ metadata: { resourceVersion: '10' }, items }));
    list = async (_, res) => {
      for (let at = 0; at < bytes.length; at += 7) {
        res.write(bytes.subarray(at, at + 7));
        await new Promise((resolve) => setImmediate(resolve));
      }
      res.end();
    };
    start();
    await soon(names).toEqual(['a', 'b', 'c']);
    expect(pods().map((pod) => pod.node)).toEqual([node, node, node]);
  });

  it('keeps nothing of a page that breaks off, and reads it again', async () => {
    const whole = podList(10, ['a', 'b', 'c']);
    list = (_, res) => {
      const isFirst = lists().length === 1;
      if (!isFirst) return void res.end(whole);
      res.write(podList(10, ['lost', 'b', 'c']).slice(0, -40));
      setImmediate(() => res.destroy());
    };
    start();
    await soon(names).toEqual(['a', 'b', 'c']);
    expect(lists().length).toBeGreaterThan(1);
  });

  it('asks again for a later page that breaks off, and for no page before it', async () => {
    const page = (name: string, next?: string) => {
      const body = JSON.parse(podList(10, [name])) as { metadata: object };
      return JSON.stringify({ ...body, metadata: { ...body.metadata, continue: next } });
    };
    list = (url, res) => {
      if (!url.searchParams.has('continue')) return void res.end(page('a', 'second'));
      if (lists().length > 2) return void res.end(page('b'));
      res.write(page('lost').slice(0, -40));
      setImmediate(() => res.destroy());
    };
    start();
    await soon(names).toEqual(['a', 'b']);
    expect(lists().map((query) => query.get('continue'))).toEqual([null, 'second', 'second']);
    expect(news.filter((n) => 'fault' in n)).toEqual([]);
  });

  it('leaves what is still there in its place when it lists again', async () => {
    let end = () => {};
    list = (_, res) => res.end(podList(10, ['c', 'a', 'b']));
    watch = (_, res) => {
      res.flushHeaders();
      end = () => res.end(event('ERROR', { kind: 'Status', code: 410, message: 'too old resource version' }));
    };
    start();
    await soon(names).toEqual(['a', 'b', 'c']);
    await soon(() => watches().length).toBe(1);
    const [c, , b] = pods();
    list = (_, res) => res.end(podList(90, ['b', 'c', 'd']));
    end();
    await soon(names).toEqual(['b', 'c', 'd']);
    expect(pods().map(({ name }) => name)).toEqual(['c', 'b', 'd']);
    expect([pods()[0] === c, pods()[1] === b]).toEqual([true, true]);
  });

  it.each(['list', 'watch'] as const)('waits as long as the server asks when it refuses a %s', async (which) => {
    const refuse: Handler = (_, res) => res.writeHead(429, { 'retry-after': '3' }).end('{"kind":"Status"}');
    let refusedAt = 0;
    let cameAfter = 0;
    const usual: Handler = (_, res) => {
      cameAfter ||= refusedAt > 0 ? performance.now() - refusedAt : 0;
      res.end(podList(10, ['a']));
    };
    const once: Handler = (url, res, req) => {
      if (which === 'list') list = usual;
      else watch = (_, again) => again.flushHeaders();
      refusedAt = performance.now();
      refuse(url, res, req);
    };
    list = which === 'list' ? once : usual;
    if (which === 'watch') watch = once;
    start();
    await soon(() => cameAfter).toBeGreaterThan(2900);
    await soon(names).toEqual(['a']);
  });

  it('reports a list whose pages repeat, and stops', async () => {
    list = (_, res) => res.end(podList(5, ['a'], { continue: 'same' }));
    start();
    await soon(names).toMatchObject({ kind: 'malformed', what: expect.stringContaining('list pages repeat') });
  });

  it('lists in one request when a continuation has expired', async () => {
    list = ({ searchParams: query }, res) => {
      if (query.get('continue')) res.writeHead(410).end('{"message":"The provided continue parameter is too old"}');
      else if (query.get('limit')) res.end(podList(5, ['a'], { continue: 'old' }));
      else res.end(podList(6, ['whole']));
    };
    start();
    await soon(names).toEqual(['whole']);
  });

  describe('a list under way', () => {
    /** Pages that were asked for, by their continuation. */
    const pages = () => lists().map((query) => query.get('continue') ?? 'first');
    const answer: Handler = (url, res) => {
      const page = url.searchParams.get('continue');
      if (page === null) res.end(podList(11, ['a'], { continue: 'second' }));
      else if (page === 'second') res.end(podList(11, ['b'], { continue: 'third' }));
      else res.end(podList(11, ['c']));
    };
    const fault = () => {
      const last = latest();
      return last && 'fault' in last ? last.fault : undefined;
    };

    it('goes on, page by page, while heartbeats are lost and come again', async () => {
      const held: (() => void)[] = [];
      list = (url, res, req) => held.push(() => answer(url, res, req));
      const { version } = server;
      start();
      for (const page of ['first', 'second', 'third']) {
        await soon(() => pages().at(-1)).toBe(page);
        server.version = (_, res) => res.writeHead(500).end('{}');
        refresh();
        await soon(fault).toBeDefined();
        server.version = version;
        refresh();
        await soon(() => news.at(-1)).toMatchObject({ fact: 'cluster', value: {} });
        await soon(() => held.length).toBeGreaterThan(0);
        for (const each of held.splice(0)) each();
      }
      await soon(names).toEqual(['a', 'b', 'c']);
      // One page may be asked for twice, at the first return: its connection may have been dead.
      expect(pages().filter((page) => page === 'first').length).toBeLessThanOrEqual(2);
      expect(pages().filter((page) => page !== 'first')).toEqual(['second', 'third']);
    });

    it('asks again beside a request that hangs when the server is back', async () => {
      let hangs = true;
      list = (url, res, req) => {
        if (hangs) hangs = false;
        else answer(url, res, req);
      };
      start();
      await soon(() => pages().length).toBe(1);
      refresh();
      await soon(names).toEqual(['a', 'b', 'c']);
      expect(pages()).toEqual(['first', 'first', 'second', 'third']);
    });

    it.each([
      ['a broken connection', (res: ServerResponse) => res.destroy()],
      ['a server in trouble', (res: ServerResponse) => res.writeHead(503).end('{}')],
      ['too many requests', (res: ServerResponse) => res.writeHead(429).end('{}')],
    ])('is taken up at its page after %s', async (_, fails) => {
      let failing = 2;
      list = (url, res, req) => {
        if (url.searchParams.get('continue') === 'second' && failing > 0) {
          failing -= 1;
          fails(res);
        } else answer(url, res, req);
      };
      start();
      await soon(names).toEqual(['a', 'b', 'c']);
      expect(pages()).toEqual(['first', 'second', 'second', 'second', 'third']);
    });

    it('ends at a refusal', async () => {
      list = (url, res, req) =>
        url.searchParams.has('continue') ? res.writeHead(403).end('{}') : answer(url, res, req);
      start();
      await soon(() => fault()?.kind).toBe('forbidden');
      expect(pages().slice(0, 2)).toEqual(['first', 'second']);
    });
  });

  it('keeps the identity of pods that did not change', async () => {
    let send: ((text: string) => void) | undefined;
    watch = (_, res) => {
      res.flushHeaders();
      send = (text) => res.write(text);
    };
    start();
    await soon(() => send !== undefined && names()).toEqual(['a', 'b']);
    const before = pods();
    send?.(event('MODIFIED', podObject('a', 20, 'gateway:9')));
    send?.(event('MODIFIED', podObject('b', 21)));
    await soon(() => pods().find((p) => p.name === 'a')?.image).toBe('gateway:9');
    expect(pods().find((p) => p.name === 'b')).toBe(before.find((p) => p.name === 'b'));
  });

  it('reports a storm of events in few updates', async () => {
    watch = (_, res) => {
      for (let i = 0; i < 3000; i += 1) res.write(event('ADDED', podObject(`p${i}`, 100 + i)));
    };
    start();
    await soon(() => pods().length).toBe(3002);
    expect(news.filter((n) => n.fact === 'pods').length).toBeLessThan(40);
  });

  it('recovers after garbage, a cut line and a restarted server', async () => {
    watch = (_, res) => {
      if (watches().length === 1) res.end('{"type":"ADDED","obj');
      else if (watches().length === 2) res.write('\u0000\u0001 not JSON at all\n');
      else res.flushHeaders();
    };
    start();
    await soon(() => watches().length).toBe(3);
    await soon(names).toEqual(['a', 'b']);
    await server.stop();
    await soon(names).toMatchObject({ kind: 'refused' });
    list = (_, res) => res.end(podList(3, ['reborn']));
    await server.start();
    await soon(names).toEqual(['reborn']);
  });

  it('calls a frozen server lost within seconds, though its watch stays open', async () => {
    start({}, { intervals: { timeout: 400 } });
    await soon(names).toEqual(['a', 'b']);
    server.version = () => {};
    await soon(names).toMatchObject({ kind: 'timeout', what: 'timed out after 0.4 s' });
    server.version = (_, res) => res.end('{}');
    await soon(names).toEqual(['a', 'b']);
    expect(lists().length).toBeGreaterThan(1);
  });

  it('names missing permissions, and polls lists without watch permission', async () => {
    list = (_, res) => res.writeHead(403).end('{"message":"pods is forbidden"}');
    start();
    await soon(names).toMatchObject({ kind: 'forbidden', what: 'not allowed to list pods in bentham (403)' });
    list = (_, res) => res.end(podList(1, ['seen']));
    watch = (_, res) => res.writeHead(403).end('{}');
    refresh();
    await soon(names).toEqual(['seen']);
  });

  it.each([
    ['<html>proxy</html>', 'answer is not JSON'],
    ['null', 'answer is not a list'],
    ['{"items":7}', 'answer is not a list'],
  ])('an answer of %s is malformed', async (body, what) => {
    list = (_, res) => res.end(body);
    start();
    await soon(names).toMatchObject({ kind: 'malformed', what: expect.stringContaining(what) });
  });
});

it('each pod gets its deployment by its replica set, otherwise by the matching selector; a job’s pod gets none', async () => {
  const server = new ApiServer();
  const owned = (kind: string, name: string) => [{ kind, name, controller: true }];
  const pod = (name: string, labels: object, ownerReferences: unknown[] = []) => {
    const object = podObject(name, 1);
    return { ...object, metadata: { ...object.metadata, labels, ownerReferences } };
  };
  const pods = [
    pod('hashed', { app: 'x', 'pod-template-hash': '5d4f9c' }, owned('ReplicaSet', 'api-5d4f9c')),
    pod('odd', { tier: 'front' }, owned('ReplicaSet', 'frontend-abc1')),
    pod('bare', { tier: 'front', stage: 'b' }),
    pod('stray', { tier: 'back' }),
    pod('job', { app: 'api' }, owned('Job', 'migrate-17')),
  ];
  const selectors: Record<string, object> = {
    api: { matchLabels: { app: 'api' } },
    web: { matchLabels: { tier: 'front' }, matchExpressions: [{ key: 'stage', operator: 'NotIn', values: ['c'] }] },
  };
  const deployments = Object.entries(selectors).map(([name, selector]) => ({ metadata: { name }, spec: { selector } }));
  server.handle = (url, res) => {
    const listed = url.pathname.endsWith('/pods') ? pods : deployments;
    if (url.searchParams.get('watch') === 'true') res.flushHeaders();
    // Deployments come last: what was told without them is told anew.
    else setTimeout(() => res.end(JSON.stringify({ metadata: {}, items: listed })), listed === pods ? 0 : 300);
  };
  await server.start();
  const over = new AbortController();
  let last: Record<string, string> = {};
  const running = kubernetesSources(server.settings()).map((source) =>
    source.start((n) => {
      if (n.fact === 'pods' && 'value' in n) last = Object.fromEntries(n.value.map((p) => [p.name, p.app]));
    }, over.signal),
  );
  await expect
    .poll(() => last, { timeout: 30_000 })
    .toEqual({ hashed: 'api', odd: 'web', bare: 'web', stray: '', job: 'migrate-17' });
  over.abort();
  await Promise.all(running.map((one) => one.ended));
  await server.end();
});
