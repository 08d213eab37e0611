import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer as createPlainServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { Agent } from 'undici';
import { afterAll, afterEach, describe, expect, it, test } from 'vitest';
import { type Settings, settingsSchema } from '../../src/config/settings.ts';
import { evaluate } from '../../src/core/health/evaluate.ts';
import { evaluateEndpoint, gatewaySays, worseEndpoint } from '../../src/core/health/gateway.ts';
import { lose } from '../../src/core/world/reading.ts';
import { emptyWorld } from '../../src/core/world/world.ts';
import { healthBudget } from '../../src/data/gateway/budget.ts';
import { readHealthBody } from '../../src/data/gateway/health-body.ts';
import { askHealthInTurn } from '../../src/data/gateway/health-request.ts';
import { gatewaySource, healthUrls, readGateway } from '../../src/data/gateway/source.ts';
import type { SourceUpdate } from '../../src/data/source.ts';
import { scope } from '../support/worlds.ts';

describe('a health body', () => {
  it('in the runbook’s form', () => {
    const body = readHealthBody('{"status":"healthy","services":{"database":"healthy","redis":"healthy"}}');
    expect(body).toEqual({
      status: 'healthy',
      services: [
        { name: 'database', healthy: true, word: 'healthy' },
        { name: 'redis', healthy: true, word: 'healthy' },
      ],
      healthy: true,
    });
  });

  it.each([
    ['{"status":"ok"}', { status: 'ok', healthy: true }],
    ['ok\n', { status: 'ok', healthy: true }],
    ['{"status":"unhealthy"}', { status: 'unhealthy', healthy: false }],
    ['{"status":"ok","checks":{"db":{"status":"ok","latency":3}}}', { healthy: true }],
    ['{"status":"ok","checks":[{"name":"db","healthy":true}]}', { healthy: true }],
    ['{"status":"ok","checks":{"redis":false}}', { healthy: false, problem: 'says ok, but redis is not' }],
    ['{"status":"UP","components":{"db":{"status":"UP"},"disk":{"status":"DOWN"}}}', { healthy: false }],
    ['{"status":"pass","checks":{"pg:time":[{"status":"pass"},{"status":"fail"}]}}', { healthy: false }],
    ['{"status":"pass","checks":{"pg:time":[{"status":"pass"}]}}', { healthy: true }],
    ['{"status":"SERVING"}', { healthy: true }],
    ['<html>Welcome</html>', { healthy: false, problem: 'body is not JSON' }],
    ['', { healthy: false, problem: 'body is empty' }],
    ['[]', { healthy: false, problem: 'body has no health status' }],
    ['null', { healthy: false, problem: 'body has no health status' }],
    ['{}', { healthy: false, problem: 'body has no health status' }],
    ['{"version":"1.4","uptime":7}', { healthy: false, problem: 'body has no health status' }],
    // Every list counts, not only the first that is there.
    ['{"status":"ok","services":{},"checks":{"db":"error"}}', { healthy: false, problem: 'says ok, but db is not' }],
    [
      `{"status":"ok","checks":{${Array.from({ length: 40 }, (_, i) => `"part${i}":"ok",`).join('')}"db":"down"}}`,
      { healthy: false, problem: 'says ok, but db is not' },
    ],
    // Other ways to say that a service is away.
    ['{"status":"ok","database":{"connected":false}}', { healthy: false, problem: 'says ok, but database is not' }],
    ['{"status":"ok","services":{"redis":{"reachable":false,"latency":3}}}', { healthy: false }],
    ['{"status":"ok","database":{"primary":{"status":"down"},"replica":{"status":"ok"}}}', { healthy: false }],
    ['{"status":"ok","jobs":{"last":{"status":"failed"}},"up":"3 days"}', { healthy: true }],
    ['{"status":"ok","error":"connection refused"}', { healthy: false, problem: 'says ok, but error is not' }],
    ['{"status":"ok","errors":["pool exhausted"]}', { healthy: false, problem: 'says ok, but errors is not' }],
    ['{"status":"ok","errors":[]}', { healthy: true, problem: undefined }],
    ['{"status":"ok","database":null}', { healthy: false, problem: 'says ok, but database is not' }],
    ['{"status":"ok","db":0}', { healthy: false, problem: 'says ok, but db is not' }],
    ['{"status":"ok","redis":""}', { healthy: false, problem: 'says ok, but redis is not' }],
    ['{"status":"ok","database":{"latency":3}}', { healthy: true, problem: undefined }],
    [
      '{"status":"ok","redis":{"status":"ok","error":"EPIPE"}}',
      { healthy: false, problem: 'says ok, but redis is not' },
    ],
    ['{"status":"ok","redis":{"status":"ok","error":null}}', { healthy: true, problem: undefined }],
    ['{"status":"ok","queue":12}', { healthy: true, problem: undefined }],
    // A service without a readable state is not healthy; a measured value needs none.
    ['{"status":"ok","checks":{"database":{"latency":3}}}', { healthy: false }],
    ['{"status":"ok","checks":{"database":null}}', { healthy: false }],
    ['{"status":"ok","checks":{"database":""}}', { healthy: false }],
    ['{"status":"ok","checks":{"database":7}}', { healthy: false }],
    ['{"status":"ok","checks":["database"]}', { healthy: false }],
    ['{"status":"ok","checks":{"uptime":7,"memory":[{"observedValue":8}],"db":"up"}}', { healthy: true }],
    // Words that contradict each other: the worse counts.
    ['{"status":"ok","healthy":false}', { status: 'failed', healthy: false }],
    ['{"status":"ok","checks":{"db":{"status":"ok","healthy":false}}}', { healthy: false }],
    ['{"success":false,"status":"ok"}', { status: 'failed', healthy: false }],
    ['{"success":true}', { healthy: false, problem: 'body has no health status' }],
    // In an envelope, or beside the status.
    ['{"success":true,"data":{"status":"degraded","checks":{"database":"error"}}}', { status: 'degraded' }],
    ['{"status":"ok","version":"1.4","database":"down"}', { healthy: false, problem: 'says ok, but database is not' }],
    ['{"status":"ok","redis":{"status":"connecting"}}', { healthy: false, problem: 'says ok, but redis is not' }],
    ['{"status":"ok","env":"production","readonly":false,"version":"1.4"}', { healthy: true, services: [] }],
    ['\uFEFF{"status":"ok"}', { status: 'ok', healthy: true }],
    ['{"status":{"deep":1},"services":7}', { healthy: false, problem: 'body has no health status' }],
  ])('%s', (text, expected) => {
    expect(readHealthBody(text)).toMatchObject(expected);
  });

  it('in the form some versions answer', () => {
    const body = readHealthBody('{"status":"degraded","checks":{"database":"ok","redis":{"status":"error"}}}');
    expect(body).toMatchObject({ status: 'degraded', healthy: false });
    expect(body.services).toEqual([
      { name: 'database', healthy: true, word: 'ok' },
      { name: 'redis', healthy: false, word: 'error' },
    ]);
  });
});

