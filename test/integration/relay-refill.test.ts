// What cockpits send again over a real Redis that lost entries, dropped some, or keeps fewer than it was told: each line
// once, and no more than it keeps.
import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { Middleman } from '../support/proxy.ts';
import { endRedis, installed, started } from '../support/redis-server.ts';
import { Carrier, endRelays, nextId, relayAt } from '../support/relay.ts';

const proxies: Middleman[] = [];

afterEach(async () => {
  await endRelays();
  await Promise.all(proxies.splice(0).map((one) => one.stop()));
  await endRedis();
});

const connected = (...all: Carrier[]) =>
  eventually(() => expect(all.map(({ link }) => link.state.state)).toEqual(all.map(() => 'connected')));

const keeping = (entries: number) => ({ keeps: { time: 3_600_000, entries } });

/** A server whose streams drop what they do not keep ten by ten. */
async function relay() {
  const server = await started('--stream-node-max-entries', '10');
  const calls = (name: string) =>
    Number(new RegExp(`^cmdstat_${name}:calls=(\\d+)`, 'm').exec(server.cli('info', 'commandstats'))?.[1] ?? 0);
  const length = (incident: string) => Number(server.cli('xlen', `{bentham:TEST}:incident:${incident}`));
  return { ...server, appended: () => calls('xadd'), length };
}

const restFor = (lines: number) => Array.from({ length: lines }, (_, n) => `${nextId()} gone ${n}`);

describe.skipIf(!installed)('with redis-server', () => {
  test('what others have written is sent again once, however long it takes to read it back', async () => {
    const { port, appended, length } = await relay();
    const [incident, lines] = [nextId(), restFor(13_000)];
    const all = ['a', 'b', 'c'].map((name) => new Carrier(relayAt(port), name, { incident, lines }));
    for (const one of all) await eventually(() => expect(one.taken).toBe(lines.length));
    expect(length(incident)).toBe(lines.length);
    // And each one that says that the incident is there.
    expect(appended()).toBeLessThanOrEqual(lines.length + all.length);
  }, 180_000);

  test('a relay that lost an incident gets no more of it than it keeps', async () => {
    const { port, appended } = await relay();
    const [incident, lines] = [nextId(), restFor(3000)];
    const one = new Carrier(relayAt(port, keeping(500)), 'a', { incident, lines });
    await eventually(() => expect(one.taken).toBe(500));
    expect(appended()).toBeLessThanOrEqual(501);
  });

  test('hosts that keep different numbers of entries keep the greater one, and send nothing again', async () => {
    const { port, appended, length } = await relay();
    const incident = nextId();
    const one = new Carrier(relayAt(port, keeping(300)), 'a');
    await connected(one);
    const two = new Carrier(relayAt(port, keeping(100)), 'b');
    await connected(two);
    for (let n = 0; n < 250; n += 1) one.write(incident, String(n));
    await eventually(() => expect(two.has(incident)).toHaveLength(250));
    for (let n = 0; n < 20; n += 1) {
      two.write(incident, String(n));
      await eventually(() => expect(one.has(incident)).toHaveLength(251 + n));
    }
    expect(length(incident)).toBe(270);
    expect([one.taken, two.taken]).toEqual([270, 270]);
    expect(appended()).toBeLessThanOrEqual(272);
    // Who keeps the most comes last.
    const three = new Carrier(relayAt(port, keeping(1000)), 'c');
    await connected(three);
    await eventually(() => expect([one.link.keeps, two.link.keeps]).toEqual([1000, 1000]));
  });

  test('a full stream that somebody removes is filled again at once', async () => {
    const { port, cli, length } = await relay();
    const incident = nextId();
    const one = new Carrier(relayAt(port, keeping(100)), 'a');
    await connected(one);
    for (let n = 0; n < 150; n += 1) one.write(incident, String(n));
    const two = new Carrier(relayAt(port, keeping(100)), 'b');
    await eventually(() => expect(two.has(incident)).toContain('a 149'));
    await eventually(() => expect(one.courier.unsent).toBe(0));
    cli('del', `{bentham:TEST}:incident:${incident}`);
    await eventually(() => expect(length(incident)).toBeGreaterThanOrEqual(100));
  });

  test('a relay that refuses entries is away until it takes them, however often it is connected to', async () => {
    const { port, cli } = await relay();
    const incident = nextId();
    const one = new Carrier(relayAt(port), 'a');
    await connected(one);
    cli('acl', 'setuser', 'default', '-xadd');
    one.write(incident, 'held back');
    await eventually(() => expect(one.link.state.state).toBe('away'));
    const before = one.states.length;
    const refused = () => Number(/^cmdstat_xadd:.*rejected_calls=(\d+)/m.exec(cli('info', 'commandstats'))?.[1] ?? 0);
    await eventually(() => expect(refused()).toBeGreaterThanOrEqual(4));
    expect(new Set(one.states.slice(before - 1))).toEqual(new Set(['away']));
    cli('acl', 'setuser', 'default', '+xadd');
    await connected(one);
    await eventually(() => expect(one.courier.unsent).toBe(0));
  });

  test('what was taken is not taken again when the connection comes back', async () => {
    const { port } = await relay();
    const proxy = await Middleman.before('127.0.0.1', port);
    proxies.push(proxy);
    const incident = nextId();
    const one = new Carrier(relayAt(port), 'a');
    const two = new Carrier(relayAt(proxy.port), 'b');
    await connected(one, two);
    for (let n = 0; n < 100; n += 1) one.write(incident, String(n));
    await eventually(() => expect(two.has(incident)).toHaveLength(100));
    await proxy.be('refuses');
    await eventually(() => expect(two.link.state.state).toBe('away'));
    one.write(incident, 'meanwhile');
    await proxy.be('works');
    await eventually(() => expect(two.has(incident)).toHaveLength(101));
    expect(two.taken).toBe(101);
    // What was left out is wanted now.
    two.courier.readAgain(incident);
    await eventually(() => expect(two.taken).toBe(202));
  });
});

test.skipIf(installed)('skipped without redis-server: apt install redis-server', () => {});
