// A relay that lies in its answers, or a network that does: it drops, repeats, reorders, changes and forges. All it gets is
// a delay.
import { ulid } from 'ulid';
import { afterEach, describe, expect, test } from 'vitest';
import { newKey } from '../../src/data/journal/signature.ts';
import { verifyJournal } from '../../src/data/journal/verify.ts';
import { eventually } from '../support/eventually.ts';
import { numbers } from '../support/hostile.ts';
import { lineOf } from '../support/lines.ts';
import { type Lies, LyingRelay } from '../support/lying-relay.ts';
import { endRedis, installed, started } from '../support/redis-server.ts';
import { admits, cockpit, endCockpits, opens, type RelayCockpit } from '../support/relay-cockpits.ts';
import type { Resp } from '../support/resp.ts';

const relays: LyingRelay[] = [];

afterEach(async () => {
  await endCockpits();
  await Promise.all(relays.splice(0).map((one) => one.stop()));
  await endRedis();
});

/** Three cockpits, each behind a man in the middle of its own. */
async function room(port: number): Promise<readonly [RelayCockpit, RelayCockpit, RelayCockpit]> {
  const between = async (name: string) => {
    const relay = await LyingRelay.before(port);
    relays.push(relay);
    return cockpit(name, relay.port);
  };
  const [ana, ben, eve] = [await between('ana'), await between('ben'), await between('eve')];
  ana.do(opens);
  for (const one of [ben, eve]) await eventually(() => expect(one.incident).toBeDefined());
  await admits(ana, ben, eve);
  return [ana, ben, eve];
}

const lie = (lies: Lies) => {
  for (const relay of relays) relay.lies = lies;
};

const stranger = newKey().signer;
const bulk = (text: string): Resp => ({ bulk: text });
const entryOf = (id: string, line: string): Resp => ({
  mark: '*',
  list: [bulk(id), { mark: '*', list: [bulk('line'), bulk(line)] }],
});

/** Whether a value is an entry of a stream: an id, and fields. */
const isEntry = (value: Resp): value is Extract<Resp, { list: Resp[] }> =>
  'list' in value &&
  value.list.length === 2 &&
  value.list[0] !== undefined &&
  'bulk' in value.list[0] &&
  /^\d+-\d+$/.test(value.list[0].bulk);

/** Changes every list of entries within an answer. */
function withEntries(value: Resp, change: (entries: Resp[]) => Resp[]): Resp {
  if (!('list' in value)) return value;
  if (value.list.some(isEntry)) return { ...value, list: change(value.list) };
  return { ...value, list: value.list.map((one) => withEntries(one, change)) };
}

/** Lies about everything that carries entries, by chance. */
function liar(incident: string, told: { lies: number }): Lies {
  const random = numbers(17);
  const chance = (share: number) => random() < share && ++told.lies > 0;
  const forged = () =>
    [
      lineOf({ kind: 'resolved', why: 'all is well' }, incident, stranger),
      lineOf({ kind: 'wheel', session: ulid(), person: 'mallory', fence: 900 }, incident, stranger),
      lineOf({ kind: 'opened', title: 'No outage', severity: 4, why: 'x' }, incident, stranger),
      '{"v":2}',
    ][Math.floor(random() * 4)] ?? '';
  const changed = (entry: Resp): Resp => {
    const [id, fields] = isEntry(entry) ? entry.list : [];
    const [name, line] = fields && 'list' in fields ? fields.list : [];
    if (!id || !name || !line || !('bulk' in line)) return entry;
    const at = Math.floor(random() * line.bulk.length);
    const text = `${line.bulk.slice(0, at)}x${line.bulk.slice(at + 1)}`;
    return { mark: '*', list: [id, { mark: '*', list: [name, bulk(text)] }] };
  };
  const mangled = (entries: Resp[]): Resp[] => {
    const kept = entries.flatMap((entry) => {
      if (chance(0.3)) return [];
      if (chance(0.2)) return [entry, entry];
      return [chance(0.2) ? changed(entry) : entry];
    });
    const more = chance(0.3) ? [...kept, entryOf('99999999999999-0', forged())] : kept;
    return chance(0.3) ? more.toReversed() : more;
  };
  return {
    swallows: ([name = '']) => (name.toUpperCase() === 'XADD' && chance(0.3) ? bulk('1-1') : undefined),
    repeats: ([name = '']) => name.toUpperCase() === 'XADD' && chance(0.2),
    answers: ([name = ''], answer) => {
      if (/^(xrange|xread|xrevrange)$/i.test(name)) return withEntries(answer, mangled);
      if (/^xlen$/i.test(name) && chance(0.3)) return { line: `:${Math.floor(random() * 50)}` };
      return answer;
    },
  };
}

