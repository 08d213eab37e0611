import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer as createPlainServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { lookAtGateway } from '../../src/data/gateway.ts';
import { readHealthBody } from '../../src/data/health-body.ts';

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
    ['<html>Welcome</html>', { healthy: false, problem: 'body is not JSON' }],
    ['', { healthy: false, problem: 'body is empty' }],
    ['[]', { healthy: false, problem: 'body says nothing about health' }],
    ['null', { healthy: false, problem: 'body says nothing about health' }],
    ['{"status":{"deep":1},"services":7}', { healthy: false, problem: 'body says nothing about health' }],
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
    lookAtGateway(
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
      value: { detailed: { healthy: true, statusCode: 404, problem: 'not served (404)' } },
    });
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

  it('does not follow redirects in silence', async () => {
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
    expect(await look(base)).toMatchObject({ value: { health: { problem: 'body too long for a health answer' } } });
  });

  it('that hangs timed out; that is gone is refused; that cuts is unreachable; that talks nonsense is malformed', async () => {
    const hanging = await serve(() => {});
    expect(await look(hanging, 100)).toMatchObject({ ok: false, fault: { kind: 'timeout' } });
    expect(await look('http://127.0.0.1:1')).toMatchObject({ ok: false, fault: { kind: 'refused' } });
    const cutting = await listen(createPlainServer((socket) => socket.destroy()));
    expect(await look(cutting)).toMatchObject({ ok: false, fault: { kind: 'unreachable' } });
    const nonsense = await listen(createPlainServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n')));
    expect(await look(nonsense)).toMatchObject({ ok: false, fault: { kind: 'malformed', what: 'answer is not HTTP' } });
  });

  it('that half answers says which half', async () => {
    const base = await serve((req, res) => {
      if (req.url === '/health') res.end('{"status":"ok"}');
    });
    expect(await look(base, 200)).toMatchObject({
      value: { health: { healthy: true }, detailed: { healthy: false, problem: 'timed out after 0.2 s' } },
    });
  });

  it('http where https was expected is named', async () => {
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
  it.runIf(!openssl)('certificates are not tried: no openssl here', () => {
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
        const outcome = await lookAtGateway(...urls, 1000, trusting, new AbortController().signal);
        expect(outcome).toMatchObject({ value: { health: { problem } } });
        await trusting.destroy();
      }
    });
  });
});
