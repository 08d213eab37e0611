// Cockpits of one incident, each a process on a host of its own, share the looks at a gateway, which none of them takes for
// reached from here because another one reaches it. Each has a way of its own to it, under the same name. The tests have a
// gateway and a relay each, and wait at the same time: a gateway is asked every ten seconds.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, expect, test } from 'vitest';
import { startRelayServer } from '../../simulator/redis/relay-server.ts';
import type { Look, Told } from '../support/cockpit-process.ts';
import { Middleman } from '../support/proxy.ts';
import { endRedis, installed, started as redisServer } from '../support/redis-server.ts';
import { opens } from '../support/relay-cockpits.ts';
import { admitted, type CockpitProcess, endProcesses, started } from '../support/relay-processes.ts';

const servers: Server[] = [];
const ways: Middleman[] = [];
const relays: { stop(): Promise<unknown> }[] = [];

afterAll(async () => {
  await endProcesses();
  await Promise.all([...ways, ...relays].map((one) => one.stop()));
  for (const server of servers) server.closeAllConnections();
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  await endRedis();
});

/** `asked`: how often its health was. */
class Gateway {
  isWell = true;
  asked = 0;
  port = 0;

  async start(): Promise<this> {
    const server = createServer(({ url }, response) => {
      if (url === '/v1/health') this.asked += 1;
      response.writeHead(this.isWell ? 200 : 503).end(this.isWell ? '{"status":"healthy"}' : '{"status":"unhealthy"}');
    });
    servers.push(server);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    this.port = (server.address() as AddressInfo).port;
    return this;
  }
}

async function relay(): Promise<number> {
  if (installed) return (await redisServer()).port;
  const made = await startRelayServer();
  relays.push(made);
  return made.port;
}

type Host = { way: Middleman; cockpit: CockpitProcess };

async function host(name: string, at: number, nth: number, { port }: Gateway): Promise<Host> {
  const address = `127.0.0.${nth}`;
  const way = await Middleman.before('127.0.0.1', port, { address, port });
  ways.push(way);
  const gateway = { url: `http://gateway.test:${port}`, address };
  return { way, cockpit: await started(name, at, { gateway }) };
}

/** Ana and two more, whom she admits. */
async function three(of: Gateway): Promise<[Host, Host, Host]> {
  const at = await relay();
  const ana = await host('ana', at, 2, of);
  ana.cockpit.do(opens);
  const [ben, eva] = [await host('ben', at, 3, of), await host('eva', at, 4, of)];
  for (const { cockpit } of [ben, eva]) await admitted(ana.cockpit, cockpit);
  await Promise.all([ana, ben, eva].map((one) => shown(one, ({ by }) => by !== undefined)));
  return [ana, ben, eva];
}

async function known({ cockpit }: Host, passes: (told: Told) => void): Promise<Told> {
  let all: Told | undefined;
  await cockpit.until((told) => {
    passes(told);
    all = told;
  });
  if (!all) throw new Error('it tells nothing');
  return all;
}

/** Waits for a look from now on that passes, and gives all from now on. */
async function shown(one: Host, passes: (look: Look) => boolean): Promise<readonly Look[]> {
  const { looks: before } = await known(one, () => {});
  const { looks } = await known(one, (told) => expect(told.looks.slice(before.length).some(passes)).toBe(true));
  return looks.slice(before.length);
}

test.concurrent('a host that cannot reach it says so, while the others share; then all see that it is ill', async () => {
  const gateway = await new Gateway().start();
  const [ana, ben, eva] = await three(gateway);
  const [before, looks] = [gateway.asked, (await known(ana, () => {})).looks.length];
  await eva.way.be('refuses');
  const seen = await shown(eva, ({ fault }) => fault === 'refused');
  // Its own turn comes after two of the others at most; one look may have begun.
  expect(seen.length).toBeLessThanOrEqual(4);
  const told = await Promise.all([ana, ben].map((one) => shown(one, ({ by }) => by !== undefined)));
  expect(told.flat().some(({ fault }) => fault)).toBe(false);
  const more = (await known(ana, () => {})).looks.length - looks;
  expect(gateway.asked - before).toBeLessThan(2 * (more + 1));
  await eva.way.be('works');
  await shown(eva, ({ by }) => by !== undefined);
  gateway.isWell = false;
  await Promise.all([ana, ben, eva].map((one) => shown(one, ({ healthy }) => healthy === false)));
}, 300_000);

test.concurrent('the others ask when one is stopped, and when another one is killed', async () => {
  const [ana, ben, eva] = await three(await new Gateway().start());
  const goOn = async (signal: NodeJS.Signals, gone: Host, ...others: readonly Host[]) => {
    const { looks } = await known(gone, () => {});
    gone.cockpit.signal(signal);
    const after = await Promise.all(others.map((one) => shown(one, ({ by }) => by !== undefined)));
    expect(after.flat().every(({ healthy }) => healthy)).toBe(true);
    expect(Math.max(...after.flat().map(({ at }) => at))).toBeGreaterThan(looks.at(-1)?.at ?? 0);
  };
  await goOn('SIGSTOP', ana, ben, eva);
  ana.cockpit.signal('SIGCONT');
  await goOn('SIGKILL', ben, ana, eva);
}, 300_000);
