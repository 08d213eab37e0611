import fc from 'fast-check';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toMs } from '../../src/core/logs/duration.ts';
import type { Traffic } from '../../src/core/world/facts.ts';
import { AccessLog, type Answered } from '../../src/data/gateway/access-log.ts';
import { TrafficMeter, trafficWindow } from '../../src/data/gateway/traffic-meter.ts';
import { toSelector } from '../../src/data/kubernetes/label-selector.ts';
import { LineSplitter } from '../../src/data/kubernetes/logs/line-splitter.ts';
import { kubernetesSources } from '../../src/data/kubernetes/sources.ts';
import { toLogPod } from '../../src/data/kubernetes/workload.ts';
import { readPrometheus } from '../../src/data/prometheus/source.ts';
import type { SourceUpdate } from '../../src/data/source.ts';
import { ApiServer } from '../support/api-server.ts';

describe('lines', () => {
  const cut = (chunks: readonly Uint8Array[], longest = 1000) => {
    const lines: string[] = [];
    const cutter = new LineSplitter(longest);
    for (const chunk of chunks) cutter.push(chunk, (line, wasCut) => lines.push(wasCut ? `${line}…` : line));
    cutter.flush((line) => lines.push(line));
    return lines;
  };

  it('come out whole, however the bytes were cut', () => {
    const text = fc.array(fc.string({ unit: 'grapheme' }).map((s) => s.replace(/[\r\n]/g, '')));
    fc.assert(
      fc.property(text, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (lines, sizes) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        const chunks: Buffer[] = [];
        for (let at = 0, i = 0; at < bytes.length; i += 1) {
          const size = sizes[i % sizes.length] ?? 1;
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        expect(cut(chunks)).toEqual(lines.map((line) => line.toWellFormed()));
      }),
    );
  });

  it('that are too long are cut and marked, in one chunk and in many', () => {
    expect(cut([Buffer.from('abcdef\nxy\r\nrest')], 4)).toEqual(['abcd…', 'xy', 'rest']);
    expect(cut([Buffer.from('abc'), Buffer.from('def'), Buffer.from('\nxy\n')], 4)).toEqual(['abcd…', 'xy']);
  });
});

describe('the meter', () => {
  it('knows p95 and the error rate of the last five minutes', () => {
    const meter = new TrafficMeter();
    const now = Date.UTC(2026, 0, 17, 3);
    for (let ms = 1; ms <= 100; ms += 1) meter.add(now, now, { ms, status: ms > 97 ? 503 : 200 }, 1);
    expect(meter.read(now)).toMatchObject({ p95: 95, errorRate: 0.03, samples: 100, served: 100, weight: 100 });
    expect(meter.read(now + trafficWindow + 10_000)).toEqual({ samples: 0, weight: 0 });
  });

  it('weighs samples, drops old ones, and treats future ones as now', () => {
    const meter = new TrafficMeter();
    const now = Date.UTC(2026, 0, 17, 3);
    meter.add(now, now, { ms: 10, status: 500 }, 1);
    meter.add(now + 3_600_000, now, { ms: 900, status: 200 }, 9);
    meter.add(now - trafficWindow - 20_000, now, { ms: 5000, status: 500 }, 100);
    expect(meter.read(now)).toMatchObject({ p95: 900, errorRate: 0.1, samples: 2, weight: 10 });
  });

  it('tells the same however often it is read in between', () => {
    const [often, once] = [new TrafficMeter(), new TrafficMeter()];
    const begin = Date.UTC(2026, 0, 17, 3);
    let seed = 7;
    const next = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    for (let turn = 0; turn < 2600; turn += 1) {
      const now = begin + turn * 400;
      // Lines come late, by up to two windows.
      const request = { ms: next(3000), status: next(9) === 0 ? 503 : 200 };
      const at = now - next(4) * next(200_000);
      for (const meter of [often, once]) meter.add(at, now, request, 1);
      if (turn % 3 === 0) often.read(now);
      if (turn % 247 !== 0) continue;
      const fresh = often.read(now);
      expect(fresh).toEqual(once.read(now));
      expect(fresh.samples).toBeGreaterThan(0);
    }
  });

  it('counts a request of 0 ms and one of a day', () => {
    const meter = new TrafficMeter();
    meter.add(0, 0, { ms: 0.2, status: 200 }, 1);
    meter.add(0, 0, { ms: 86_400_000, status: 200 }, 1);
    expect(meter.read(0).samples).toBe(2);
  });
});

