// Leases on a real Redis: one holder at a time, and numbers that only grow.
import { afterEach, describe, expect, test } from 'vitest';
import { type Leased, Leases, leaseTime } from '../../src/data/relay/lease.ts';
import { eventually } from '../support/eventually.ts';
import { client, endRelays, nextId, relayAt } from '../support/relay.ts';
import { endRelayServers, relayServers } from '../support/relay-servers.ts';

afterEach(async () => {
  await endRelays();
  await endRelayServers();
});

const person = (n: number) => ({ session: `session-${n}`, name: `ops${n}`, host: `host${n}` });

describe.each(relayServers)('with $name', ({ started }) => {
  test.each(['control', 'target'] as const)(
    'of five who want the same %s at once one gets it, in 1,000 races',
    async (of) => {
      const options = relayAt((await started('--save', '')).port);
      const five = await Promise.all([1, 2, 3, 4, 5].map(async () => new Leases(await client(options), options)));
      for (let race = 0; race < 1000; race += 1) {
        const leased: Leased = { of, id: `${of}-${race}` };
        const answers = await Promise.all(five.map((leases, n) => leases.take(leased, person(n))));
        const won = answers.filter(({ ok }) => ok);
        expect(won, `race ${race}`).toHaveLength(1);
        const holder = await five[0]?.holder(leased);
        expect(answers.findIndex(({ ok }) => ok)).toBe(Number(holder?.session.slice(-1)));
      }
    },
    120_000,
  );

  test('one lease that changes hands 1,000 times has one holder at a time, each with a higher number', async () => {
    const options = relayAt((await started('--save', '')).port);
    const leased: Leased = { of: 'control', id: 'incident' };
    const fences: number[] = [];
    let inside = 0;
    let most = 0;
    const work = async (n: number) => {
      const leases = new Leases(await client(options), options);
      while (fences.length < 1000) {
        const lease = await leases.take(leased, person(n));
        if (!lease.ok) continue;
        inside += 1;
        most = Math.max(most, inside);
        fences.push(lease.fence);
        const kept = await leases.keep(leased, person(n), lease.fence);
        expect(kept.ok).toBe(true);
        inside -= 1;
        await leases.release(leased, person(n), lease.fence);
      }
    };
    await Promise.all([1, 2, 3, 4, 5].map(work));
    expect(most).toBe(1);
    expect(fences).toEqual(fences.map((_, at) => at + 1));
  }, 120_000);

  test('it is taken from the session that a person named, and from no other; the number is above every known one', async () => {
    const options = relayAt((await started()).port);
    const leases = new Leases(await client(options), options);
    const leased: Leased = { of: 'control', id: nextId() };
    expect(await leases.take(leased, person(1))).toEqual({ ok: true, fence: 1 });
    expect(await leases.take(leased, person(2))).toMatchObject({ ok: false, by: { name: 'ops1', fence: 1 } });
    expect(await leases.take(leased, person(2), { from: ['session-1'], known: 6 })).toEqual({ ok: true, fence: 7 });
    expect(await leases.take(leased, person(3), { from: ['session-1'] })).toMatchObject({ ok: false });
    expect(await leases.keep(leased, person(1), 1)).toMatchObject({ ok: false, by: { name: 'ops2', fence: 7 } });
  });

  test('who is refused is told how long the lease still lasts, whatever is written in it', async () => {
    const { port, cli } = await started();
    const options = relayAt(port);
    let now = 1_000_000;
    const leases = new Leases(await client(options), options, () => now);
    const leased: Leased = { of: 'control', id: 'x' };
    await leases.take(leased, person(1));
    now += 6000;
    expect(await leases.take(leased, person(2))).toMatchObject({ ok: false, by: { endsIn: leaseTime - 6000 } });
    await leases.keep(leased, person(1), 1);
    expect(await leases.take(leased, person(2))).toMatchObject({ ok: false, by: { endsIn: leaseTime } });
    const lied = (at: unknown) => JSON.stringify({ fence: 1, session: 's', name: 'n', host: 'h', at });
    for (const [at, endsIn] of [
      [now + 1e12, leaseTime],
      [-1e12, 0],
      [undefined, leaseTime],
    ]) {
      cli('set', '{bentham:TEST}:control:x', lied(at));
      expect(await leases.take(leased, person(2))).toMatchObject({ ok: false, by: { name: 'n', endsIn } });
    }
  });

  test('who was in control while the relay had lost everything keeps its number; a higher one replaces it', async () => {
    const { port, cli } = await started();
    const options = relayAt(port);
    const leases = new Leases(await client(options), options);
    const leased: Leased = { of: 'control', id: nextId() };
    await leases.take(leased, person(1), { known: 4 });
    cli('flushall');
    expect(await leases.keep(leased, person(1), 5)).toEqual({ ok: true, fence: 5 });
    // Taken without the relay, by a person who could not see it.
    expect(await leases.keep(leased, person(2), 6)).toEqual({ ok: true, fence: 6 });
    expect(await leases.keep(leased, person(1), 5)).toMatchObject({ ok: false, by: { name: 'ops2', fence: 6 } });
    expect(await leases.keep(leased, person(3), 6)).toMatchObject({ ok: false, by: { name: 'ops2' } });
    await leases.release(leased, person(2), 6);
    expect(await leases.holder(leased)).toBeUndefined();
    expect(await leases.keep(leased, person(1), 5)).toMatchObject({ ok: false, fence: 6 });
  });

  test('a lease that is not renewed ends, whatever the clocks of the hosts say', async () => {
    const { port, cli } = await started();
    const options = relayAt(port);
    const leases = new Leases(await client(options), options);
    const leased: Leased = { of: 'target', id: 'deployment/api-gateway' };
    await leases.take(leased, person(1));
    const key = '{bentham:TEST}:target:deployment/api-gateway';
    expect(Number(cli('pttl', key))).toBeGreaterThan(0);
    expect(Number(cli('pttl', key))).toBeLessThanOrEqual(leaseTime);
    cli('pexpire', key, '50');
    await eventually(async () => expect(await leases.holder(leased)).toBeUndefined());
    expect(await leases.take(leased, person(2))).toEqual({ ok: true, fence: 2 });
  });

  test('what is in the place of a lease and is none is held by nobody', async () => {
    const { port, cli } = await started();
    const options = relayAt(port);
    const leases = new Leases(await client(options), options);
    for (const text of ['x', '{"fence":1e99}', '{"fence":-1,"session":"a","name":"b","host":"c"}', 'y'.repeat(9000)]) {
      cli('set', '{bentham:TEST}:control:x', text);
      cli('set', '{bentham:TEST}:control:x:fence', '9'.repeat(30));
      expect(await leases.take({ of: 'control', id: 'x' }, person(1), { known: 3 })).toEqual({ ok: true, fence: 4 });
    }
  });
});