test('the health path is appended to the URL, with any number of slashes', () => {
  const paths = { healthPath: 'health', detailedHealthPath: '/v1/health' } as Settings['gateway'];
  const { health, detailed } = healthUrls({ ...paths, url: 'https://front.example/bentham/' });
  expect([health.href, detailed.href]).toEqual([
    'https://front.example/bentham/health',
    'https://front.example/bentham/v1/health',
  ]);
});

describe('the gateway', () => {
  const opened: Server[] = [];
  const dispatcher = new Agent({ pipelining: 0 });
  const sockets = new Set<Socket>();
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    for (const server of opened.splice(0)) await new Promise((done) => server.close(done));
  });
  const listen = async (server: Server, scheme = 'http'): Promise<string> => {
    opened.push(server);
    server.on('connection', (socket) => sockets.add(socket.once('close', () => sockets.delete(socket))));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const look = (base: string, timeout = 1000) =>
    readGateway(
      new URL('/health', base),
      new URL('/v1/health', base),
      timeout,
      dispatcher,
      new AbortController().signal,
    );
  const serve = (handle: RequestListener) => listen(createServer(handle));

  it('that is healthy', async () => {
    const outcome = await look(await serve((_, res) => res.end('{"status":"healthy","services":{"redis":"healthy"}}')));
    expect(outcome).toMatchObject({
      ok: true,
      value: { health: { healthy: true, statusCode: 200 }, detailed: { healthy: true } },
    });
  });

  it('without the detailed form is judged by /health alone', async () => {
    const base = await serve((req, res) => {
      if (req.url === '/v1/health') res.statusCode = 404;
      res.end('{"status":"ok"}');
    });
    expect(await look(base)).toMatchObject({
      value: { detailed: { healthy: true, statusCode: 404, problem: 'not served' } },
    });
  });

  const answers = (health: [number, string], detailed: [number, string]) =>
    serve((req, res) => {
      const [status, body] = req.url === '/health' ? health : detailed;
      res.writeHead(status).end(body);
    });
  const judged = async (base: string, timeout?: number) => {
    const outcome = await look(base, timeout);
    if (!outcome.ok) return outcome.fault.kind;
    return `${evaluateEndpoint(worseEndpoint(outcome.value))}: ${gatewaySays(outcome.value)}`;
  };
  const unauthorized: [number, string] = [401, '{"error":"Unauthorized"}'];
  const ok: [number, string] = [200, '{"status":"ok"}'];
  it.each<[string, [number, string], [number, string]]>([
    ['ok: 200 ok', ok, [404, '{"error":"Not Found"}']],
    ['ok: 200 ok', [404, 'Not Found'], ok],
    ['ok: 200 ok', ok, [403, '<html>']],
    // The other endpoint decides, whatever it says.
    ['warning: 200 degraded', [200, '{"status":"degraded"}'], unauthorized],
    ['critical: 503 unhealthy', unauthorized, [503, '{"status":"unhealthy"}']],
    // Neither may be asked: nothing is known. Neither is there: a front without the gateway answers so.
    ['unknown: 401 not served', unauthorized, unauthorized],
    ['unknown: 403 not served', [403, '<html>'], [403, '<html>']],
    ['critical: 404 not served', [404, 'no'], [404, 'no']],
    ['critical: 502 body is not JSON', [502, '<html>Bad Gateway</html>'], [502, '<html>']],
    ['warning: /v1/health 200 warn; /health 200 ok', ok, [200, '{"status":"warn"}']],
    // They contradict each other: both are told, the worse counts, whichever it is.
    [
      'critical: /health 503 unhealthy; /v1/health 200 healthy',
      [503, '{"status":"unhealthy"}'],
      [200, '{"status":"healthy"}'],
    ],
    [
      'critical: /v1/health 503 unhealthy; /health 200 ok',
      ok,
      [503, '{"status":"unhealthy","checks":{"database":"error"}}'],
    ],
    // Degraded comes with 200, also where the database is away.
    [
      'critical: /v1/health 200 degraded; /health 200 ok',
      ok,
      [200, '{"status":"degraded","checks":{"database":"error","redis":"ok"}}'],
    ],
    [
      'warning: /v1/health 200 degraded; /health 200 ok',
      ok,
      [200, '{"status":"degraded","checks":{"database":"ok","redis":"error"}}'],
    ],
    ['critical: 200 degraded', [200, '{"status":"degraded","services":{"postgres":"down"}}'], [404, '']],
    [
      'critical: 200 says ok, but primary-db is not',
      [200, '{"status":"ok","services":{"primary-db":"fail"}}'],
      [404, ''],
    ],
    // A word that nobody knows is neither well nor an outage.
    ['unknown: 200 frobnicating', [200, '{"status":"frobnicating"}'], [404, '']],
    ['unknown: 200 says ok, but database is not', [200, '{"status":"ok","checks":{"database":"hmm"}}'], [404, '']],
    ['unknown: 200 says ok, but database is not', [200, '{"status":"ok","checks":{"database":{}}}'], [404, '']],
    ['unknown: 200 says ok, but queue is not', [200, '{"status":"ok","queue":"hmm"}'], [404, '']],
    // The database is down, whatever the status code.
    ['critical: /v1/health 404 error; /health 200 ok', ok, [404, '{"status":"error","checks":{"database":"error"}}']],
    [
      'critical: /v1/health 401 degraded; /health 200 ok',
      ok,
      [401, '{"status":"degraded","checks":{"database":{"ok":false}}}'],
    ],
    // A load balancer answers, no gateway.
    ['critical: 200 body is not JSON', [200, '<html>It works!</html>'], [404, '']],
    ['critical: 200 body is empty', [200, ''], [200, '']],
    ['critical: 204 body is empty', [204, ''], [204, '']],
    ['critical: 200 body has no health status', [200, '{"message":"hello"}'], [200, '{}']],
    ['critical: 503 says healthy with status 503', [503, '{"status":"healthy"}'], [503, '{"status":"healthy"}']],
  ])('%s', async (expected, health, detailed) => {
    expect(await judged(await answers(health, detailed))).toBe(expected);
  });

  it('is not asked more often by configuration: that is refused with the reason', () => {
    const { error } = settingsSchema.pick({ intervals: true }).safeParse({ intervals: { gateway: 5000 } });
    expect(error?.issues).toMatchObject([
      { path: ['intervals', 'gateway'], message: expect.stringMatching(/at least 10000.*100 requests/) },
    ]);
  });

  describe('asked again and again', () => {
    const over = new AbortController();
    const asked: string[] = [];
    const news: SourceUpdate[] = [];
    const start = async (handle: RequestListener) => {
      asked.length = 0;
      news.length = 0;
      const url = await serve((req, res) => {
        asked.push(req.url ?? '');
        handle(req, res);
      });
      const { data } = settingsSchema
        .pick({ gateway: true, intervals: true, environment: true })
        .safeParse({ gateway: { url }, environment: { name: 'test', guarded: false } });
      const source = gatewaySource({ ...data, journal: {} } as Settings);
      return { url, ...source.start((told) => news.push(told), over.signal) };
    };
    afterAll(() => over.abort());

    it('is asked for one path while it is healthy, and at most six times a minute in total', async () => {
      const { url, refresh } = await start((_, res) => res.end('{"status":"healthy"}'));
      // A person keeps R pressed.
      const hammer = setInterval(refresh, 1);
      await expect.poll(() => asked.length, { timeout: 30_000 }).toBe(6);
      const late = await look(url);
      clearInterval(hammer);
      expect(late).toMatchObject({ ok: true });
      const fresh = { timeout: 100, dispatcher, signal: AbortSignal.timeout(100), fresh: true };
      expect(await askHealthInTurn(new URL('/health', url), fresh)).toMatchObject({
        fault: { kind: 'limited', what: expect.stringMatching(/^request budget used up, next at \d\d:\d\d:\d\dZ$/) },
      });
      expect(asked.filter((path) => path === '/v1/health')).toHaveLength(5);
      expect(asked.filter((path) => path === '/health')).toHaveLength(1);
    });

    it('is asked for its short path at once if the detailed one is unhealthy', async () => {
      let well = true;
      const { refresh } = await start((req, res) => {
        if (!well && req.url === '/v1/health') res.statusCode = 503;
        res.end(`{"status":"${res.statusCode === 503 ? 'un' : ''}healthy"}`);
      });
      await expect.poll(() => news.length).toBe(1);
      well = false;
      refresh();
      await expect.poll(() => asked.slice(2)).toEqual(['/v1/health', '/health']);
    });

    it('is asked for one path after a rate limit, and for the other if that one works', async () => {
      let limited = true;
      await start((_, res) => {
        if (limited) res.writeHead(429, { 'retry-after': '1' });
        res.end('{"status":"healthy"}');
      });
      await expect.poll(() => news.length).toBe(1);
      await expect.poll(() => asked.length, { timeout: 30_000 }).toBe(3);
      expect(asked.slice(2)).toEqual(['/v1/health']);
      limited = false;
      await expect.poll(() => news.at(-1), { timeout: 30_000 }).toMatchObject({ value: { health: { healthy: true } } });
      expect(asked.slice(3)).toEqual(['/v1/health', '/health']);
    });

    it.each([
      ['seconds', () => '7', 7000],
      ['a date', () => new Date(Date.now() + 9000).toUTCString(), 9000],
      ['a day', () => '86400', 300_000],
      ['nothing', () => 'soon', 60_000],
      ['no time at all', () => '-5', 60_000],
      ['a list', () => '5,5', 60_000],
    ])('is unknown under a rate limit, and not asked until Retry-After, in %s', async (_, retryAfter, ms) => {
      const { refresh, url } = await start((_, res) => res.writeHead(429, { 'retry-after': retryAfter() }).end('{}'));
      await expect.poll(() => news.length).toBe(1);
      const [told] = news;
      if (!told || !('fault' in told)) throw new Error('a 429 is a fault');
      expect(told.fault).toMatchObject({
        kind: 'limited',
        what: expect.stringMatching(/^rate limited \(429\), next at /),
      });
      expect(Math.abs((told.retryAt ?? 0) - told.at - ms)).toBeLessThan(5000);
      const world = emptyWorld(scope, Date.now());
      const reading = lose(world.readings.gateway, told.fault, told.at, told.retryAt);
      const found = evaluate({ ...world, readings: { ...world.readings, gateway: reading } });
      expect(found.find(({ id }) => id === 'gateway/health')).toMatchObject({ verdict: 'unknown' });
      refresh();
      expect(await healthBudget(new URL(url)).take(() => [url], 0, AbortSignal.timeout(50))).toBeUndefined();
      expect(asked).toHaveLength(2);
    });
  });

  it('whose detailed form gives no answer is neither down nor healthy', async () => {
    const base = await serve((req, res) => {
      if (req.url === '/health') res.end('{"status":"ok"}');
    });
    expect(await judged(base, 300)).toBe('unknown: /v1/health timed out after 0.3 s; /health 200 ok');
    const cutting = await serve((req, res) =>
      req.url === '/health' ? req.socket.destroy() : res.end('{"status":"ok"}'),
    );
    expect(await judged(cutting)).toBe('unknown: /health connection closed without an answer; /v1/health 200 ok');
  });

  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['deflate', deflateSync],
  ])('that compresses unasked is read as it is: %s', async (encoding, compress) => {
    const answering = (status: number, word: string) =>
      serve((_, res) => {
        const body = compress(`{"status":"${word}"}`);
        res.writeHead(status, { 'content-encoding': encoding }).end(body);
      });
    expect(await judged(await answering(200, 'healthy'))).toBe('ok: 200 healthy');
    expect(await judged(await answering(503, 'unhealthy'))).toBe('critical: 503 unhealthy');
  });

  it('whose answer is cut off is judged by its status alone', async () => {
    const cutting = (status: number) =>
      serve((_, res) => {
        res.writeHead(status, { 'content-length': 500 }).write('{"status":"healthy"');
        setTimeout(() => res.destroy(), 20);
      });
    expect(await judged(await cutting(503))).toBe('critical: 503 body incomplete');
    expect(await look(await cutting(200))).toMatchObject({
      ok: false,
      fault: { what: 'answer cut off after status 200' },
    });
  });

  it('that answers drop by drop timed out', async () => {
    const base = await serve((_, res) => {
      res.write('{"status":');
      const drops = setInterval(() => res.write(' '), 20);
      res.once('close', () => clearInterval(drops));
    });
    expect(await look(base, 200)).toMatchObject({ ok: false, fault: { kind: 'timeout' } });
  });

  it('that speaks HTTP/1.0, or IPv6', async () => {
    const old = await listen(
      createPlainServer((socket) => {
        socket.once('data', () => socket.end('HTTP/1.0 200 OK\r\n\r\n{"status":"healthy"}'));
      }),
    );
    expect(await judged(old)).toBe('ok: 200 healthy');
    const six = createServer((_, res) => res.end('{"status":"healthy"}'));
    opened.push(six);
    await new Promise<void>((done) => six.listen(0, '::1', done));
    expect(await judged(`http://[::1]:${(six.address() as AddressInfo).port}`)).toBe('ok: 200 healthy');
  });

  it('that answers 503, or healthy with a 500, is not healthy', async () => {
    const base = await serve((req, res) => {
      res.statusCode = req.url === '/health' ? 503 : 500;
      res.end(req.url === '/health' ? '{"status":"unhealthy"}' : '{"status":"ok"}');
    });
    expect(await look(base)).toMatchObject({
      value: {
        health: { healthy: false, statusCode: 503, status: 'unhealthy' },
        detailed: { healthy: false, problem: 'says ok with status 500' },
      },
    });
  });

  it('reports redirects and does not follow them', async () => {
    const base = await serve((_, res) => res.writeHead(302, { location: 'https://login.example/' }).end());
    expect(await look(base)).toMatchObject({
      value: { health: { healthy: false, problem: 'redirects to https://login.example/ (302)' } },
    });
  });

  it('reads no endless body', async () => {
    const base = await serve((_, res) => {
      const more = () => {
        while (res.write('x'.repeat(16_384)));
        res.once('drain', more);
      };
      more();
    });
    expect(await look(base)).toMatchObject({ value: { health: { problem: 'body too long for a health response' } } });
  });

  it('has a fault for each failure: timeout, refused, unreachable, malformed', async () => {
    const hanging = await serve(() => {});
    expect(await look(hanging, 100)).toMatchObject({ ok: false, fault: { kind: 'timeout' } });
    expect(await look('http://127.0.0.1:1')).toMatchObject({ ok: false, fault: { kind: 'refused' } });
    const cutting = await listen(createPlainServer((socket) => socket.destroy()));
    expect(await look(cutting)).toMatchObject({ ok: false, fault: { kind: 'unreachable' } });
    const nonsense = await listen(createPlainServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n')));
    expect(await look(nonsense)).toMatchObject({ ok: false, fault: { kind: 'malformed', what: 'answer is not HTTP' } });
  });

  it('that answers one path names the other', async () => {
    const base = await serve((req, res) => {
      if (req.url === '/health') res.end('{"status":"ok"}');
    });
    expect(await look(base, 200)).toMatchObject({
      value: { health: { healthy: true }, detailed: { healthy: false, problem: 'timed out after 0.2 s' } },
    });
  });

  it('that speaks http instead of https is named', async () => {
    const base = await serve((_, res) => res.end('{}'));
    expect(await look(base.replace('http:', 'https:'))).toMatchObject({
      value: { health: { healthy: false, problem: 'does not speak TLS' } },
    });
  });

  const openssl = (() => {
    try {
      execFileSync('openssl', ['version'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  })();
  it.runIf(!openssl)('skipped without openssl: certificates', () => {
    console.info('skipped: certificates, for want of openssl');
  });
  describe.runIf(openssl)('behind TLS', () => {
    const certificate = (days: number) => {
      const directory = mkdtempSync(join(tmpdir(), 'bentham-tls-'));
      try {
        const [key, request, cert] = ['key', 'request', 'cert'].map((name) => join(directory, name)) as [
          string,
          string,
          string,
        ];
        const run = (...words: string[]) => execFileSync('openssl', words, { stdio: 'ignore' });
        const names = ['-subj', '/CN=other.example', '-keyout', key, '-out', request];
        run('req', '-new', '-newkey', 'rsa:2048', '-nodes', ...names);
        run('x509', '-req', '-in', request, '-signkey', key, '-days', String(days), '-out', cert);
        return { key: readFileSync(key), cert: readFileSync(cert) };
      } finally {
        rmSync(directory, { recursive: true });
      }
    };
    it('names a self-signed certificate', async () => {
      const server = createSecureServer(certificate(2), (_, res) => res.end('{"status":"ok"}'));
      expect(await look(await listen(server, 'https'))).toMatchObject({
        value: { health: { healthy: false, problem: 'certificate self-signed' } },
      });
    });
    it('names a certificate for another host, and one that has expired', async () => {
      for (const [problem, pair] of [
        ['certificate is for another host', certificate(2)],
        ['certificate expired', certificate(-1)],
      ] as const) {
        const server = createSecureServer(pair, (_, res) => res.end('{"status":"ok"}'));
        const base = await listen(server, 'https');
        const trusting = new Agent({ pipelining: 0, connect: { ca: pair.cert } });
        const urls = [new URL('/health', base), new URL('/v1/health', base)] as const;
        const outcome = await readGateway(...urls, 1000, trusting, new AbortController().signal);
        expect(outcome).toMatchObject({ value: { health: { problem } } });
        await trusting.destroy();
      }
    });
  });
});