describe('the shares of the meter', () => {
  const now = Date.UTC(2026, 0, 17, 3);
  const measured = (...requests: readonly [count: number, status: Answered['status'], ms: number][]) => {
    const meter = new TrafficMeter();
    for (const [count, status, ms] of requests) meter.add(now, now, { status, ms }, count);
    return meter.read(now);
  };

  it('a storm of 429 makes neither p95 nor the error rate look better', () => {
    const slow = measured([90, 200, 4200], [10, 503, 30]);
    const storm = measured([90, 200, 4200], [10, 503, 30], [5000, 429, 1], [400, 404, 2]);
    expect([storm.p95, storm.errorRate]).toEqual([slow.p95, slow.errorRate]);
    expect(storm.shares).toEqual({ failed: 10 / 5500, gaveUp: 0, limited: 5000 / 5500, refused: 400 / 5500 });
  });

  it('requests that clients cancelled count as failed, with their time', () => {
    expect(measured([90, 'gaveUp', 4200], [10, 200, 5])).toMatchObject({ p95: 4203, errorRate: 0.9 });
  });

  it('refusals alone have no p95 and no error rate', () => {
    const figures = measured([100, 429, 1]);
    expect(figures).toMatchObject({ samples: 1, served: 0, shares: { limited: 1 } });
    expect(figures.p95).toBeUndefined();
    expect(figures.errorRate).toBeUndefined();
  });
});

describe('a duration', () => {
  it.each([
    [12.5, 'responseTime', 12.5],
    ['3', 'responseTime', 3],
    ['4.2s', 'duration', 4200],
    ['812ms', 'latency', 812],
    ['350µs', 'latency', 0.35],
    ['1m3.5s', 'elapsed', 63_500],
    ['4.2 s', 'took', 4200],
    [0.812, 'http.server.request.duration', 812],
    [812, 'http.server.duration', 812],
    [0.5, 'request_time', 500],
    [2, 'took_s', 2000],
    [5, 'latencySeconds', 5000],
    [812_000_000, 'duration_ns', 812],
    ['soon', 'responseTime', undefined],
    ['', 'responseTime', undefined],
    [null, 'responseTime', undefined],
    [-1, 'responseTime', undefined],
    ['3 parsecs', 'responseTime', undefined],
    ['4s'.repeat(50_000), 'responseTime', undefined],
  ])('%s of %s', (value, name, ms) => {
    expect(toMs(value, name)).toEqual(ms === undefined ? undefined : expect.closeTo(ms, 6));
  });
});

