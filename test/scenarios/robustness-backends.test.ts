// Each backend lives and dies alone: whatever one does, the screen says it in words, the others stay fresh, and it
// comes back by itself. The cockpit is the real one, in a terminal; between it and each server stands a proxy.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Drill } from '../../simulator/drill.ts';
import { drillOf } from '../support/drill.ts';
import { type Manner, type Middle, standBetween } from '../support/proxy.ts';
import { TerminalUnderTest } from '../support/terminal.ts';

const backends = ['gateway', 'kubernetes', 'primary', 'replica', 'redis'] as const;
type Backend = (typeof backends)[number];

/** Looks follow each other quickly, so that a test need not wait for what an on-call has time for. The gateway's cannot. */
const quick = {
  BENTHAM_INTERVALS_DATABASE: '500',
  BENTHAM_INTERVALS_REDIS: '500',
  BENTHAM_INTERVALS_STUDIES: '500',
  BENTHAM_INTERVALS_SURFACES: '500',
  BENTHAM_INTERVALS_TIMEOUT: '1500',
};

let drill: Drill;
let middle: Middle;
let terminal: TerminalUnderTest;

beforeAll(async () => {
  drill = await drillOf('calm');
  middle = await standBetween(drill.environment);
  terminal = new TerminalUnderTest({ columns: 160, rows: 44, environment: { ...middle.environment, ...quick } });
});
afterAll(async () => {
  await terminal?.close();
  await middle?.stop();
  await drill?.stop();
});

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

const sees = (backend: Backend, manner: Manner) => terminal.shows(row(backend, ...said(backend, manner)), patience);

/** It has answered since now, and the screen shows it as fine. */
async function fresh(backend: Backend): Promise<void> {
  const before = middle.proxies[backend].answered;
  await expect.poll(() => middle.proxies[backend].answered, { timeout: patience }).toBeGreaterThan(before);
  await sees(backend, 'works');
}

test('at the start all backends answer', async () => {
  await Promise.all(backends.map(fresh));
  await terminal.shows(/2 PODS .* 11\/11 ready/);
});

/** What the other panes show while their backend is away. */
const panes: Partial<Record<Backend, RegExp>> = {
  kubernetes: /2 PODS .* unreachable[\s\S]* kubernetes: /,
  primary: /4 SURFACES .* unreachable[\s\S]* database: [\s\S]*5 STUDIES .* unreachable[\s\S]* database: /,
  redis: /\? Redis memory .* ago/,
};

test.each(backends)(
  '%s freezes alone, and recovers',
  async (frozen) => {
    const others = backends.filter((one) => one !== frozen);
    await middle.proxies[frozen].be('freezes');
    await sees(frozen, 'freezes');
    await terminal.shows(panes[frozen] ?? /last answer/);
    await Promise.all(others.map(fresh));
    // All at once; a single look of a busy machine may take longer than it has.
    const wellAtOnce = () => others.every((other) => row(other, '✓', '').test(terminal.text));
    await expect.poll(wellAtOnce, { timeout: patience }).toBe(true);
    await middle.proxies[frozen].be('works');
    await fresh(frozen);
    await terminal.hides(/ unreachable \d/, patience);
  },
  300_000,
);

describe('each backend fails in another way, all at once and in turn', () => {
  const manners = ['refuses', 'freezes', 'resets', 'babbles', 'works'] as const;
  // The gateway freezes in its own test: here it has a round to be asked in before it fails in another way.
  const ofGateway = ['refuses', 'refuses', 'resets', 'resets', 'babbles'] as const;
  const mannerOf = (backend: number, round: number) =>
    (backends[backend] === 'gateway' ? ofGateway[round] : manners[(backend + round) % manners.length]) ?? 'works';

  test.each(manners.map((_, round) => [round + 1, round] as const))(
    'round %i',
    async (_, round) => {
      for (const [at, backend] of backends.entries())
        if (round === 0 || mannerOf(at, round) !== mannerOf(at, round - 1))
          await middle.proxies[backend].be(mannerOf(at, round));
      // What was tried a while ago is tried again now, as an on-call would.
      terminal.press('R');
      await Promise.all(backends.map((backend, at) => sees(backend, mannerOf(at, round))));
    },
    300_000,
  );

  test('all recover automatically', async () => {
    await Promise.all(Object.values(middle.proxies).map((proxy) => proxy.be('works')));
    await Promise.all(backends.map(fresh));
    await terminal.shows(/✓ OK /, patience);
    expect(terminal.raw).not.toContain('\u001b]0;');
  }, 300_000);
});

test('a slow network is no fault', async () => {
  await Promise.all(Object.values(middle.proxies).map((proxy) => proxy.be('crawls')));
  await Promise.all((['gateway', 'kubernetes', 'redis'] as const).map(fresh));
  await terminal.shows(/✓ redis .* [1-9]\d\d ms/);
});

test('connections that die silently are replaced', async () => {
  await Promise.all(Object.values(middle.proxies).map((proxy) => proxy.be('works')));
  await Promise.all(backends.map(fresh));
  // The gateway is asked by a new connection each time; what else is asked keeps one.
  middle.proxies.gateway.vanish();
  for (const backend of ['kubernetes', 'primary', 'replica', 'redis'] as const)
    expect(middle.proxies[backend].vanish(), backend).toBeGreaterThan(0);
  await Promise.all(backends.map(fresh));
  // A watch is silent where nothing changes: only that it does not end in time tells that it is dead.
  const executor = drill.kubernetes.store.get('deployments', 'bentham-prod', 'executor');
  if (!executor) throw new Error('the drill has an executor');
  drill.kubernetes.store.put('deployments', { ...executor, spec: { ...executor.spec, replicas: 7 } } as never);
  await terminal.shows(/2 PODS .* 12\/12 ready/, 100_000);
}, 300_000);
