// What cockpits say to a relay while nothing happens: that they are there, and no more often than it is needed.
import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { endRedis, installed, started } from '../support/redis-server.ts';
import { cockpit, endCockpits } from '../support/relay-cockpits.ts';

afterEach(async () => {
  await endCockpits();
  await endRedis();
});

describe.skipIf(!installed)('with redis-server', () => {
  test('how long a relay keeps what is said with the connection, not each time it is asked whether it is there', async () => {
    const { port, cli } = await started();
    await cockpit('ana', port);
    const calls = (of: string) =>
      Number(new RegExp(`cmdstat_${of}:calls=(\\d+)`).exec(cli('info', 'commandstats'))?.[1] ?? 0);
    const told = ['pexpire', 'sadd'] as const;
    const [before, rounds] = [told.map(calls), calls('time')];
    await eventually(() => expect(calls('time')).toBeGreaterThanOrEqual(rounds + 4));
    for (const [at, of] of told.entries()) expect(calls(of) - (before[at] ?? 0), of).toBeLessThanOrEqual(2);
  });

  test('whoever is not on the list of cockpits any more is on it again', async () => {
    const { port, cli } = await started();
    const [ana, ben] = [await cockpit('ana', port), await cockpit('ben', port)];
    const list = () => cli('smembers', '{bentham:PRODUCTION}:here');
    for (const one of [ana, ben]) await eventually(() => expect(list()).toContain(one.session));
    cli('srem', '{bentham:PRODUCTION}:here', ben.session);
    await eventually(() => expect(list()).toContain(ben.session));
    cli('del', '{bentham:PRODUCTION}:here');
    for (const one of [ana, ben]) await eventually(() => expect(list()).toContain(one.session));
  });
});