describe('an access log', () => {
  const server = new ApiServer();
  const settings = server.settings();
  afterAll(() => server.end());
  const read = (...lines: object[]) => {
    const log = new AccessLog(settings);
    return lines.flatMap((line) => {
      const text = JSON.stringify(line);
      if (log.isCandidate(text)) return log.read(text) ?? [];
      log.notice(text);
      return [];
    });
  };

  it('has answered requests as pino and Fastify write them', () => {
    expect(
      read({
        level: 30,
        time: 7,
        reqId: 'r-1',
        res: { statusCode: 503 },
        responseTime: 12.5,
        msg: 'request completed',
      }),
    ).toEqual([{ ms: 12.5, status: 503, at: 7 }]);
    expect(read({ statusCode: '200', responseTime: '3', time: '1970-01-01T00:00:00.009Z' })).toEqual([
      { ms: 3, status: 200, at: 9 },
    ]);
  });

  it('ignores probes that only the incoming line identifies', () => {
    expect(
      read(
        { reqId: 'r-1', req: { method: 'GET', url: '/health?x=1' }, msg: 'incoming request' },
        { reqId: 'r-2', req: { method: 'GET', url: '/v1/studies' }, msg: 'incoming request' },
        { reqId: 'r-2', res: { statusCode: 200 }, responseTime: 5 },
        { reqId: 'r-1', res: { statusCode: 200 }, responseTime: 1 },
        { req: { url: '/healthz' }, res: { statusCode: 200 }, responseTime: 1 },
      ),
    ).toEqual([{ ms: 5, status: 200 }]);
  });

  it.each([
    { req: { url: '/api/v1/health' } },
    { req: { url: '/health/ready/' } },
    { req: { url: '/V1/Health?deep=1' } },
    { req: { url: 'http://10.0.0.7:3000/livez?verbose' } },
    { path: '/metrics' },
    { req: { url: '/', headers: { 'user-agent': 'kube-probe/1.32' } } },
    { url: '/v1/studies', userAgent: 'ELB-HealthChecker/2.0' },
    { 'http.target': '/', 'user_agent.original': 'Mozilla/5.0 (compatible; GoogleHC/1.0)' },
    { req: { url: '/v1/studies', headers: { 'user-agent': 'Amazon-Route53-Health-Check-Service' } } },
    { req: { url: '/_health' } },
    { req: { url: '/-/ready' } },
    { req: { url: '/actuator/health/liveness' } },
    { req: { url: '/api/v2/health_check/' } },
    { req: { url: '/__lbheartbeat__' } },
    { request: { uri: '/', headers: { 'User-Agent': ['Blackbox Exporter/0.24.0'] } } },
    { httpRequest: { requestUrl: 'http://x/', userAgent: 'GoogleStackdriverMonitoring-UptimeChecks' } },
    { req: { url: '/', headers: { 'user-agent': 'Mozilla/5.0+(compatible;UptimeRobot/2.0)' } } },
    { req: { url: '/', headers: { 'user-agent': 'Envoy/HC' } } },
  ])('ignores the probe %j', (asked) => {
    const answered = { res: { statusCode: 200 }, responseTime: 1 };
    expect(read({ ...asked, ...answered })).toEqual([]);
    expect(read({ reqId: 1, ...asked }, { reqId: 1, ...answered })).toEqual([]);
  });

  it.each([
    { req: { url: '/v1/studies/7/status' } },
    { req: { url: '/v1/studies/health-2026' } },
    { req: { url: '/v1/studies', headers: { 'user-agent': 'curl/8.5.0' } } },
    { req: { url: '/v1/healthy-studies' } },
    { req: { url: '/v1/studies', headers: { 'user-agent': 'NotPrometheus/1' } } },
    {},
  ])('counts the user’s request %j', (asked) => {
    expect(read({ ...asked, res: { statusCode: 200 }, responseTime: 9 })).toMatchObject([{ ms: 9, status: 200 }]);
  });

  it('has requests in other loggers’ names and units', () => {
    expect(
      read(
        { 'http.response.status_code': 200, 'http.server.request.duration': 4.2 },
        { statusCode: 503, duration: '812ms' },
        { status: 200, latency_ms: 7 },
      ),
    ).toEqual([
      { ms: 4200, status: 200 },
      { ms: 812, status: 503 },
      { ms: 7, status: 200 },
    ]);
  });

  it.each<[string, object[], object[]]>([
    ['pino-http', [{ res: { statusCode: null }, responseTime: 4200, msg: 'request aborted' }], [{ ms: 4200 }]],
    [
      'Fastify',
      [
        { reqId: 'r-1', req: { url: '/v1/studies' }, time: 1000, msg: 'incoming request' },
        {
          reqId: 'r-1',
          res: { statusCode: 200 },
          responseTime: 4200,
          err: { message: 'premature close' },
          msg: 'request errored',
        },
      ],
      [{ ms: 4200 }],
    ],
    ['nginx', [{ status: 499, request_time: 4.2 }], [{ ms: 4200 }]],
    [
      'one line without a time, and a second line',
      [
        { reqId: 'r-1', req: { url: '/v1/studies' }, time: 1000, msg: 'incoming request' },
        { reqId: 'r-1', time: 5200, msg: 'request aborted' },
        { reqId: 'r-1', res: { statusCode: 200 }, responseTime: 4300, time: 5300, msg: 'request completed' },
      ],
      [{ ms: 4200 }],
    ],
    ['a probe', [{ req: { url: '/health' }, res: { statusCode: null }, responseTime: 9, msg: 'request aborted' }], []],
  ])('counts a cancelled request as failed, with its time: %s', (_, lines, expected) => {
    expect(read(...lines)).toMatchObject(expected.map((one) => ({ ...one, status: 'gaveUp' })));
  });

  it.each<[string, string, unknown[]]>([
    [
      'nginx',
      '10.0.0.9 - - [28/Nov/2026:10:00:00 +0000] "GET /v1/x HTTP/1.1" 499 0 "-" "node" 345 4.217',
      [{ status: 'gaveUp', ms: 4217 }],
    ],
    [
      'nginx, no duration',
      '10.0.0.9 - - [28/Nov/2026:10:00:00 +0000] "GET /v1/x HTTP/1.1" 503 0 "-" "node"',
      [{ status: 503 }],
    ],
    ['nginx, a probe', '10.0.0.9 - - [28/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 0 "-" "kube-probe/1.32"', []],
    [
      'Envoy',
      '[2026-11-28T10:00:00.000Z] "GET /v1/x HTTP/1.1" 0 DC 0 0 12 - "-" "node" "-" "api" "-"',
      [{ status: 'gaveUp', ms: 12 }],
    ],
    ['morgan', 'GET /v1/x 503 12.5 ms - 15', [{ status: 503, ms: 12.5 }]],
    ['morgan, cancelled', 'GET /v1/x - 4200.5 ms - -', [{ status: 'gaveUp', ms: 4200.5 }]],
    ['logfmt', 'level=info method=GET path=/v1/x status=502 duration=1.2s', [{ status: 502, ms: 1200 }]],
    ['a load balancer', '{"url":"/v1/x","status":460,"request_time":4.2}', [{ status: 'gaveUp', ms: 4200 }]],
    [
      'Envoy, JSON',
      '{"path":"/v1/x","response_code":0,"response_flags":"DC","duration":9}',
      [{ status: 'gaveUp', ms: 9 }],
    ],
    ['zap', '{"ts":1764324000.5,"request":{"uri":"/v1/x"},"status":200,"duration":0.25}', [{ status: 200, ms: 250 }]],
    ['a job', '{"msg":"job done","status":0,"duration":12}', []],
    ['a database', '{"msg":"connection closed","pool":7}', []],
  ])('reads the line of %s', (_, text, expected) => {
    const log = new AccessLog(settings);
    const answered = log.isCandidate(text) ? log.read(text) : undefined;
    expect(answered ? [answered] : []).toMatchObject(expected);
  });

  it('does not count an error that quotes a cut connection', () => {
    expect(read({ level: 50, err: { code: 'ECONNRESET' }, responseTime: 3, msg: 'redis: connection lost' })).toEqual(
      [],
    );
  });

  it('counts a request without an answer as cancelled after a minute, once, if others are answered', () => {
    const log = new AccessLog(settings);
    const came = (reqId: string, url: string) => log.notice(JSON.stringify({ reqId, req: { url } }), 1000);
    came('r-1', '/v1/studies');
    came('r-2', '/health');
    came('r-3', '/v1/studies');
    expect(log.givenUp(70_000)).toEqual([]);
    log.read(JSON.stringify({ reqId: 'r-3', res: { statusCode: 200 }, responseTime: 5 }));
    expect(log.givenUp(60_000)).toEqual([]);
    expect(log.givenUp(70_000)).toEqual([{ status: 'gaveUp', ms: 69_000, at: 70_000 }]);
    expect(log.givenUp(80_000)).toEqual([]);
    expect(log.read(JSON.stringify({ reqId: 'r-1', res: { statusCode: 200 }, responseTime: 99_000 }))).toBeUndefined();
  });

  it('finds no requests in other lines', () => {
    expect(read({ responseTime: 'soon', res: { statusCode: 200 } }, { responseTime: 3 })).toEqual([]);
    expect(new AccessLog(settings).read('"responseTime" is not JSON')).toBeUndefined();
  });
});

