// A relay that hangs, dies, forgets or lies, and hosts whose clocks differ: nothing is lost, doubled or believed.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ulid } from 'ulid';
import { afterEach, describe, expect, test } from 'vitest';
import { incidentIdOf } from '../../src/core/incident/authority.ts';
import { projectAll } from '../../src/core/incident/projection.ts';
import { Journal } from '../../src/data/journal/journal.ts';
import { newKey } from '../../src/data/journal/signature.ts';
import type { RelayOptions } from '../../src/data/relay/connect.ts';
import { SharedIncidents } from '../../src/engine/relay/shared-incidents.ts';
import { eventually } from '../support/eventually.ts';
import { lineOf } from '../support/lines.ts';
import { endRedis, installed, started } from '../support/redis-server.ts';
import { relayAt } from '../support/relay.ts';
import { admits, cockpit, endCockpits, opens } from '../support/relay-cockpits.ts';

const ends: (() => unknown)[] = [];

afterEach(async () => {
  await endCockpits();
  for (const end of ends.splice(0).toReversed()) await end();
  await endRedis();
});

const streamIn = (environment: string, incident: string | undefined) => `{bentham:${environment}}:incident:${incident}`;
const streamOf = (incident: string | undefined) => streamIn('PRODUCTION', incident);

/** The lines of a stream, as redis-cli prints them with --json, or in pairs. */
function linesIn(text: string): string[] {
  return text.split('\n').filter((row) => row.startsWith('{"v":'));
}

