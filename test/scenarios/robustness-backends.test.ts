// Each backend lives and dies alone: whatever one does, the screen says it in words, the others stay fresh, and it
// comes back by itself. The cockpit is the real one, in a terminal; between it and each server stands a proxy. Each test
// has a cockpit of its own: they wait more than they compute, and wait at the same time.
import path from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import type { Drill } from '../../simulator/drill.ts';
import { drillOf } from '../support/drill.ts';
import { type Manner, standBetween } from '../support/proxy.ts';
import { TerminalUnderTest } from '../support/terminal.ts';

const backends = ['gateway', 'kubernetes', 'primary', 'replica', 'redis'] as const;
type Backend = (typeof backends)[number];

/** Looks follow each other quickly, so that a test need not wait for what an on-call has time for. The gateway's cannot. */
const quick = {
  BENTHAM_INTERVALS_DATABASE: '1000',
  BENTHAM_INTERVALS_REDIS: '1000',
  BENTHAM_INTERVALS_STUDIES: '2000',
  BENTHAM_INTERVALS_SURFACES: '2000',
  BENTHAM_INTERVALS_TIMEOUT: '1500',
};

let drill: Drill;
beforeAll(async () => {
  drill = await drillOf('calm');
});
afterAll(() => drill?.stop());

const garbled: Record<Backend, string> = {
  gateway: 'answer is not HTTP',
  kubernetes: 'does not speak TLS',
  primary: 'not a PostgreSQL answer',
  replica: 'not a PostgreSQL answer',
  redis: 'not a Redis answer',
};

/** A backend's row of the HEALTH pane: its glyph, its name, its verdict where there is room, and what it says. */
const row = (backend: Backend, glyph: string, says: string) =>
  new RegExp(
    `^[ ▌▸]{1,2}${glyph} ${backend === 'kubernetes' ? 'cluster' : backend} +(?:(?:ok|warning|critical|unknown) +)?${says}`,
    'm',
  );

/** In full where it fits, else in a word. */
const said = (backend: Backend, manner: Manner): [glyph: string, says: string] => {
  if (manner === 'refuses') return ['●', '(connection )?refused'];
  if (manner === 'freezes') return ['\\?', '(timed out|no answer)'];
  if (manner === 'resets') return ['\\?', '(connection (reset|cut|closed)|unreachable)'];
  if (manner === 'babbles') return ['\\?', `(${garbled[backend]}|unreadable)`];
  return ['✓', ''];
};

/** The gateway is asked at most six times a minute: a look may have to wait for its turn. */
const patience = 100_000;

/** What a test asserts while others run beside it: `expect.poll` belongs to the one that began last. */
const becomes = (so: () => void) => vi.waitFor(so, { timeout: patience, interval: 25 });

/** A cockpit behind proxies, with a journal of its own: nobody else has asked what it may ask of the gateway. */
async function opened() {
  const { proxies, environment, stop } = await standBetween(drill.environment);
  const journal = { BENTHAM_JOURNAL_DIRECTORY: path.join(path.dirname(environment.KUBECONFIG ?? ''), 'journal') };
  const terminal = new TerminalUnderTest({
    columns: 160,
    rows: 44,
    environment: { ...environment, ...quick, ...journal },
  });
  const be = (manner: Manner, ...which: readonly Backend[]) =>
    Promise.all(which.map((backend) => proxies[backend].be(manner)));
  const sees = (backend: Backend, manner: Manner) => terminal.shows(row(backend, ...said(backend, manner)), patience);
  /** They have answered since now, and the screen shows them as fine. */
  const fresh = (...which: readonly Backend[]) =>
    Promise.all(
      which.map(async (backend) => {
        const before = proxies[backend].answered;
        await becomes(() => expect(proxies[backend].answered).toBeGreaterThan(before));
        await sees(backend, 'works');
      }),
    );
  const close = async () => {
    await terminal.close();
    await stop();
  };
  return { proxies, terminal, be, sees, fresh, close };
}

/** A test on a cockpit that shows all backends as fine. */
const onFine =
  <T extends unknown[]>(use: (cockpit: Awaited<ReturnType<typeof opened>>, ...of: T) => Promise<void>) =>
  async (...of: T) => {
    const cockpit = await opened();
    try {
      for (const backend of backends) await cockpit.sees(backend, 'works');
      await use(cockpit, ...of);
    } finally {
      await cockpit.close();
    }
  };