describe('Prometheus', () => {
  it.each([
    ['{"status":"success","data":{"resultType":"vector","result":[{"value":[1,"412.5"]}]}}', { value: 412.5 }],
    ['{"status":"success","data":{"resultType":"scalar","result":[1,"0.02"]}}', { value: 0.02 }],
    ['{"status":"success","data":{"resultType":"vector","result":[{"value":[1,"NaN"]}]}}', { value: undefined }],
    ['{"status":"success","data":{"resultType":"vector","result":[]}}', { value: undefined }],
    ['{"status":"error","error":"parse error"}', { problem: 'query failed: parse error' }],
    [
      '{"status":"success","data":{"resultType":"matrix","result":[]}}',
      { problem: 'query returns matrix, not one number' },
    ],
    ['<html>', { problem: 'answer is not JSON' }],
    ['null', { problem: 'query failed: no reason given' }],
  ])('%s', (body, expected) => {
    expect(readPrometheus(body)).toEqual(expected);
  });
  it('with many series asks for one', () => {
    const body = '{"status":"success","data":{"resultType":"vector","result":[{},{}]}}';
    expect(readPrometheus(body)).toEqual({ problem: 'query returns 2 series, not one number: sum them' });
  });
});

describe('a workload', () => {
  it('is found by its complete selector', () => {
    expect(
      toSelector({
        matchLabels: { app: 'api-gateway' },
        matchExpressions: [
          { key: 'tier', operator: 'In', values: ['web', 'api'] },
          { key: 'canary', operator: 'DoesNotExist' },
        ],
      }),
    ).toBe('app=api-gateway,tier in (web,api),!canary');
    expect(toSelector(null)).toBe('');
  });

  it.each<[string[], string, Record<string, string>?]>([
    [['proxy', 'api'], 'api', { 'kubectl.kubernetes.io/default-container': 'api' }],
    [['istio-proxy', 'api'], 'istio-proxy', { 'kubectl.kubernetes.io/default-container': 'istio-proxy' }],
    [['istio-proxy', 'api'], 'api', { 'kubectl.kubernetes.io/default-container': 'gone' }],
    [['istio-proxy', 'main'], 'main'],
    [['linkerd-proxy', 'vault-agent', 'server'], 'server'],
    [['cloud-sql-proxy', 'pgbouncer', 'app'], 'app'],
    [['helper', 'api-gateway'], 'api-gateway'],
    [['helper', 'gateway'], 'gateway'],
    [['nginx', 'api'], 'api'],
    [['nginx'], 'nginx'],
    [['istio-proxy'], 'istio-proxy'],
    [[], ''],
  ])('of %j follows %s', (containers, main, annotations = {}) => {
    const spec = { containers: containers.map((name) => ({ name })) };
    expect(toLogPod({ metadata: { name: 'p', annotations }, spec }, 'api-gateway')?.main).toBe(main);
  });
});

