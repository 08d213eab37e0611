// Lines over a real Redis: to everybody, within its order, none lost and none doubled, whatever becomes of the relay.
import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { Middleman } from '../support/proxy.ts';
import { Carrier, endRelays, nextId, relayAt } from '../support/relay.ts';
import { endRelayServers, relayServers } from '../support/relay-servers.ts';

const proxies: Middleman[] = [];

afterEach(async () => {
  await endRelays();
  await Promise.all(proxies.splice(0).map((one) => one.stop()));
  await endRelayServers();
});

async function proxyTo(port: number): Promise<Middleman> {
  const proxy = await Middleman.before('127.0.0.1', port);
  proxies.push(proxy);
  return proxy;
}

const connected = (...all: Carrier[]) =>
  eventually(() => expect(all.map(({ link }) => link.state.state)).toEqual(all.map(() => 'connected')));
const away = (...all: Carrier[]) =>
  eventually(() => expect(all.map(({ link }) => link.state.state)).toEqual(all.map(() => 'away')));

describe.each(relayServers)('with $name', ({ started }) => {
  test('what one of five writes, all have, in the same order; who joins late has everything', async () => {
    const options = relayAt((await started()).port);
    const five = ['a', 'b', 'c', 'd', 'e'].map((name) => new Carrier(options, name));
    await connected(...five);
    const incident = nextId();
    for (let n = 0; n < 200; n += 1) five[n % 5]?.write(incident, String(n));
    const late = new Carrier(options, 'late');
    for (const one of [...five, late])
      await eventually(() => expect(one.has(incident)).toEqual(five[0]?.has(incident)));
    expect(late.has(incident)).toHaveLength(200);
    expect(five.map(({ courier }) => courier.unsent)).toEqual([0, 0, 0, 0, 0]);
  });

  test('several incidents are carried at once, each in its own stream', async () => {
    const { port, cli } = await started();
    const [one, two] = ['a', 'b'].map((name) => new Carrier(relayAt(port), name)) as [Carrier, Carrier];
    const [first, second] = [nextId(), nextId()];
    one.write(first, 'x');
    two.write(second, 'y');
    await eventually(() => expect([one.has(second), two.has(first)]).toEqual([['b y'], ['a x']]));
    expect(cli('xlen', `{bentham:TEST}:incident:${first}`).trim()).toBe('1');
  });

  test.each(['refuses', 'resets', 'freezes'] as const)(
    'while the relay %s for one, both go on alone; then everything is merged, without doubles',
    async (manner) => {
      const { port, cli } = await started();
      const proxy = await proxyTo(port);
      const one = new Carrier(relayAt(port), 'a');
      const two = new Carrier(relayAt(proxy.port), 'b');
      const incident = nextId();
      one.write(incident, 'before');
      await eventually(() => expect(two.has(incident)).toEqual(['a before']));
      await proxy.be(manner);
      await away(two);
      one.write(incident, 'apart');
      two.write(incident, 'apart');
      expect(two.courier.unsent).toBe(1);
      await proxy.be('works');
      for (const each of [one, two])
        await eventually(() => expect(each.has(incident)).toEqual(['a before', 'a apart', 'b apart']));
      await eventually(() => expect(two.courier.unsent).toBe(0));
      expect(cli('xlen', `{bentham:TEST}:incident:${incident}`).trim()).toBe('3');
    },
  );

  test('a relay that comes back without data gets everything again: also what those have written who have left', async () => {
    const { port, cli } = await started();
    const proxy = await proxyTo(port);
    const [left, one, two] = ['a', 'b', 'c'].map((name) => new Carrier(relayAt(proxy.port), name)) as [
      Carrier,
      Carrier,
      Carrier,
    ];
    const incident = nextId();
    left.write(incident, 'first');
    one.write(incident, 'second');
    for (const each of [left, one, two]) await eventually(() => expect(each.has(incident)).toHaveLength(2));
    await left.link.stop();
    await proxy.be('refuses');
    await away(one, two);
    cli('flushall');
    one.write(incident, 'third');
    await proxy.be('works');
    await connected(one, two);
    const late = new Carrier(relayAt(proxy.port), 'late');
    await eventually(() => expect(late.has(incident)).toEqual(['a first', 'b second', 'b third']));
    await eventually(() => expect(two.has(incident)).toHaveLength(3));
  });

  test('a relay that loses its data and keeps its connections is noticed, and gets everything again', async () => {
    const { port, cli } = await started();
    const one = new Carrier(relayAt(port), 'a');
    const incident = nextId();
    one.write(incident, 'first');
    const key = `{bentham:TEST}:incident:${incident}`;
    await eventually(() => expect(cli('xlen', key).trim()).toBe('1'));
    cli('flushall');
    await eventually(() => expect(cli('xlen', key).trim()).toBe('1'));
  });

  test('a stream keeps the newest entries up to its limit, and what it dropped is not sent again', async () => {
    const { port, cli } = await started('--stream-node-max-entries', '10');
    const options = relayAt(port, { keeps: { time: 60_000, entries: 100 } });
    const one = new Carrier(options, 'a');
    const incident = nextId();
    const key = `{bentham:TEST}:incident:${incident}`;
    await connected(one);
    for (let n = 0; n < 300; n += 1) one.write(incident, String(n));
    await eventually(() => expect(cli('xrevrange', key, '+', '-', 'COUNT', '1')).toContain('a 299'));
    const late = new Carrier(options, 'late');
    await eventually(() => expect(late.has(incident)).toContain('a 299'));
    expect(Number(cli('xlen', key))).toBeLessThan(130);
    await one.link.stop();
    const again = new Carrier(options, 'b');
    again.write(incident, 'newest');
    await eventually(() => expect(late.has(incident)).toContain('b newest'));
    expect(Number(cli('pttl', key))).toBeGreaterThan(0);
  });

  test('a line that is longer than the relay takes stays in the journal, and those after it are sent', async () => {
    const { port } = await started();
    const [one, two] = ['a', 'b'].map((name) => new Carrier(relayAt(port), name)) as [Carrier, Carrier];
    const incident = nextId();
    one.write(incident, 'x'.repeat(200_000));
    one.write(incident, 'after');
    await eventually(() => expect(two.has(incident)).toEqual(['a after']));
    expect([one.courier.unsent, one.courier.tooLong]).toEqual([0, 1]);
  });

  test('a relay whose keys belong to another program is away, and says so', async () => {
    const { port, cli } = await started();
    cli('set', '{bentham:TEST}:index', 'x');
    const one = new Carrier(relayAt(port), 'a');
    await away(one);
    expect(one.link.state).toMatchObject({
      fault: { what: 'another program uses its keys', hint: 'set another incident.prefix' },
    });
  });
});
