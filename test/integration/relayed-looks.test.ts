// Cockpits of one incident share a look over its relay: on a real Redis and on the embedded relay. A value here is a
// number that the asker counts up, so that each answer says who asked when.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { startRelayServer } from '../../simulator/redis/relay-server.ts';
import { newKey, type Signer } from '../../src/data/journal/signature.ts';
import { reachOf } from '../../src/data/reach.ts';
import { RelayLink } from '../../src/data/relay/link.ts';
import type { LookCarrier } from '../../src/data/shared-looks/look-carrier.ts';
import { digestOf, type LookNote, signedNote } from '../../src/data/shared-looks/look-note.ts';
import type { LookCheck, Reach } from '../../src/data/shared-looks/own-check.ts';
import { RelayedLooks } from '../../src/data/shared-looks/relayed-looks.ts';
import { eventually } from '../support/eventually.ts';
import { Middleman } from '../support/proxy.ts';
import { endRedis, installed, started } from '../support/redis-server.ts';
import { client, endRelays, nextId, relayAt } from '../support/relay.ts';

const every = 3000;
const timeout = 1000;
const look = 'a'.repeat(32);
const value = z.strictObject({ number: z.number(), texts: z.array(z.string()) });
type Value = z.infer<typeof value>;

const open: { end(): Promise<unknown> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.end()));
  await endRelays();
  await endRedis();
});

type Changes = {
  name?: string;
  admits?: (key: string) => boolean;
  fails?: () => boolean;
  skew?: number;
  texts?: string[];
  check?: LookCheck<Value>;
};

/** A cockpit on a host of its own; its reads are counted. */
function cockpit(port: number, who: string, { name = look, admits = () => true, skew = 0, ...more }: Changes = {}) {
  const { signer } = newKey();
  const link = new RelayLink(relayAt(port), () => {});
  link.start((up) => new Promise((resolve) => up.signal.addEventListener('abort', () => resolve(), { once: true })));
  const session = nextId();
  const carrier: LookCarrier = {
    root: relayAt(port).root,
    readOnly: false,
    hosts: () => 100,
    clock: () => link.clock + made.skew,
    self: () => ({ session, name: who, host: `host of ${who}`, signer }),
    isAdmitted: admits,
    ask: (what) => {
      made.asks += 1;
      return link.attempt(what, 2000);
    },
  };
  const relayed = new RelayedLooks<Value>(
    { fact: 'test', parts: [], value, every, timeout, check: more.check },
    { carrier: () => carrier, name: () => name },
  );
  const made = { signer, session, relayed, link, skew, reads: 0, asks: 0, end: async () => link.stop() };
  open.push(made);
  const texts = more.texts ?? [];
  /** One turn, as a source takes it: the answer, and who asked. */
  const turn = async (): Promise<{ by: string; number: number }> => {
    const told = await relayed.await(new AbortController().signal);
    if (told?.result.ok) return { by: told.by, number: told.result.value.number };
    const asked = Date.now();
    made.reads += 1;
    const result = more.fails?.()
      ? { ok: false as const, fault: { kind: 'timeout' as const, where: '', what: '', hint: '' } }
      : { ok: true as const, value: { number: asked, texts } };
    await relayed.publish({ asked, at: Date.now(), next: Date.now() + every, result });
    return { by: 'self', number: asked };
  };
  return Object.assign(made, { turn, isUp: () => eventually(() => expect(link.state.state).toBe('connected')) });
}

const until = (at: number) => new Promise((resolve) => setTimeout(resolve, Math.max(0, at - Date.now())));

/** What a stranger or an admitted person writes there. */
async function writes(port: number, part: 'turn' | 'note', text: string, answer?: string) {
  const there = await client(relayAt(port));
  const key = `${relayAt(port).root}:look:${look}`;
  await there.set(`${key}:${part}`, text, 'PX', 60_000);
  if (answer !== undefined) await there.set(`${key}:answer`, answer, 'PX', 60_000);
}

const forged = JSON.stringify({ value: { number: 424_242, texts: ['forged'] } });
function noteOf(signer: Signer, change: Partial<LookNote> = {}, at = Date.now()) {
  const answer = { at, next: at + every, digest: digestOf(forged) };
  return signedNote({ look, session: nextId(), name: 'x', host: 'y', asked: at - 5, answer, ...change }, signer);
}