/** What the other panes show while their backend is away. */
const panes: Partial<Record<Backend, RegExp>> = {
  kubernetes: /2 PODS .* unreachable[\s\S]* kubernetes: /,
  primary: /4 SURFACES .* unreachable[\s\S]* database: [\s\S]*5 STUDIES .* unreachable[\s\S]* database: /,
  redis: /\? Redis memory .* ago/,
};

test.concurrent.each(backends)(
  '%s freezes alone, and recovers',
  onFine(async ({ terminal, be, sees, fresh }, frozen: Backend) => {
    const others = backends.filter((one) => one !== frozen);
    await be('freezes', frozen);
    await sees(frozen, 'freezes');
    await terminal.shows(panes[frozen] ?? /last answer/);
    await fresh(...others);
    // All at once; a single look of a busy machine may take longer than it has.
    const wellAtOnce = () => others.every((other) => row(other, '✓', '').test(terminal.text));
    await becomes(() => expect(wellAtOnce()).toBe(true));
    await be('works', frozen);
    await fresh(frozen);
    await terminal.hides(/ unreachable \d/, patience);
  }),
  300_000,
);

const manners = ['refuses', 'freezes', 'resets', 'babbles', 'works'] as const;
// The gateway freezes in its own test: here it has few requests, and fails in one way in each round.
const ofGateway = ['refuses', 'refuses', 'resets', 'resets', 'babbles'] as const;
const others = backends.filter((backend) => backend !== 'gateway');
const mannerOf = (at: number, round: number) => manners[(at + round) % manners.length] ?? 'works';

test.concurrent.each(ofGateway.map((manner, round) => [round + 1, round, manner] as const))(
  'round %i: each backend fails in another way, all at once, then in another one; all recover automatically',
  onFine(async ({ terminal, be, sees, fresh }, _: number, round: number, ofGateway: Manner) => {
    const fail = (now: number) => Promise.all(others.map((backend, at) => be(mannerOf(at + 1, now), backend)));
    const failing = (now: number) => Promise.all(others.map((backend, at) => sees(backend, mannerOf(at + 1, now))));
    await Promise.all([be(ofGateway, 'gateway'), fail(round)]);
    // What was tried a while ago is tried again now, as an on-call would.
    terminal.press('R');
    // What it may be asked in a minute would be used up soon: it works again as soon as it was seen.
    const gateway = sees('gateway', ofGateway)
      .then(() => be('works', 'gateway'))
      .then(() => fresh('gateway'));
    await failing(round);
    await fail(round + 1);
    await failing(round + 1);
    await be('works', ...others);
    await Promise.all([gateway, fresh(...others)]);
    await terminal.shows(/✓ OK /, patience);
    expect(terminal.raw).not.toContain('\u001b]0;');
  }),
  300_000,
);

test.concurrent(
  'a slow network is no fault',
  onFine(async ({ terminal, be, fresh }) => {
    await be('crawls', ...backends);
    await fresh('gateway', 'kubernetes', 'redis');
    await terminal.shows(/✓ redis .* [1-9]\d\d ms/);
  }),
  300_000,
);

test(
  'connections that die silently are replaced',
  onFine(async ({ proxies, terminal, fresh }) => {
    await terminal.shows(/2 PODS .* 11\/11 ready/);
    // The gateway is asked by a new connection each time; what else is asked keeps one.
    proxies.gateway.vanish();
    for (const backend of others) expect(proxies[backend].vanish(), backend).toBeGreaterThan(0);
    await fresh(...backends);
    // A watch is silent where nothing changes: only that it does not end in time tells that it is dead.
    const { store } = drill.kubernetes;
    const executor = store.get('deployments', 'bentham-prod', 'executor');
    if (!executor) throw new Error('the drill has an executor');
    store.put('deployments', { ...executor, spec: { ...executor.spec, replicas: 7 } } as never);
    onTestFinished(() => void store.put('deployments', executor as never));
    await terminal.shows(/2 PODS .* 12\/12 ready/, 100_000);
  }),
  300_000,
);
