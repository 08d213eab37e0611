// The relay's index of incidents, which anybody who can write there can change: it hides no incident for good.
import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { Carrier, endRelays, nextId, relayAt } from '../support/relay.ts';
import { endRelayServers, relayServers } from '../support/relay-servers.ts';

afterEach(async () => {
  await endRelays();
  await endRelayServers();
});

const index = '{bentham:TEST}:index';

describe.each(relayServers)('with $name', ({ started }) => {
  test('more incidents than are followed at once keep nobody from their own', async () => {
    const { port, cli } = await started();
    for (let n = 0; n < 40; n += 1) {
      const fake = nextId();
      cli('xadd', index, '*', 'incident', fake, 'state', 'open');
      cli('xadd', `{bentham:TEST}:incident:${fake}`, '*', 'line', 'no entry');
    }
    const [one, two] = [new Carrier(relayAt(port), 'a'), new Carrier(relayAt(port), 'b')];
    const incident = nextId();
    one.write(incident, 'real');
    await eventually(() => expect(two.has(incident)).toEqual(['a real']));
  });

  test('an incident that somebody says is over, or that the index has lost, is found by who comes later', async () => {
    const { port, cli } = await started();
    const one = new Carrier(relayAt(port), 'a');
    const [first, second] = [nextId(), nextId()];
    one.write(first, 'first');
    one.write(second, 'second');
    await eventually(() => expect(one.courier.unsent).toBe(0));
    await eventually(() => expect(cli('xlen', index).trim()).toBe('2'));
    cli('del', index);
    cli('xadd', index, '*', 'incident', second, 'state', 'over');
    const late = new Carrier(relayAt(port), 'late');
    await eventually(() => expect([late.has(first), late.has(second)]).toEqual([['a first'], ['a second']]));
  });
});
