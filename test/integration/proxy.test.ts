import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { request } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { explainNetworkError } from '../../src/data/network.ts';
import { dispatcherFor, proxyFor } from '../../src/data/proxy.ts';
import { Socks } from '../support/socks.ts';

const http_proxy = 'http://proxy.example:3128';
const HTTPS_PROXY = 'http://secure.example:3128';

test.each<[url: string, environment: Record<string, string>, proxy: string | undefined]>([
  ['http://api.bentham.io', {}, undefined],
  ['http://api.bentham.io', { http_proxy }, 'proxy.example:3128'],
  ['http://api.bentham.io', { HTTP_PROXY: http_proxy }, undefined],
  ['https://api.bentham.io', { http_proxy }, undefined],
  ['https://api.bentham.io', { HTTPS_PROXY }, 'secure.example:3128'],
  ['https://api.bentham.io', { HTTPS_PROXY, https_proxy: http_proxy }, 'proxy.example:3128'],
  ['http://api.bentham.io', { http_proxy: 'proxy.example:3128' }, 'proxy.example:3128'],
  ['http://api.bentham.io', { http_proxy: 'http://[' }, undefined],
  ['http://api.bentham.io', { http_proxy: '' }, undefined],
  ['http://127.0.0.1:8080', { http_proxy }, undefined],
  ['http://[::1]:8080', { http_proxy }, undefined],
  ['http://localhost', { http_proxy }, undefined],
  ['http://api.bentham.io', { http_proxy, NO_PROXY: '*' }, undefined],
  ['http://api.bentham.io', { http_proxy, NO_PROXY: 'other.io, bentham.io' }, undefined],
  ['http://api.bentham.io', { http_proxy, no_proxy: '.bentham.io' }, undefined],
  ['http://api.bentham.io', { http_proxy, no_proxy: '*.BENTHAM.io' }, undefined],
  ['http://api.bentham.io', { http_proxy, no_proxy: 'ham.io' }, 'proxy.example:3128'],
  ['http://api.bentham.io', { http_proxy, no_proxy: 'bentham.io:80' }, undefined],
  ['http://api.bentham.io', { http_proxy, no_proxy: 'bentham.io:8080' }, 'proxy.example:3128'],
  ['http://[fd00::7]:3000', { http_proxy, no_proxy: 'fd00::7' }, undefined],
  ['http://[fd00::7]:3000', { http_proxy, no_proxy: '[fd00::7]:3000' }, undefined],
  ['http://10.1.2.3', { http_proxy, no_proxy: '10.0.0.0/8' }, undefined],
  ['http://11.1.2.3', { http_proxy, no_proxy: '10.0.0.0/8' }, 'proxy.example:3128'],
  ['http://ten.example', { http_proxy, no_proxy: '10.0.0.0/8,0.0.0.0/0' }, 'proxy.example:3128'],
  ['http://[fd00::7]:3000', { http_proxy, no_proxy: 'fd00::/8' }, undefined],
  ['http://[fe80::7]:3000', { http_proxy, no_proxy: 'fd00::/8' }, 'proxy.example:3128'],
  ['http://10.1.2.3', { http_proxy, no_proxy: '10.0.0.0/33' }, 'proxy.example:3128'],
])('%s with %o goes through %s', (url, environment, proxy) => {
  expect(proxyFor(new URL(url), environment)?.host).toBe(proxy);
});

let server: Server;
let address = '';
beforeAll(async () => {
  server = createServer((req, res) => res.end(req.url));
  server.on('connect', (req, socket) => {
    const status = req.url?.startsWith('login.') ? '407 Proxy Authentication Required' : '502 Bad Gateway';
    socket.end(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\n\r\n`);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((done) => server.close(done)));

async function ask(url: string, environment: Record<string, string>) {
  const dispatcher = dispatcherFor(new URL(url), {}, environment);
  try {
    return await (await request(url, { dispatcher })).body.text();
  } finally {
    await dispatcher.destroy();
  }
}
const trouble = (url: string, environment: Record<string, string>) =>
  ask(url, environment).then(() => undefined, explainNetworkError);

test('the proxy resolves the host', async () => {
  expect(await ask('http://gateway.test/health', { http_proxy: `http://${address}` })).toBe(
    'http://gateway.test/health',
  );
});

test('a failing proxy is named, and proves nothing about the host behind it', async () => {
  expect(await trouble('http://gateway.test/', { http_proxy: 'http://127.0.0.1:1' })).toMatchObject({
    kind: 'unreachable',
    what: 'proxy 127.0.0.1:1: connection refused',
    hint: expect.stringContaining('NO_PROXY'),
  });
  const https_proxy = `http://${address}`;
  expect(await trouble('https://gateway.test/', { https_proxy })).toMatchObject({
    kind: 'unreachable',
    what: `proxy ${address} answered 502`,
  });
  expect(await trouble('https://login.test/', { https_proxy })).toMatchObject({
    kind: 'forbidden',
    what: `proxy ${address} requires a login (407)`,
  });
});

test('a SOCKS5 proxy gets the host’s name and its login, without a warning on the terminal', async () => {
  const socks = new Socks('ops:open');
  const at = await socks.start();
  const warned: unknown[] = [];
  const hear = (warning: unknown) => warned.push(warning);
  process.on('warning', hear);
  try {
    const port = address.split(':')[1];
    const through = (login: string) => ({ http_proxy: `socks5h://${login}@${at}` });
    expect(await ask(`http://gateway.test:${port}/health`, through('ops:open'))).toBe('/health');
    expect(socks.asked).toEqual([`gateway.test:${port}`]);
    expect(await trouble('http://gateway.test/', through('ops:wrong'))).toMatchObject({
      kind: 'unreachable',
      what: `proxy ${at}: Authentication failed`,
    });
    expect(await trouble('http://gateway.test:1/', through('ops:open'))).toMatchObject({ kind: 'unreachable' });
    expect(warned).toEqual([]);
  } finally {
    process.off('warning', hear);
    await socks.end();
  }
});

test('a proxy of an unknown kind is an error, and not bypassed', async () => {
  expect(await trouble('http://gateway.test/', { http_proxy: 'socks4://127.0.0.1:1' })).toMatchObject({
    what: 'proxy 127.0.0.1:1: socks4:// is not supported: http, https and socks5 are',
  });
});