describe.skipIf(!installed)('with redis-server', () => {
  test.each(['SIGSTOP', 'SIGKILL'] as const)(
    'after %s of the relay everybody goes on alone, and is together again later',
    async (name) => {
      let redis = await started();
      const [ana, ben] = [await cockpit('ana', redis.port), await cockpit('ben', redis.port)];
      ana.do(opens);
      await eventually(() => expect(ben.incident).toBeDefined());
      await admits(ana, ben);
      redis.signal(name);
      for (const one of [ana, ben]) await eventually(() => expect(one.context?.relay?.state).toBe('away'));
      expect(await ana.recorder.lostControl()).toBeUndefined();
      ana.do({ do: 'note', text: 'of ana' });
      ben.do({ do: 'note', text: 'of ben' });
      await eventually(() =>
        expect([ana.notes(), ben.notes()].flat()).toEqual(expect.arrayContaining(['of ana', 'of ben'])),
      );
      if (name === 'SIGSTOP') redis.signal('SIGCONT');
      // Another file: what was saved is not read.
      else redis = await redis.restart('--dbfilename', 'other.rdb');
      for (const one of [ana, ben])
        await eventually(() => expect(one.notes()).toEqual(expect.arrayContaining(['of ana', 'of ben'])));
      expect(ana.notes()).toEqual(ben.notes());
      expect(new Set(ana.notes()).size).toBe(ana.notes().length);
      const late = await cockpit('late', redis.port);
      await eventually(() => expect(late.notes()).toEqual(ana.notes()));
    },
  );

  test('a relay that reorders, replays, drops and forges changes nothing', async () => {
    const { port, cli } = await started();
    const [ana, ben] = [await cockpit('ana', port), await cockpit('ben', port)];
    ana.do(opens);
    await eventually(() => expect(ben.incident).toBeDefined());
    await admits(ana, ben);
    for (const text of ['one', 'two', 'three']) ana.do({ do: 'note', text });
    await eventually(() => expect(ben.notes()).toContain('three'));
    const key = streamOf(ana.incident?.id);
    const lines = linesIn(cli('--raw', 'xrange', key, '-', '+'));
    expect(lines.length).toBeGreaterThan(5);
    cli('del', key);
    // Backwards, every second one twice, every third one not at all.
    for (const [at, line] of lines.toReversed().entries())
      for (let time = at % 2; time < 2 && at % 3 > 0; time += 1) cli('xadd', key, '*', 'line', line);
    const forgeries = [
      'x',
      '{"v":2}',
      lines[0]?.replace('"ana"', '"eve"') ?? '',
      (lines.at(-1) ?? '').replace('three', 'seven'),
      lineOf({ kind: 'resolved', why: 'all is well' }, ana.incident?.id ?? '', newKey().signer),
      lineOf(
        { kind: 'wheel', session: ben.session, person: 'eve', fence: 900 },
        ana.incident?.id ?? '',
        newKey().signer,
      ),
    ];
    for (const line of forgeries) cli('xadd', key, '*', 'line', line);
    const late = await cockpit('late', port);
    for (const one of [ana, ben, late]) {
      await eventually(() => expect(one.notes()).toEqual(['one', 'two', 'three']));
      await eventually(() => expect(one.context?.relay?.refused).toBeGreaterThanOrEqual(4));
      expect(one.incident).toMatchObject({ control: { person: 'ana' }, openedBy: 'ana' });
      expect(one.incident?.resolvedAt).toBeUndefined();
    }
  });

  test('lines of incidents that nobody opened are bounded, whatever they name and wherever they come', async () => {
    const { port, cli } = await started();
    const [ana] = [await host('ana', port, 0)];
    const open = incidentIdOf(ulid(), ana.journal.writer.key ?? '');
    await ana.journal.append({ kind: 'opened', title: 'Outage', severity: 1, why: 'x' }, open);
    await eventually(() => expect(cli('xlen', streamIn('TEST', open)).trim()).toBe('1'));
    const { signer: stranger } = newKey();
    const [unopened, named] = [ulid(), ulid()];
    const put = (stream: string, incident: string, text: string) =>
      cli('xadd', streamIn('TEST', stream), '*', 'line', lineOf({ kind: 'note', text }, incident, stranger));
    for (let n = 0; n < 250; n += 1) {
      put(unopened, unopened, `unopened ${n}`);
      if (n < 20) put(open, named, `named ${n}`);
    }
    cli('xadd', '{bentham:TEST}:index', '*', 'incident', unopened, 'state', 'open');
    put(open, open, 'last');
    await eventually(() => expect(ana.notes(open)).toEqual(['last']));
    await eventually(() => expect(ana.shared.status.refused).toBeGreaterThanOrEqual(50 + 20));
    expect(ana.notes(unopened)).toHaveLength(200);
    expect(ana.notes(named)).toEqual([]);
  });

  test('who joins an incident that is longer than its stream has its opening, and who was admitted', async () => {
    const { port, cli } = await started('--stream-node-max-entries', '10');
    const keeps = { time: 3_600_000, entries: 300 };
    const [ana, ben] = [await host('ana', port, 0, { keeps }), await host('ben', port, 0, { keeps })];
    const id = incidentIdOf(ulid(), ana.journal.writer.key ?? '');
    await ana.journal.append({ kind: 'opened', title: 'Outage', severity: 1, why: 'x' }, id);
    const key = ben.journal.writer.key ?? '';
    await ana.journal.append({ kind: 'key', key, person: 'ben', change: 'admitted' }, id);
    await eventually(() => expect(projectAll(ben.journal.entries)).toHaveLength(1));
    const said = Array.from({ length: 700 }, (_, n) => `note ${n}`);
    for (let at = 0; at < said.length; at += 100) {
      await Promise.all(said.slice(at, at + 100).map((text) => ben.journal.append({ kind: 'note', text }, id)));
      await eventually(() => expect(ana.notes(id)).toEqual(said.slice(0, at + 100)));
    }
    await eventually(() => expect(cli('xrange', streamIn('TEST', id), '-', '+')).toContain('"kind":"opened"'));
    expect(Number(cli('xlen', streamIn('TEST', id)))).toBeLessThan(400);
    const late = await host('late', port, 0, { keeps });
    await eventually(() => expect(projectAll(late.journal.entries)[0]).toMatchObject({ title: 'Outage', id }));
    const newest = said.slice(-250);
    await eventually(() => expect(late.notes(id)).toEqual(expect.arrayContaining(newest)));
    // All of them have effect, since ben was admitted.
    await eventually(() => expect(projectAll(late.journal.entries)[0]?.notes).toBe(late.notes(id).length));
  });

  test('hosts whose clocks are an hour apart share everything, in the order in which it was written', async () => {
    const { port } = await started();
    const hour = 3_600_000;
    const [slow, right, fast] = [
      await host('slow', port, -hour),
      await host('right', port, 0),
      await host('fast', port, hour),
    ];
    const id = incidentIdOf(ulid(), right.journal.writer.key ?? '');
    const say = (of: Host, text: string) => of.journal.append({ kind: 'note', text }, id);
    await right.journal.append({ kind: 'opened', title: 'Outage', severity: 1, why: 'x' }, id);
    const texts: string[] = [];
    for (const [n, one] of [slow, right, fast, slow, fast, right].entries()) {
      await say(one, `${n}`);
      texts.push(`${n}`);
      for (const each of [slow, right, fast]) await eventually(() => expect(each.notes(id)).toEqual(texts));
    }
    expect([slow, right, fast].map(({ shared }) => Math.round((shared.status.clock ?? 0) / hour))).toEqual([1, 0, -1]);
  });
});

type Host = { journal: Journal; shared: SharedIncidents; notes(incident: string): readonly string[] };

async function host(name: string, port: number, ahead: number, more: Partial<RelayOptions> = {}): Promise<Host> {
  const root = mkdtempSync(path.join(tmpdir(), 'relay-clock-'));
  const now = () => Date.now() + ahead;
  const journal = new Journal({
    place: { directory: path.join(root, 'journal') },
    writer: { user: name, name, host: name },
    environment: 'TEST',
    shares: true,
    now,
  });
  await journal.open();
  const shared = new SharedIncidents({
    relay: relayAt(port, { now, ...more }),
    journal,
    incidents: () => projectAll(journal.entries),
  });
  shared.start();
  ends.push(
    () => rmSync(root, { recursive: true, force: true }),
    () => journal.close(),
    () => shared.stop(),
  );
  await eventually(() => expect(shared.status).toMatchObject({ state: 'connected', isRead: true }));
  const notes = (incident: string) =>
    journal.entries.flatMap(({ event, incident: of }) =>
      of === incident && event.kind === 'note' ? [event.text] : [],
    );
  return { journal, shared, notes };
}

test.skipIf(installed)('skipped without redis-server: apt install redis-server', () => {});
