// One incident of several people on several hosts: whole engines, each with its own journal, over a real Redis.
import { afterEach, describe, expect, test, vi } from 'vitest';
import { controlNow } from '../../src/core/incident/context.ts';
import { verifyJournal } from '../../src/data/journal/verify.ts';
import { eventually } from '../support/eventually.ts';
import { Middleman } from '../support/proxy.ts';
import { admits, begun, cockpit, endCockpits, opens } from '../support/relay-cockpits.ts';
import { endRelayServers, relayServers } from '../support/relay-servers.ts';

const proxies: Middleman[] = [];

afterEach(async () => {
  await endCockpits();
  await Promise.all(proxies.splice(0).map((one) => one.stop()));
  await endRelayServers();
});

async function proxyTo(port: number): Promise<Middleman> {
  const proxy = await Middleman.before('127.0.0.1', port);
  proxies.push(proxy);
  return proxy;
}

describe.each(relayServers)('with $name', ({ started }) => {
  test('who joins sees everything, and has effect once admitted by the person in control', async () => {
    const { port } = await started();
    const ana = await cockpit('ana', port);
    ana.do(opens).do({ do: 'note', text: 'before you came' });
    await eventually(() => expect(ana.notes()).toEqual(['before you came']));
    const ben = await cockpit('ben', port);
    await eventually(() => expect(ben.notes()).toEqual(['before you came']));
    expect(ben.incident).toMatchObject({ title: 'Complete API outage', control: { person: 'ana' } });
    ben.do({ do: 'note', text: 'I am here' });
    await eventually(() => expect(ana.notes(true)).toContain('I am here'));
    expect(ana.notes()).not.toContain('I am here');
    ben.do({ do: 'control', why: 'x' });
    await eventually(() =>
      expect(ben.said.at(-1)).toBe('your key is not admitted to this incident: ask ana to admit it (people)'),
    );
    ben.do({ do: 'key', key: ben.key, change: 'admitted', why: 'myself' });
    await eventually(() => expect(ben.said.at(-1)).toBe('ana is in control: take control first'));
    await admits(ana, ben);
    ben.do({ do: 'note', text: 'now it counts' });
    await eventually(() => expect(ana.notes()).toContain('now it counts'));
    for (const one of [ana, ben]) {
      const report = await verifyJournal(one.recorder.journal.state.directory);
      expect(report.ok && report.value.files.flatMap(({ problems }) => problems)).toEqual([]);
    }
  });

  test('who joins is admitted before writing anything', async () => {
    const { port } = await started();
    const ana = await cockpit('ana', port);
    ana.do(opens);
    await eventually(() => expect(ana.incident).toBeDefined());
    const ben = await cockpit('ben', port);
    ben.looks('INCIDENT');
    await eventually(() => expect(ana.said.at(-1)).toMatch(/^ben at .* has joined with the key/));
    ana.do({ do: 'key', key: ben.key, change: 'admitted', why: 'compared' });
    await eventually(() => expect(ben.incident?.keys.find(({ key }) => key === ben.key)?.state).toBe('admitted'));
    ben.do({ do: 'note', text: 'my first entry' });
    await eventually(() => expect(ana.notes()).toEqual(['my first entry']));
    expect(ana.incident?.keys.find(({ key }) => key === ben.key)?.host).toBe(ben.recorder.journal.writer.host);
  });

  test('a run of a cockpit that the relay does not reach is not recorded as ended', async () => {
    const { port } = await started();
    const proxy = await proxyTo(port);
    const [ana, ben] = [await cockpit('ana', port), await cockpit('ben', proxy.port)];
    ana.do(opens);
    await eventually(() => expect(ben.incident).toBeDefined());
    await admits(ana, ben);
    const run = {
      kind: 'action',
      run: '01J0000000000000000000RVNS',
      action: 'restart-deployment',
      target: 'api-gateway',
    } as const;
    await ana.recorder.journal.append({ ...run, phase: 'confirmed' }, ana.incident?.id);
    await eventually(() => expect(ben.incident?.runs).toHaveLength(1));
    await eventually(() => expect(ben.context?.here.some(({ session }) => session === ana.session)).toBe(true));
    await proxy.be('refuses');
    await eventually(() => expect(ben.context?.relay?.state).toBe('away'));
    expect(ben.context?.here.find(({ session }) => session === ana.session)).toMatchObject({ unheard: true });
    ben.do({ do: 'control', why: 'alone' }).do({ do: 'note', text: 'after' });
    await eventually(() => expect(ben.notes()).toContain('after'));
    expect(ben.incident?.runs[0]?.phase).toBe('confirmed');
  });

  test('a cockpit that starts while the relay is away knows neither who is in control nor that runs have ended', async () => {
    const { port } = await started();
    const proxy = await proxyTo(port);
    const [ana, before] = [await cockpit('ana', port), await cockpit('ben', proxy.port)];
    ana.do(opens);
    await eventually(() => expect(before.incident).toBeDefined());
    await admits(ana, before);
    const run = {
      kind: 'action',
      run: '01J0000000000000000000RVNS',
      action: 'restart-deployment',
      target: 'x',
    } as const;
    await ana.recorder.journal.append({ ...run, phase: 'confirmed' }, ana.incident?.id);
    await eventually(() => expect(before.incident?.runs).toHaveLength(1));
    await before.stop();
    await proxy.be('refuses');
    const ben = begun('ben', proxy.port, { directory: before.directory });
    const control = () => ben.context && ben.incident && controlNow(ben.context, ben.incident);
    await eventually(() => expect(ben.context?.relay?.state).toBe('away'));
    await eventually(() => expect(control()).toEqual({ state: 'unknown', last: 'ana' }));
    ben.do({ do: 'control', why: 'alone' });
    await eventually(() => expect(ben.said.join('\n')).toMatch(/^you are in control; the relay is away/m));
    expect(ben.incident?.runs[0]?.phase).toBe('confirmed');
    await proxy.be('works');
    await eventually(() => expect(ben.context?.here.map(({ name }) => name)).toContain('ana'));
    await eventually(() => expect(ana.incident?.control).toMatchObject({ person: 'ben' }));
    expect(ben.incident?.runs[0]?.phase).toBe('confirmed');
  });

  test('control is taken over with a higher number; the other is told at once, and may not act any more', async () => {
    const { port } = await started();
    const [ana, ben] = [await cockpit('ana', port), await cockpit('ben', port)];
    ana.do(opens);
    await eventually(() => expect(ben.incident).toBeDefined());
    await admits(ana, ben);
    expect(await ana.recorder.lostControl()).toBeUndefined();
    expect(ben.recorder.mayAct()).toBe('ana controls this incident: take control first');
    ben.do({ do: 'control', why: 'ana drives home' });
    await eventually(() => expect(ana.said.join('\n')).toMatch(/^ben took control of SEV1|^control lost: ben/m));
    await eventually(() => expect(ana.incident?.control).toMatchObject({ person: 'ben', fence: 2 }));
    expect(ana.recorder.mayAct()).toBe('ben controls this incident: take control first');
    expect(await ben.recorder.lostControl()).toBeUndefined();
    ana.do({ do: 'control', why: 'back' });
    await eventually(() => expect(ben.incident?.control).toMatchObject({ person: 'ana', fence: 3 }));
  });

  test('while the relay is away both say so and go on; of two in control the higher number counts, and nothing is lost', async () => {
    const { port } = await started();
    const [first, second] = [await proxyTo(port), await proxyTo(port)];
    const [ana, ben] = [await cockpit('ana', first.port), await cockpit('ben', second.port)];
    ana.do(opens);
    await eventually(() => expect(ben.incident).toBeDefined());
    await admits(ana, ben);
    await second.be('refuses');
    await eventually(() => expect(ben.context?.relay).toMatchObject({ state: 'away', unsent: 0 }));
    const alone = 'you are in control; the relay is away: whoever was in control may still act';
    ben.do({ do: 'control', why: 'nobody answers' });
    await eventually(() => expect(ben.said).toContain(alone));
    ben.do({ do: 'note', text: 'ben alone' });
    await eventually(() => expect(ben.notes()).toContain('ben alone'));
    await eventually(() => expect(ben.context?.relay?.unsent).toBeGreaterThanOrEqual(2));
    expect(await ben.recorder.lostControl()).toBeUndefined();
    await first.be('refuses');
    await eventually(() => expect(ana.context?.relay?.state).toBe('away'));
    expect(await ana.recorder.lostControl()).toBeUndefined();
    ana.do({ do: 'note', text: 'ana alone' });
    await eventually(() => expect(ana.notes()).toContain('ana alone'));
    await Promise.all([first.be('works'), second.be('works')]);
    await eventually(() => expect(ana.incident?.control).toMatchObject({ person: 'ben', fence: 2 }));
    await eventually(() => expect(ana.said.some((says) => /ben/.test(says) && /control/.test(says))).toBe(true));
    await eventually(() => expect(ana.recorder.mayAct()).toBe('ben controls this incident: take control first'));
    await eventually(async () => expect(await ben.recorder.lostControl()).toBeUndefined());
    await eventually(() => expect(ben.notes()).toContain('ana alone'));
    await eventually(() => expect(ben.notes()).toEqual(ana.notes()));
    await eventually(() => expect(ben.context?.relay).toMatchObject({ state: 'connected', unsent: 0 }));
  });

  test('of two who take control with the same number while apart one has it for everybody', async () => {
    const { port } = await started();
    const [first, second] = [await proxyTo(port), await proxyTo(port)];
    const [ana, ben, eve] = [
      await cockpit('ana', port),
      await cockpit('ben', first.port),
      await cockpit('eve', second.port),
    ];
    ana.do(opens);
    await eventually(() => expect([ben.incident, eve.incident]).not.toContain(undefined));
    await admits(ana, ben, eve);
    await Promise.all([first.be('refuses'), second.be('refuses')]);
    for (const one of [ben, eve]) await eventually(() => expect(one.context?.relay?.state).toBe('away'));
    for (const one of [ben, eve]) one.do({ do: 'control', why: 'alone' });
    for (const one of [ben, eve]) await eventually(() => expect(one.incident?.control.session).toBe(one.session));
    await Promise.all([first.be('works'), second.be('works')]);
    await eventually(() => {
      const sessions = [ana, ben, eve].map((one) => one.incident?.control.session);
      expect(new Set(sessions).size).toBe(1);
      const may = [ana, ben, eve].filter((one) => one.recorder.mayAct() === undefined);
      expect(may.map((one) => one.session)).toEqual([sessions[0]]);
    });
  });

  test('a cockpit that hung for longer than its lease has lost control, is told, and has it again only by taking it', async () => {
    const { port } = await started();
    let hangs = 0;
    const ana = await cockpit('ana', port, { screenWaits: () => hangs });
    ana.do(opens);
    await eventually(() => expect(ana.incident).toBeDefined());
    expect(await ana.recorder.lostControl()).toBeUndefined();
    hangs = 40_000;
    const lost = 'control lost: this cockpit did not respond for 40 s; take control again';
    await eventually(() => expect(ana.said).toContain(lost));
    expect(ana.context?.lost).toEqual({ why: 'hung', for: 40_000 });
    hangs = 0;
    expect(await ana.recorder.lostControl()).toBe(lost);
    ana.do({ do: 'severity', severity: 2, why: 'x' });
    await eventually(() => expect(ana.said.at(-1)).toBe(lost));
    ana.do({ do: 'control', why: 'back' });
    await eventually(() => expect(ana.incident?.control.fence).toBe(2));
    expect(await ana.recorder.lostControl()).toBeUndefined();
    await eventually(() => expect(ana.context?.lost).toBeUndefined());
  });

  test('one run for each target, on all hosts; a target whose run has ended is free again', async () => {
    const { port } = await started();
    const [ana, ben] = [await cockpit('ana', port), await cockpit('ben', port)];
    const take = (one: typeof ana) => one.recorder.shared?.targets.take('deployment/api-gateway', 'restart-deployment');
    const first = await take(ana);
    expect(first?.ok).toBe(true);
    expect(await take(ben)).toMatchObject({ ok: false, by: { name: 'ana', what: 'restart-deployment' } });
    if (first?.ok) await first.lease.release();
    expect((await take(ben))?.ok).toBe(true);
  });

  test('who left is not connected, and who is cut off does not answer; both leave control to the others', async () => {
    const { port } = await started();
    const proxy = await Middleman.before('127.0.0.1', port);
    try {
      const ana = await cockpit('ana', proxy.port);
      ana.do(opens);
      const ben = await cockpit('ben', port);
      await eventually(() => expect(ben.incident?.id).toBe(ana.incident?.id ?? 'open'));
      await admits(ana, ben);
      const seen = () => ben.context && ben.incident && controlNow(ben.context, ben.incident);
      await eventually(() => expect(seen()).toMatchObject({ state: 'held', by: { name: 'ana' } }));
      await proxy.be('deaf');
      await eventually(() => expect(seen()).toEqual({ state: 'free', last: 'ana', isSilent: true }));
      // Whoever starts later sees it, too.
      const eva = await cockpit('eva', port);
      await eventually(() => expect(eva.context?.silent).toEqual([ana.session]));
      await proxy.be('works');
      await eventually(() => expect(seen()).toMatchObject({ state: 'held', by: { name: 'ana' } }));
      await ana.stop();
      await eventually(() => expect(seen()).toEqual({ state: 'free', last: 'ana', isSilent: false }));
    } finally {
      await proxy.stop();
    }
  }, 120_000);

  test('who can be admitted by nobody opens an incident of their own; whoever comes back sees both', async () => {
    const { port } = await started();
    const ana = await cockpit('ana', port);
    ana.do(opens);
    const ben = await cockpit('ben', port);
    await eventually(() => expect(ben.incident?.id).toBe(ana.incident?.id ?? 'open'));
    const { id = '' } = ana.incident ?? {};
    await ana.stop();
    ben.do({ do: 'control', why: 'x' });
    await eventually(() => expect(ben.said.at(-1)).toContain('your key is not admitted'));
    expect(ben.recorder.mayAct()).toBe('ana controls this incident: take control first');
    ben.do({ do: 'open', severity: 1, why: `continues ${id}` });
    await eventually(() => expect(ben.incident).toMatchObject({ control: { person: 'ben' } }));
    expect(ben.incident?.id).not.toBe(id);
    expect(ben.recorder.mayAct()).toBe(undefined);
    // Of the other one nothing has changed.
    expect(ben.recorder.open.find((one) => one.id === id)).toMatchObject({ control: { person: 'ana' } });
    const eva = await cockpit('eva', port);
    await eventually(() =>
      expect(eva.recorder.open.map((one) => [one.control.person, one.severities[0]?.why])).toEqual(
        expect.arrayContaining([
          ['ana', 'all requests answer 5xx'],
          ['ben', `continues ${id}`],
        ]),
      ),
    );
    ben.do(opens);
    await eventually(() => expect(ben.said.join('\n')).toContain('is already open'));
    const report = await verifyJournal(ben.recorder.journal.state.directory);
    expect(report.ok && report.value.files.flatMap(({ problems }) => problems)).toEqual([]);
  });

  test('who is connected, what they look at, and that they left is seen by the others', async () => {
    const { port } = await started();
    const [ana, ben] = [await cockpit('ana', port), await cockpit('ben', port)];
    ben.looks('DATABASE');
    await eventually(() =>
      expect(ana.context?.here.map(({ name, screen }) => [name, screen])).toEqual([
        ['ana', undefined],
        ['ben', 'DATABASE'],
      ]),
    );
    await ben.stop();
    await eventually(() => expect(ana.context?.here.map(({ name }) => name)).toEqual(['ana']));
  });

  test('a flood of entries of strangers is bounded, and those of admitted people still come', async () => {
    const { port } = await started();
    const [ana, ben, mallory] = [
      await cockpit('ana', port),
      await cockpit('ben', port),
      await cockpit('mallory', port),
    ];
    ana.do(opens);
    await eventually(() => expect([ben.incident, mallory.incident]).not.toContain(undefined));
    await admits(ana, ben);
    for (let n = 0; n < 250; n += 1) mallory.do({ do: 'note', text: `flood ${n}` });
    // Each is flushed to disk: a busy machine takes its time.
    await vi.waitFor(() => expect(mallory.notes(true).length).toBeGreaterThanOrEqual(250), { timeout: 100_000 });
    ben.do({ do: 'note', text: 'it works' });
    await eventually(() => expect(ana.notes()).toContain('it works'));
    await eventually(() => expect(ana.context?.relay?.refused).toBeGreaterThan(0));
    expect(ana.notes(true).filter((text) => text.startsWith('flood')).length).toBeLessThanOrEqual(200);
    expect(ana.notes().filter((text) => text.startsWith('flood'))).toEqual([]);
  });
});
