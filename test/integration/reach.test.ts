// Whether a server is reached from here, without a request.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { createServer as createTlsServer, getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import { selfSigned } from '../../simulator/certificate.ts';
import { reachOf } from '../../src/data/reach.ts';
import { Middleman } from '../support/proxy.ts';

const usual = getCACertificates('default');
const open: (() => unknown)[] = [];
afterEach(async () => {
  setDefaultCACertificates(usual);
  for (const end of open.splice(0)) await end();
});

/** A server that says nothing but its handshake, and a way to it. */
async function served(isTls: boolean, trusted = true) {
  const identity = selfSigned('gateway');
  if (trusted) setDefaultCACertificates([...usual, identity.cert]);
  const server = isTls ? createTlsServer(identity) : createServer();
  server.on('tlsClientError', () => {}).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const way = await Middleman.before('127.0.0.1', (server.address() as AddressInfo).port);
  open.push(
    () => way.stop(),
    () => void server.close(),
  );
  const url = new URL(`${isTls ? 'https' : 'http'}://127.0.0.1:${way.port}`);
  return { way, tries: () => reachOf(url, 1000)?.try() };
}

test('TLS: reached while the server answers the handshake, and not over a way that is cut or frozen', async () => {
  const { way, tries } = await served(true);
  expect(await tries()).toBe(true);
  for (const manner of ['freezes', 'refuses', 'resets', 'babbles', 'mute', 'deaf'] as const) {
    await way.be(manner);
    expect(await tries(), manner).toBe(false);
  }
  await way.be('works');
  expect(await tries()).toBe(true);
});

test('a certificate that is not trusted is no way', async () => {
  expect(await (await served(true, false)).tries()).toBe(false);
});

test('without TLS: reached where something listens', async () => {
  const { way, tries } = await served(false);
  expect(await tries()).toBe(true);
  await way.be('refuses');
  expect(await tries()).toBe(false);
});