describe.each([
  ['the embedded relay', true],
  ['redis-server', installed],
] as const)('over %s', (engine, isThere) => {
  const relay = async () => {
    if (engine === 'redis-server') return (await started()).port;
    const server = await startRelayServer();
    open.push({ end: () => server.stop() });
    return server.port;
  };

  test.runIf(isThere)('one asks, and the others take its answer with its real time', async () => {
    const port = await relay();
    const [ana, ben, eva] = ['ana', 'ben', 'eva'].map((who) => cockpit(port, who)) as [Cockpit, Cockpit, Cockpit];
    for (const one of [ana, ben, eva]) await one.isUp();
    const first = await ana.turn();
    expect(first.by).toBe('self');
    expect(await ben.turn()).toEqual({ by: 'ana on host of ana', number: first.number });
    expect(await eva.turn()).toEqual({ by: 'ana on host of ana', number: first.number });
    // Nobody is told the same twice: the next look is another one, and one of them asks for all.
    await until(first.number + every);
    const next = await Promise.all([ana.turn(), ben.turn(), eva.turn()]);
    expect(new Set(next.map(({ number }) => number)).size).toBe(1);
    expect(next[0]?.number).toBeGreaterThan(first.number);
    expect(ana.reads + ben.reads + eva.reads).toBe(2);
  });

  test.runIf(isThere)('nor where the clock is moved between two looks', async () => {
    const port = await relay();
    const [ana, ben] = [cockpit(port, 'ana'), cockpit(port, 'ben')];
    for (const one of [ana, ben]) await one.isUp();
    const { number } = await ana.turn();
    expect(await ben.turn()).toEqual({ by: 'ana on host of ana', number });
    ben.skew = -50;
    expect((await ben.turn()).by).toBe('self');
  });

  test.runIf(isThere)('who was told the last time asks the relay once for the next answer', async () => {
    const port = await relay();
    const [ana, ben] = [cockpit(port, 'ana'), cockpit(port, 'ben')];
    for (const one of [ana, ben]) await one.isUp();
    const asks: number[] = [];
    for (let look = 0; look < 3; look++) {
      const { number } = await ana.turn();
      const before = ben.asks;
      expect(await ben.turn()).toEqual({ by: 'ana on host of ana', number });
      asks.push(ben.asks - before);
      await until(number + every);
    }
    expect(asks).toEqual([2, 1, 1]);
  });

  test.runIf(isThere)('who waits for an asker that was killed asks within its time', async () => {
    const port = await relay();
    const [ana, ben] = [cockpit(port, 'ana'), cockpit(port, 'ben')];
    await ana.isUp();
    await ben.isUp();
    // It takes the turn and never answers.
    expect(await ana.relayed.await(new AbortController().signal)).toBeUndefined();
    await ana.link.stop();
    expect((await ben.turn()).by).toBe('self');
  });

  test.runIf(isThere)('a relay that is away keeps nobody from asking', async () => {
    const server = await startRelayServer();
    const ana = cockpit(server.port, 'ana');
    await ana.isUp();
    await server.stop();
    expect((await ana.turn()).by).toBe('self');
    expect((await ana.turn()).by).toBe('self');
  });

  test.runIf(isThere)('a fault is no answer: the others ask themselves', async () => {
    const port = await relay();
    const [ana, ben] = [cockpit(port, 'ana', { fails: () => true }), cockpit(port, 'ben')];
    await ana.isUp();
    await ben.isUp();
    await ana.turn();
    expect((await ben.turn()).by).toBe('self');
  });

  test.runIf(isThere)('another target, too long an answer and a wrong clock are not shared', async () => {
    const port = await relay();
    const ana = cockpit(port, 'ana');
    const other = cockpit(port, 'ben', { name: 'b'.repeat(32) });
    const skewed = cockpit(port, 'eva', { skew: 10_000 });
    for (const one of [ana, other, skewed]) await one.isUp();
    await ana.turn();
    expect((await other.turn()).by).toBe('self');
    expect((await skewed.turn()).by).toBe('self');
    await until(Date.now() + every);
    const long = cockpit(port, 'zoe', { texts: Array.from({ length: 100 }, (_, i) => `${i} `.repeat(500)) });
    await long.isUp();
    await long.turn();
    const last = cockpit(port, 'max');
    await last.isUp();
    expect((await last.turn()).by).toBe('self');
  });

  test.runIf(isThere)(
    'of those that are told, who looked itself longest ago comes first to the next look',
    async () => {
      const port = await relay();
      const check = { verdict: () => 'the same', within: 60_000 };
      const [ana, ben, eva] = ['ana', 'ben', 'eva'].map((who) => cockpit(port, who, { check })) as [
        Cockpit,
        Cockpit,
        Cockpit,
      ];
      for (const one of [ana, ben, eva]) await one.isUp();
      const looked = ({ relayed }: Cockpit, ago: number) => {
        const at = Date.now() - ago;
        const result = { ok: true as const, value: { number: at, texts: [] } };
        return relayed.publish({ asked: at, at, next: at + every, result });
      };
      await looked(ana, 40_000);
      await looked(ben, 0);
      await until(Date.now() + 2);
      await looked(eva, 0);
      const told = await Promise.all([ana, ben].map(({ relayed }) => relayed.await(new AbortController().signal)));
      expect(told.map((look) => look?.by)).toEqual(['eva on host of eva', 'eva on host of eva']);
      const [anas = 0, bens = 0] = told.map((look) => look?.rest);
      // Two thirds of the most, 300 ms.
      expect(bens - anas).toBeGreaterThan(100);
    },
  );

  test.runIf(isThere)('who is told tries its own way first, and asks itself where that fails', async () => {
    const port = await relay();
    const server = createServer((_, response) => response.end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    open.push({ end: () => new Promise((done) => server.close(done)) });
    const way = await Middleman.before('127.0.0.1', (server.address() as AddressInfo).port);
    open.push({ end: () => way.stop() });
    const reach = { ...reachOf(new URL(`http://127.0.0.1:${way.port}`), timeout), every: () => 0 } as Reach;
    const check = { verdict: () => 'the same', within: 60_000 };
    const [ana, ben] = [cockpit(port, 'ana', { check }), cockpit(port, 'ben', { check: { ...check, reach } })];
    for (const one of [ana, ben]) await one.isUp();
    for (const one of [ben, ana]) expect((await one.turn()).by).toBe('self');
    await until(Date.now() + every);
    expect((await ana.turn()).by).toBe('self');
    expect((await ben.turn()).by).toBe('ana on host of ana');
    await until(Date.now() + every);
    await way.be('refuses');
    expect((await ana.turn()).by).toBe('self');
    expect((await ben.turn()).by).toBe('self');
  });

  test.runIf(isThere)('nothing is kept for long', async () => {
    const port = await relay();
    const ana = cockpit(port, 'ana');
    await ana.isUp();
    await ana.turn();
    const there = await client(relayAt(port));
    const left = async (part: string) => Number(await there.pttl(`${relayAt(port).root}:look:${look}:${part}`));
    for (const part of ['note', 'answer']) {
      expect(await left(part)).toBeGreaterThan(0);
      expect(await left(part)).toBeLessThanOrEqual(every * 2 + 1000);
    }
    expect(await left('turn')).toBe(-2);
  });

  const strange = newKey().signer;
  const admitted = newKey().signer;
  const lies: readonly [string, () => string, string?][] = [
    ['of a key that nobody admitted', () => noteOf(strange)],
    ['of an old instant', () => noteOf(admitted, {}, Date.now() - every * 2)],
    ['of the future', () => noteOf(admitted, {}, Date.now() + 60_000)],
    ['about another look', () => noteOf(admitted, { look: 'c'.repeat(32) })],
    ['that was changed after it was signed', () => noteOf(admitted).replace('"name', '"Name')],
    ['changed in its name', () => noteOf(admitted).replace('x\\"', 'z\\"')],
    ['with another answer than it signed', () => noteOf(admitted), forged.replace('424242', '434343')],
    ['that is no JSON', () => 'look'],
    ['of a megabyte', () => noteOf(admitted).padEnd(1_000_000)],
  ];
  describe.each([
    ['of a server that says who it is', false],
    ['of a server that each host checks itself', true],
  ])('a note %s', (_, checks) => {
    /** One that has looked itself where it checks. */
    const cockpitThere = async () => {
      const port = await relay();
      const check = checks ? { verdict: () => 'well', within: 60_000 } : undefined;
      const ana = cockpit(port, 'ana', { admits: (key) => key !== strange.id, check });
      await ana.isUp();
      if (checks) await ana.turn();
      // A note of the same millisecond would be no news.
      await until(Date.now() + 2);
      return { port, ana };
    };

    test.runIf(isThere).each(lies)('%s has no effect', async (_, lie, answer = forged) => {
      const { port, ana } = await cockpitThere();
      await writes(port, 'note', lie(), answer);
      expect((await ana.turn()).by).toBe('self');
    });

    test.runIf(isThere)('by an admitted key brings no control characters', async () => {
      const { port, ana } = await cockpitThere();
      const told = JSON.stringify({ value: { number: 1, texts: ['\u001b]0;evil\u0007\u202eok'] } });
      const at = Date.now();
      const answer = { at, next: at + every, digest: digestOf(told) };
      await writes(port, 'note', noteOf(admitted, { name: '\u001b[31mx', answer }), told);
      const look = await ana.relayed.await(new AbortController().signal);
      if (!look?.result.ok) throw new Error('it was not taken');
      expect(`${look.by} ${look.result.value.texts.join()}`).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      expect(look.result.value.texts.join()).toContain('ok');
    });
  });

  test.runIf(isThere)('the same note by an admitted key counts, a stranger’s turn keeps nobody waiting', async () => {
    const port = await relay();
    const admits = (key: string) => key !== strange.id;
    const ana = cockpit(port, 'ana', { admits });
    await ana.isUp();
    await writes(port, 'turn', noteOf(strange, { answer: undefined }));
    await writes(port, 'note', noteOf(admitted), forged);
    expect(await ana.turn()).toEqual({ by: 'x on y', number: 424_242 });
    // It was taken once: the same again is no news, and the stranger's turn is replaced.
    expect((await ana.turn()).by).toBe('self');
    const ben = cockpit(port, 'ben', { admits });
    await ben.isUp();
    expect((await ben.turn()).by).toBe('ana on host of ana');
  });
});

type Cockpit = ReturnType<typeof cockpit>;