describe.skipIf(!installed)('with redis-server', () => {
  test('dropped, repeated, reordered, changed and forged entries delay what is true, and nothing else', async () => {
    const { port } = await started();
    const all = await room(port);
    const [ana, ben] = all;
    const incident = ana.incident?.id ?? '';
    const told = { lies: 0 };
    lie(liar(incident, told));
    const before = ana.notes().length;
    const texts: string[] = [];
    for (let n = 0; n < 40; n += 1)
      for (const one of all) {
        const text = `${n} of ${one.recorder.journal.writer.name}`;
        texts.push(text);
        one.do({ do: 'note', text });
        await eventually(() => expect(one.notes()).toContain(text));
      }
    expect(told.lies).toBeGreaterThan(40);
    for (const one of all) {
      expect(new Set(one.notes()).size).toBe(one.notes().length);
      expect(one.incident).toMatchObject({ title: 'Complete API outage', control: { session: ana.session } });
      expect(one.incident?.resolvedAt).toBeUndefined();
    }
    lie({});
    for (const one of all) await eventually(() => expect(one.notes().toSorted()).toEqual(ana.notes().toSorted()));
    expect(ana.notes().slice(before).toSorted()).toEqual(texts.toSorted());
    expect(ben.notes()).toEqual(ana.notes());
    for (const one of all) {
      const report = await verifyJournal(one.recorder.journal.state.directory);
      expect(report.ok && report.value.files.flatMap(({ problems }) => problems)).toEqual([]);
    }
  });

  test('a relay that grants one lease to two leaves one in control, by the signed numbers', async () => {
    const { port } = await started();
    const [ana, ben, eve] = await room(port);
    // Nobody ever holds anything, and every change is granted.
    const isLease = (words: readonly string[]) => words.some((word) => /:control:/.test(word));
    lie({
      answers: (words, answer) => (/^get$/i.test(words[0] ?? '') && isLease(words) ? { line: '$-1' } : answer),
    });
    for (const one of [ben, eve]) one.do({ do: 'control', why: 'x' });
    await eventually(() => expect(new Set([ana, ben, eve].map((one) => one.incident?.control.session)).size).toBe(1));
    await eventually(() => expect(ana.incident?.control.session).not.toBe(ana.session));
    lie({});
    await eventually(() => {
      const may = [ana, ben, eve].filter((one) => one.recorder.mayAct() === undefined);
      expect(may.map(({ session }) => session)).toEqual([ana.incident?.control.session]);
    });
  });

  test('a relay that forges a holder takes control from nobody for good, and gives it to nobody', async () => {
    const { port } = await started();
    const [ana, ben] = await room(port);
    const forged = JSON.stringify({ fence: 2 ** 40, session: 'x', name: 'mallory\u001b[2J', host: 'far' });
    lie({
      answers: (words, answer) =>
        /^get$/i.test(words[0] ?? '') && /:control:[^:]+$/.test(words[1] ?? '') ? bulk(forged) : answer,
    });
    expect(await ana.recorder.lostControl()).toMatch(/^control lost: mallory/);
    expect(ana.said.join()).not.toContain('\u001b');
    expect(ana.incident?.control.session).toBe(ana.session);
    expect(ben.recorder.mayAct()).toBe('ana controls this incident: take control first');
    lie({});
    await eventually(async () => expect(await ana.recorder.lostControl()).toBeUndefined());
  });
});

test.skipIf(installed)('skipped without redis-server: apt install redis-server', () => {});
