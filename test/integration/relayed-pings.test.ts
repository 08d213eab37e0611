// Hosts of one incident that reach an API server over HTTP/2: each proves its own way to it by PINGs, without a request.
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { staleAfterBeat } from '../../src/data/kubernetes/connection.ts';
import { ApiServer } from '../support/api-server.ts';
import { answers, areTold, areWell, go, Hosts, isFault, isTold, type SharedProxy } from '../support/beating-hosts.ts';
import { eventually } from '../support/eventually.ts';
import { endRedis, installed } from '../support/redis-server.ts';
import { endCockpits } from '../support/relay-cockpits.ts';

/** An HTTP proxy. */
class Tunnels implements SharedProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor() {
    this.#server = createServer().on('connect', ({ url = '' }, socket: Socket) => {
      const through = connect(Number(url.split(':').at(-1)), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        socket.pipe(through).pipe(socket);
      });
      for (const one of [socket, through])
        this.#sockets.add(one.on('error', () => {}).on('close', () => this.#sockets.delete(one)));
      socket.on('close', () => through.destroy());
      through.on('close', () => socket.destroy());
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async end(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}

let hosts: Hosts;
beforeEach(async () => {
  hosts = await Hosts.of(new ApiServer({ http2: true }), 'http', new Tunnels());
});
afterEach(async () => {
  await endCockpits();
  await hosts.end();
  await endRedis();
});

const five = () => hosts.sharing('ana', 'ben', 'eva', 'kim', 'zoe');

describe.skipIf(!installed)('over redis-server', () => {
  test('five send hardly more than one does, each its own in turn, and nothing gets stale', async () => {
    const all = await five();
    await go(all, 3);
    const { count, by, looks } = await hosts.sent(all, 10);
    expect(count).toBeLessThan(looks * 1.5);
    expect(by.size).toBe(5);
    for (const { of } of all)
      for (const fact of ['cluster', 'pods'])
        for (const [i, { at }] of of(fact).entries())
          if (i > 0) expect(at - (of(fact)[i - 1]?.at ?? at)).toBeLessThan(staleAfterBeat);
  });

  test.each(['freezes', 'refuses', 'resets', 'mute', 'deaf'] as const)(
    'a host whose way %s says so as soon as one of three would; the others go on',
    async (manner) => {
      const all = await five();
      const [eva, ...others] = [all[2], all[0], all[1], all[3], all[4]];
      const { length } = eva.of('cluster');
      await eva.way.be(manner);
      await eventually(() => expect(isFault(eva.last('pods'))).toBe(true));
      expect(eva.of('cluster').length - length).toBeLessThanOrEqual(4);
      await go(others, 3);
      expect(others.some(({ last }) => isFault(last('cluster')) || isFault(last('pods')))).toBe(false);
      await eventually(() => expect(isFault(eva.last('cluster'))).toBe(true));
      await eva.way.be('works');
      await areTold([eva]);
      await areWell([eva]);
    },
  );

  test('a way that crawls is no fault', async () => {
    const all = await five();
    const [eva] = [all[2]];
    const { length } = eva.of('cluster');
    await eva.way.be('crawls');
    await go([eva], 6);
    expect(eva.of('cluster').slice(length).some(isFault)).toBe(false);
    expect(eva.of('cluster').slice(length).some(isTold)).toBe(true);
  });

  test('a server that answers PINGs and no request is lost for all, and found again by all', async () => {
    await hosts.areLostAndFound(await five());
  });

  test('a login that is refused is said to the one alone, in its turn', async () => {
    const all = await five();
    const [eva, ...others] = [all[2], all[0], all[1], all[3], all[4]];
    const { length } = eva.of('cluster');
    hosts.answer = (url, res, req) =>
      req.headers.authorization === 'Bearer eva' ? res.writeHead(401).end('{}') : answers(url, res, req);
    await eventually(() => expect(isFault(eva.last('cluster'))).toBe(true));
    // Its turn comes after four others.
    expect(eva.of('cluster').length - length).toBeLessThanOrEqual(7);
    expect(others.some(({ last }) => isFault(last('cluster')))).toBe(false);
  });

  test('connections that the server ends because they are idle are opened again, and PINGs go on', async () => {
    const all = await five();
    expect(hosts.server.sayGoodbye()).toBeGreaterThanOrEqual(5);
    await go(all, 6);
    const { count, by, looks } = await hosts.sent(all, 10);
    expect(count).toBeLessThan(looks * 1.5);
    expect(by.size).toBe(5);
    await areTold(all);
    await areWell(all);
  });
});
