// Whether a server is reached from here, without a request.
import { once } from 'node:events';
import { createServer as createHttpServer, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
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
function served(trusted = true) {
  const identity = selfSigned('gateway');
  if (trusted) setDefaultCACertificates([...usual, identity.cert]);
  return listening(
    createTlsServer(identity).on('tlsClientError', () => {}),
    'https',
  );
}

/** A way to this server. */
async function listening(server: Server, scheme: 'http' | 'https') {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const way = await Middleman.before('127.0.0.1', (server.address() as AddressInfo).port);
  open.push(
    () => way.stop(),
    () => void server.close(),
  );
  const url = new URL(`${scheme}://127.0.0.1:${way.port}`);
  return { way, tries: () => reachOf(url, 1000)?.try() };
}

async function expectOnlyWhileItWorks({ way, tries }: Awaited<ReturnType<typeof listening>>): Promise<void> {
  expect(await tries()).toBe(true);
  for (const manner of ['freezes', 'refuses', 'resets', 'babbles', 'mute', 'deaf'] as const) {
    await way.be(manner);
    expect(await tries(), manner).toBe(false);
  }
  await way.be('works');
  expect(await tries()).toBe(true);
}

test('TLS: reached while the server answers the handshake, and not over a way that is cut or frozen', async () => {
  await expectOnlyWhileItWorks(await served());
});

test('a certificate that is not trusted is no way', async () => {
  expect(await (await served(false)).tries()).toBe(false);
});

test.each([
  ['serves nothing but its own paths', (_: unknown, answer: ServerResponse) => void answer.writeHead(404).end()],
  ['ends what it does not know', (_: unknown, answer: ServerResponse) => void answer.writeHead(500).end()],
])(
  'without TLS: reached while the server that %s answers, and not over a way that is cut or frozen',
  async (_, answer) => {
    const asked: string[] = [];
    const server = createHttpServer((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers['user-agent']}`);
      answer(request, response);
    });
    await expectOnlyWhileItWorks(await listening(server, 'http'));
    expect(new Set(asked)).toEqual(new Set(['OPTIONS * bentham-cockpit']));
  },
);

test('without TLS: a listener that answers nothing is no way', async () => {
  const { tries } = await listening(createServer(), 'http');
  expect(await tries()).toBe(false);
});

test('those who share a server without TLS ask for words at most twenty times a minute together', async () => {
  const of = (url: string, sharing: number) => reachOf(new URL(url), 1000)?.every(sharing);
  expect([1, 3, 13, 20, 60].map((sharing) => of('http://gateway:8080', sharing))).toEqual([
    40_000, 40_000, 40_000, 60_000, 180_000,
  ]);
  expect(of('https://gateway:8443', 60)).toBe(30_000);
});
