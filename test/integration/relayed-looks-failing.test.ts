// The relay fails while looks are shared over it: each cockpit goes on asking alone, at its usual pace, and says so.
import { afterAll, describe, expect, test } from 'vitest';
import type { Settings } from '../../src/config/settings.ts';
import { measured } from '../../src/data/shared-looks/schemas.ts';
import { shareLooks } from '../../src/data/shared-looks/shared-looks.ts';
import { poll, type Source, type SourceUpdate } from '../../src/data/source.ts';
import { eventually } from '../support/eventually.ts';
import { endRedis, installed, started } from '../support/redis-server.ts';
import { admits, cockpit, endCockpits, opens } from '../support/relay-cockpits.ts';

afterAll(async () => {
  await endCockpits();
  await endRedis();
});

const every = 1000;

/** A cockpit whose only source is shared between hosts; how often it asked itself, and what it was told. */
async function looking(name: string, port: number, incident: Record<string, unknown> = {}) {
  const news: SourceUpdate[] = [];
  const asked: number[] = [];
  const source = (settings: Settings): Source => {
    const shared = poll({
      id: 'a server',
      fact: 'traffic',
      every,
      timeout: 500,
      from: 'a server',
      where: 'a server',
      read: async () => {
        asked.push(performance.now());
        return { ok: true, value: { samples: asked.length, sampling: 1, window: 300_000, source: 'prometheus' } };
      },
      sharing: shareLooks(settings, {
        ...{ fact: 'traffic', parts: [], value: measured, every, timeout: 500 },
        identity: () => 'the same server',
      }),
    });
    return {
      ...shared,
      start: (tell, signal) =>
        shared.start((one) => {
          news.push(one);
          tell(one);
        }, signal),
    };
  };
  const made = await cockpit(name, port, { incident, looks: { settings: {}, sources: (of) => [source(of)] } });
  const last = () => news.at(-1);
  const by = () => {
    const one = last();
    return one && 'by' in one ? one.by : undefined;
  };
  return { made, asked, last, by };
}

type Looking = Awaited<ReturnType<typeof looking>>;

async function joined(ana: Looking, ben: Looking): Promise<void> {
  await eventually(() => expect(ben.made.incident?.id).toBe(ana.made.incident?.id ?? 'open'));
  await admits(ana.made, ben.made);
}

/** One asks, and the other shows who did. */
const share = (ana: Looking, ben: Looking) =>
  eventually(() => expect([ana.by(), ben.by()].filter((by) => / on /.test(by ?? ''))).toHaveLength(1));

/** Each asks three times more, never faster than its pace. */
async function alone(...all: readonly Looking[]): Promise<void> {
  const before = all.map(({ asked }) => asked.length);
  for (const [at, { asked }] of all.entries())
    await eventually(() => expect(asked.length).toBeGreaterThanOrEqual((before[at] ?? 0) + 3));
  for (const [at, { asked, by }] of all.entries()) {
    const since = asked.slice(before[at]);
    expect((since.length - 1) * every * 0.9).toBeLessThanOrEqual((since.at(-1) ?? 0) - (since[0] ?? 0));
    await eventually(() => expect(by()).toBe(undefined));
  }
}

async function sharing(port: number): Promise<[Looking, Looking]> {
  const ana = await looking('ana', port);
  ana.made.do(opens);
  const ben = await looking('ben', port);
  await joined(ana, ben);
  await share(ana, ben);
  return [ana, ben];
}

// They wait more than they compute.
describe.skipIf(!installed).concurrent('with redis-server', () => {
  test('killed: both ask, and say that the relay is away', async () => {
    const { port, signal } = await started();
    const [ana, ben] = await sharing(port);
    signal('SIGKILL');
    for (const one of [ana, ben]) await eventually(() => expect(one.made.context?.relay?.state).toBe('away'));
    await alone(ana, ben);
  });

  test('frozen: both ask, say that the relay is away, and share again when it goes on', async () => {
    const { port, signal } = await started();
    const [ana, ben] = await sharing(port);
    signal('SIGSTOP');
    for (const one of [ana, ben]) await eventually(() => expect(one.made.context?.relay?.state).toBe('away'));
    await alone(ana, ben);
    signal('SIGCONT');
    await share(ana, ben);
  });

  test('full: both ask, and say why and what to do', async () => {
    const { port, cli } = await started('--maxmemory-policy', 'noeviction');
    const [ana, ben] = await sharing(port);
    cli('config', 'set', 'maxmemory', '1');
    for (const { made } of [ana, ben])
      await eventually(() =>
        expect(made.context?.relay).toMatchObject({
          ...{ state: 'away', short: 'out of memory', hint: expect.stringContaining('maxmemory') },
        }),
      );
    await alone(ana, ben);
    cli('config', 'set', 'maxmemory', '0');
    await share(ana, ben);
  });

  test.each(['-mget', '-del'])(
    'a user without a command (%s) reads that looks are refused, and what names the remedy',
    async (lacks) => {
      const { port, cli } = await started();
      cli('acl', 'setuser', 'ben', 'on', '>hush', '~{bentham:*}:*', '+@all');
      const ana = await looking('ana', port);
      ana.made.do(opens);
      const ben = await looking('ben', port, { relayUsername: 'ben', relayPassword: 'hush' });
      await joined(ana, ben);
      cli('acl', 'setuser', 'ben', lacks);
      // Whoever asks has to tell, and is refused.
      await ana.made.stop();
      await eventually(() =>
        expect(ben.made.context?.relay).toMatchObject({
          state: 'connected',
          unshared: { why: 'refused', hint: expect.stringContaining('doctor') },
        }),
      );
      const { length } = ben.asked;
      await eventually(() => expect(ben.asked.length).toBeGreaterThan(length + 1));
    },
  );

  test('a user who may do everything but share looks is told so, and asks alone', async () => {
    const { port, cli } = await started();
    cli('acl', 'setuser', 'ben', 'on', '>hush', '~{bentham:*}:[^l]*', '+@all');
    const ana = await looking('ana', port);
    ana.made.do(opens);
    const ben = await looking('ben', port, { relayUsername: 'ben', relayPassword: 'hush' });
    await joined(ana, ben);
    await eventually(() =>
      expect(ben.made.context?.relay).toMatchObject({
        state: 'connected',
        unshared: { why: 'refused', hint: expect.stringContaining('doctor') },
      }),
    );
    await alone(ana, ben);
    expect(ana.made.context?.relay?.unshared).toBe(undefined);
  });
});