describe('traffic from the gateway’s logs', () => {
  let server: ApiServer;
  let over: AbortController;
  let ended: Promise<unknown> | undefined;
  let news: SourceUpdate[];
  let pods: string[];
  let log: (name: string, url: URL, res: Parameters<ApiServer['handle']>[1]) => void;
  let event: (text: string) => void;

  const pod = (name: string) => ({
    metadata: { name, uid: name, labels: { app: 'api-gateway' } },
    spec: { containers: [{ name: 'main' }] },
    status: { phase: 'Running', containerStatuses: [{ name: 'main', state: { running: {} } }] },
  });
  const line = (ms: number, status = 200, at = Date.now()) =>
    `${new Date(at).toISOString()} ${JSON.stringify({ time: at, res: { statusCode: status }, responseTime: ms })}\n`;

  beforeEach(async () => {
    server = new ApiServer();
    pods = ['a', 'b'];
    log = (_, __, res) => void res.write(line(20) + line(40, 502));
    server.handle = (url, res) => {
      const name = /\/pods\/([^/]+)\/log$/.exec(url.pathname)?.[1];
      if (name) return log(name, url, res);
      if (url.pathname.endsWith('/deployments/api-gateway'))
        return res.end(JSON.stringify({ spec: { selector: { matchLabels: { app: 'api-gateway' } } } }));
      if (url.searchParams.get('watch') === 'true') {
        res.flushHeaders();
        event = (text) => res.write(text);
        return undefined;
      }
      return res.end(JSON.stringify({ metadata: { resourceVersion: '1' }, items: pods.map(pod) }));
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
  const start = (options: { once?: boolean } = {}, more: Parameters<ApiServer['settings']>[0] = {}) => {
    const source = kubernetesSources(server.settings(more), options).find((s) => s.facts[0] === 'traffic');
    ended = source?.start((n) => news.push(n), over.signal).ended;
  };
  const traffic = () => {
    const last = news.at(-1);
    return last && 'value' in last ? (last.value as Traffic) : last?.fault;
  };
  const soon = <T>(value: () => T) => expect.poll(value, { timeout: 30_000, interval: 10 });

  it('is available at once, with the past of all pods', async () => {
    start();
    await soon(traffic).toMatchObject({
      p95: 40,
      errorRate: 0.5,
      samples: 4,
      sampling: 1,
      window: trafficWindow,
      source: 'gateway logs',
      pods: { followed: 2, expected: 2 },
    });
    // A busy machine may need longer than the source waits for the past: then the first update has less of it.
    expect(news.at(-1)).toMatchObject({ value: { samples: 4 }, from: 'gateway logs of 2 pods' });
    const asked = server.asked.find((u) => u.pathname.endsWith('/log'))?.searchParams;
    expect(asked?.get('tailLines')).toBe('20000');
    expect(Date.now() - Date.parse(asked?.get('sinceTime') ?? '')).toBeGreaterThan(trafficWindow - 1000);
  });

  it('read once is read to its end, even if it is slow', async () => {
    log = (_, __, res) => {
      res.flushHeaders();
      // A server that takes its time, longer than a followed log is waited for.
      setTimeout(() => res.end(line(20) + line(40, 502)), 400);
    };
    start({ once: true }, { intervals: { timeout: 30_000, traffic: 50 } });
    await soon(traffic).toMatchObject({ samples: 4, p95: 40 });
    expect(news[0]).toMatchObject({ value: { samples: 4 } });
  });

  it('says so where logs are not read to their end in time', async () => {
    log = (_, __, res) => void res.write(line(20) + line(40));
    start({ once: true }, { intervals: { timeout: 3000, traffic: 50 } });
    await soon(traffic).toMatchObject({ samples: 4, unread: 2 });
  });

  it('says how far back the lines reach of a pod that writes many', async () => {
    pods = ['a'];
    const begun = Date.now() - 60_000;
    log = (_, __, res) => void res.end(Array.from({ length: 20_000 }, (_, i) => line(5, 200, begun + i)).join(''));
    start({ once: true }, { intervals: { timeout: 30_000, traffic: 50 } });
    await soon(() => (traffic() as Traffic | undefined)?.covered ?? 0).toBeGreaterThan(59_000);
    expect((traffic() as Traffic).covered).toBeLessThan(120_000);
  });

  it('resumes a cut stream where it was, without counting a line twice', async () => {
    pods = ['a'];
    const times: (string | null)[] = [];
    const at = Date.now() - 5000;
    log = (_, url, res) => {
      times.push(url.searchParams.get('sinceTime'));
      if (times.length === 1) {
        res.write(line(20, 200, at));
        res.write(line(21, 200, at + 100));
        setTimeout(() => res.destroy(), 50);
      } else res.write(line(20, 200, at) + line(21, 200, at + 100) + line(22, 200, at + 200));
    };
    start();
    await soon(traffic).toMatchObject({ samples: 3, p95: 22 });
    expect(times[1]).toBe(`${new Date(at + 100).toISOString().slice(0, 19)}Z`);
  });

  it('follows pods as they come and go', async () => {
    start();
    await soon(traffic).toMatchObject({ pods: { followed: 2, expected: 2 } });
    event(`${JSON.stringify({ type: 'ADDED', object: pod('c') })}\n`);
    await soon(traffic).toMatchObject({ samples: 6, pods: { followed: 3, expected: 3 } });
    event(`${JSON.stringify({ type: 'DELETED', object: pod('a') })}\n`);
    await soon(traffic).toMatchObject({ samples: 6, pods: { followed: 2, expected: 2 } });
  });

  it('says how many of the pods it reads, and when it cannot read any', async () => {
    log = (name, _, res) => void (name === 'a' ? res.write(line(7)) : res.writeHead(403).end('{}'));
    start();
    await soon(traffic).toMatchObject({ samples: 1, pods: { followed: 1, expected: 2 } });
    over.abort();
    await ended;
    over = new AbortController();
    log = (_, __, res) => void res.writeHead(403).end('{}');
    start();
    await soon(traffic).toMatchObject({ kind: 'forbidden', what: 'not allowed to get pods/log in bentham (403)' });
  });

  it('counts what users got, with any number of probes', async () => {
    pods = ['a'];
    const request = (more: object, at = Date.now()) => `${new Date(at).toISOString()} ${JSON.stringify(more)}\n`;
    const probe = {
      req: { url: '/', headers: { 'user-agent': 'kube-probe/1.32' } },
      res: { statusCode: 200 },
      responseTime: 1,
    };
    const aborted = {
      req: { url: '/v1/studies' },
      res: { statusCode: null },
      responseTime: 4200,
      msg: 'request aborted',
    };
    log = (_, __, res) => void res.write(request(probe).repeat(500) + request(aborted).repeat(20));
    start();
    await soon(traffic).toMatchObject({ p95: 4203, errorRate: 1, samples: 20, shares: { gaveUp: 1 } });
  });

  it('without requests has no figures', async () => {
    log = (_, __, res) => void res.write('Server listening\nnot JSON {\n');
    start();
    await soon(traffic).toMatchObject({ samples: 0, sampling: 1, pods: { followed: 2, expected: 2 } });
    expect((traffic() as Traffic).p95).toBeUndefined();
  });

  it('samples a fast flow, and says so', async () => {
    pods = ['a'];
    log = (_, __, res) => void res.write(Array.from({ length: 20_000 }, (_, i) => line(i % 100)).join(''));
    start();
    await soon(() => {
      const now = traffic();
      return now && 'samples' in now ? now.samples : 0;
    }).toBeGreaterThan(4000);
    const now = traffic();
    expect(now).toMatchObject({ p95: expect.closeTo(94, -1) });
    expect(now && 'sampling' in now ? now.sampling : 1).toBeLessThan(0.9);
  });
});
