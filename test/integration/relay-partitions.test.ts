// Whole engines that are cut off from each other in every way, while both are in control: afterwards all have the same, and
// the one who has lost control knows.
import { afterEach, describe, expect, test } from 'vitest';
import { verifyJournal } from '../../src/data/journal/verify.ts';
import { eventually } from '../support/eventually.ts';
import { type Manner, Middleman } from '../support/proxy.ts';
import { endRedis, installed, started } from '../support/redis-server.ts';
import { admits, cockpit, endCockpits, opens, type RelayCockpit } from '../support/relay-cockpits.ts';

const proxies: Middleman[] = [];

afterEach(async () => {
  await endCockpits();
  await Promise.all(proxies.splice(0).map((one) => one.stop()));
  await endRedis();
});

async function before(port: number): Promise<Middleman> {
  const proxy = await Middleman.before('127.0.0.1', port);
  proxies.push(proxy);
  return proxy;
}

const isAway = (one: RelayCockpit) => eventually(() => expect(one.context?.relay?.state).toBe('away'));

/** Ana is in control; Ben takes it where neither hears of the other. Each writes. */
async function conflict(ana: RelayCockpit, ben: RelayCockpit): Promise<void> {
  ben.do({ do: 'control', why: 'nobody answers' }).do({ do: 'note', text: 'of ben, alone' });
  ana.do({ do: 'note', text: 'of ana, alone' });
  await eventually(() => expect(ben.notes()).toContain('of ben, alone'));
  await eventually(() => expect(ana.notes()).toContain('of ana, alone'));
  expect(ben.incident?.control).toMatchObject({ session: ben.session, fence: 2 });
}

/** Everything is everywhere, once; Ben is in control, and Ana was told. */
async function healed(ana: RelayCockpit, ben: RelayCockpit, ...others: RelayCockpit[]): Promise<void> {
  // In whatever order they came.
  const texts = (one: RelayCockpit) =>
    one.recorder.journal
      .linesOf(one.incident?.id ?? '')
      .map(({ text }) => text)
      .toSorted();
  await eventually(() => expect(ana.said.some((says) => /ben/.test(says) && /control/.test(says))).toBe(true));
  for (const one of [ana, ben, ...others]) {
    await eventually(() => expect(one.notes()).toEqual(expect.arrayContaining(['of ana, alone', 'of ben, alone'])));
    await eventually(() => expect(texts(one)).toEqual(texts(ana)));
    expect(new Set(texts(one)).size).toBe(texts(one).length);
    expect(one.incident?.control).toMatchObject({ session: ben.session, fence: 2 });
    await eventually(() => expect(one.context?.relay).toMatchObject({ state: 'connected', unsent: 0 }));
    const report = await verifyJournal(one.recorder.journal.state.directory);
    expect(report.ok && report.value.files.flatMap(({ problems }) => problems)).toEqual([]);
  }
  expect(ana.recorder.mayAct()).toBe('ben controls this incident: take control first');
  expect(await ben.recorder.lostControl()).toBeUndefined();
}

describe.skipIf(!installed)('with redis-server', () => {
  test.each([
    ['deaf', 'to the relay'],
    ['mute', 'from the relay'],
  ] as const satisfies readonly (readonly [Manner, string])[])('nothing comes through (%s) %s', async (manner) => {
    const { port } = await started();
    const proxy = await before(port);
    const [ana, ben] = [await cockpit('ana', port), await cockpit('ben', proxy.port)];
    ana.do(opens);
    await eventually(() => expect(ben.incident).toBeDefined());
    await admits(ana, ben);
    await proxy.be(manner);
    await isAway(ben);
    await conflict(ana, ben);
    await proxy.be('works');
    await healed(ana, ben);
  });

  test.each(['SIGKILL', 'SIGSTOP'] as const)(
    'the relay ends by %s, and comes back empty or as it was',
    async (name) => {
      const redis = await started();
      const { port } = redis;
      const [ana, ben, eve] = [await cockpit('ana', port), await cockpit('ben', port), await cockpit('eve', port)];
      ana.do(opens);
      for (const one of [ben, eve]) await eventually(() => expect(one.incident).toBeDefined());
      await admits(ana, ben, eve);
      redis.signal(name);
      for (const one of [ana, ben, eve]) await isAway(one);
      await conflict(ana, ben);
      if (name === 'SIGSTOP') redis.signal('SIGCONT');
      else await redis.restart('--dbfilename', 'other.rdb');
      await healed(ana, ben, eve);
      const late = await cockpit('late', port);
      await eventually(() => expect(late.notes()).toEqual(ana.notes()));
    },
  );

  test('the answer to taking control is lost: it is taken once, and by nobody else', async () => {
    const { port } = await started();
    const proxy = await before(port);
    const [ana, ben] = [await cockpit('ana', port), await cockpit('ben', proxy.port)];
    ana.do(opens);
    await eventually(() => expect(ben.incident).toBeDefined());
    await admits(ana, ben);
    await proxy.be('mute');
    // The relay hears of it, and what it answers is lost.
    ben.do({ do: 'control', why: 'x' }).do({ do: 'note', text: 'of ben, alone' });
    await eventually(() => expect(ben.notes()).toContain('of ben, alone'));
    ana.do({ do: 'note', text: 'of ana, alone' });
    await proxy.be('works');
    await healed(ana, ben);
  });
});

test.skipIf(installed)('skipped without redis-server: apt install redis-server', () => {});
