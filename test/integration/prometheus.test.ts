import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { Agent } from 'undici';
import { afterEach, expect, test } from 'vitest';
import { askPrometheus } from '../../src/data/prometheus/source.ts';

const servers: Server[] = [];
const dispatcher = new Agent();
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
});

async function serve(handle: RequestListener): Promise<string> {
  const server = createServer(handle);
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const vector = (...values: string[]) =>
  JSON.stringify({
    status: 'success',
    data: { resultType: 'vector', result: values.map((value) => ({ metric: {}, value: [1, value] })) },
  });

/** Asks for `p95` and `errors`. */
const ask = (url: string, bearerToken?: string) =>
  askPrometheus(
    {
      prometheus: { url, p95Query: 'p95', errorRateQuery: 'errors', ...(bearerToken ? { bearerToken } : {}) },
      environment: { guarded: true, unencrypted: [] },
    },
    dispatcher,
    AbortSignal.timeout(60_000),
  );
const always = async (status: number, body: string) =>
  ask(`http://${await serve((_, res) => res.writeHead(status).end(body))}`);

test('Prometheus gets two instant queries, also below a path; without a series or requests there is no figure', async () => {
  const asked: string[] = [];
  const host = await serve((req, res) => {
    const { pathname, searchParams } = new URL(req.url ?? '/', 'http://here');
    asked.push(`${pathname} ${searchParams.get('query')}`);
    res.end(searchParams.get('query') === 'p95' ? vector('412.5') : vector('0.021'));
  });
  expect(await ask(`http://${host}/metrics/`)).toMatchObject({
    ok: true,
    value: { p95: 412.5, errorRate: 0.021, source: 'prometheus' },
  });
  expect(asked.sort()).toEqual(['/metrics/api/v1/query errors', '/metrics/api/v1/query p95']);
  for (const nothing of [vector(), vector('NaN'), vector('+Inf'), vector('12 of 40'), vector('')]) {
    const outcome = await always(200, nothing);
    expect(outcome).toMatchObject({ ok: true, value: { p95: undefined } });
  }
});

test('a login of the URL, or a token', async () => {
  const given: (string | undefined)[] = [];
  const host = await serve((req, res) => {
    given.push(req.headers.authorization);
    res.end(vector('0.5'));
  });
  await ask(`http://${host}`);
  await ask(`http://ops:p%40ss@${host}`);
  await ask(`http://${host}`, 'sesame');
  const basic = `Basic ${Buffer.from('ops:p@ss').toString('base64')}`;
  expect(given).toEqual([undefined, undefined, basic, basic, 'Bearer sesame', 'Bearer sesame']);
});

test.each<[status: number, body: string, kind: string, what: string]>([
  [401, '<html>', 'forbidden', 'not allowed to query (401)'],
  [403, '', 'forbidden', 'not allowed to query (403)'],
  [404, '<html>not here', 'malformed', 'answered 404'],
  [302, '', 'malformed', 'answered 302'],
  [422, '{"status":"error","error":"parse error"}', 'malformed', 'query failed: parse error'],
  [503, 'starting', 'unreachable', 'answered 503'],
  [200, vector('2.1'), 'malformed', 'errorRateQuery returns 2.1, not a ratio from 0 to 1'],
])('%i %s is %s: %s', async (status, body, kind, what) => {
  expect(await always(status, body)).toMatchObject({ ok: false, fault: { kind, what } });
});

test('an answer that was compressed unasked is read as it is', async () => {
  const host = await serve((_, res) =>
    res.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(vector('0.25'))),
  );
  expect(await ask(`http://${host}`)).toMatchObject({ ok: true });
});
