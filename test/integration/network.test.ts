// Servers that speak something else than they are asked in: each is told in words.
import { createServer as createPlain, type Server } from 'node:http';
import { createServer as createH2c, createSecureServer, type Http2Server } from 'node:http2';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo, createServer as createTcp } from 'node:net';
import { Agent, request } from 'undici';
import { afterEach, expect, test } from 'vitest';
import { selfSigned } from '../../simulator/certificate.ts';
import { explainNetworkError } from '../../src/data/network.ts';

const own = selfSigned('odd');
const open: { close(done: () => void): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await new Promise<void>((done) => one.close(done));
});

async function asked(server: Server | Http2Server | ReturnType<typeof createTcp>, scheme: 'http' | 'https') {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  open.push(server);
  const dispatcher = new Agent({ allowH2: false, connect: { ca: own.cert, timeout: 3000 } });
  const { port } = server.address() as AddressInfo;
  const said = await request(`${scheme}://127.0.0.1:${port}/`, {
    dispatcher,
    signal: AbortSignal.timeout(60_000),
  }).then(
    () => 'an answer',
    (error: unknown) => explainNetworkError(error),
  );
  await dispatcher.destroy();
  return said;
}

test.each<[string, () => Parameters<typeof asked>[0], 'http' | 'https', object]>([
  ['TLS to a port in clear', () => createPlain(), 'https', { what: 'does not speak TLS', tls: true }],
  ['clear to a port of TLS', () => createHttps({ ...own }), 'http', { kind: 'unreachable' }],
  [
    'HTTP/1 to a server of HTTP/2 alone, by TLS',
    () => createSecureServer({ ...own, allowHTTP1: false }),
    'https',
    { kind: 'malformed', what: 'speaks HTTP/2 only' },
  ],
  [
    'HTTP/1 to a server of HTTP/2 alone, in clear',
    () => createH2c(),
    'http',
    { kind: 'malformed', what: 'answer is not HTTP' },
  ],
])('%s', async (_, server, scheme, says) => {
  expect(await asked(server(), scheme)).toMatchObject(says);
});
