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
    'a server with an old version of TLS alone',
    () => createHttps({ ...own, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }),
    'https',
    { what: 'no TLS version in common', hint: 'the server needs TLS 1.2 or later' },
  ],
  [
    'a certificate that ran out',
    () => createHttps({ ...selfSigned('odd', Date.now() - 60 * 86_400_000) }),
    'https',
    { certificate: expect.stringMatching(/expired|authority/), tls: true },
  ],
  [
    'a certificate of an unknown CA',
    () => createHttps({ ...selfSigned('other') }),
    'https',
    { certificate: 'authority', hint: expect.stringContaining('NODE_EXTRA_CA_CERTS') },
  ],
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

test.each<readonly [code: string, kind: string, hint: RegExp]>([
  ['ENOTFOUND', 'unreachable', /DNS/],
  ['EAI_AGAIN', 'unreachable', /DNS/],
  ['ECONNREFUSED', 'refused', /nothing listens/],
  ['EHOSTUNREACH', 'unreachable', /VPN/],
  ['EMFILE', 'unreachable', /ulimit/],
  ['EPERM', 'unreachable', /firewall/],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'malformed', /host name/],
  ['CERT_NOT_YET_VALID', 'malformed', /clocks/],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'malformed', /configure one/],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'malformed', /CA signed/],
])('%s has its own next move', (code, kind, hint) => {
  const problem = explainNetworkError(Object.assign(new Error('x'), { code }));
  expect(problem).toMatchObject({ kind, hint: expect.stringMatching(hint) });
});
