// Cockpits that want the same at the same moment: control of one incident, and one target. A thousand times, never two.
import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { verifyJournal } from '../../src/data/journal/verify.ts';
import { Leases } from '../../src/data/relay/lease.ts';
import { eventually } from '../support/eventually.ts';
import { endRedis, installed, started } from '../support/redis-server.ts';
import { client, endRelays, relayAt } from '../support/relay.ts';
import { admits, cockpit, endCockpits, opens, type RelayCockpit } from '../support/relay-cockpits.ts';

afterEach(async () => {
  await endCockpits();
  await endRelays();
  await endRedis();
});

const races = 1000;
const names = ['ana', 'ben', 'eve', 'kim', 'lee'];

/** Engines of that many people on one incident, all admitted. */
async function room(count: number, port: number): Promise<readonly [RelayCockpit, ...RelayCockpit[]]> {
  const [first, ...others] = await Promise.all(names.slice(0, count).map((name) => cockpit(name, port)));
  if (!first) throw new Error('nobody');
  first.do(opens);
  for (const one of others) await eventually(() => expect(one.incident).toBeDefined());
  await admits(first, ...others);
  return [first, ...others];
}

type Effect = { fence: number; session: string };

/** An effect as an action would have it: only where control is this cockpit's, asked right before. */
async function acts(one: RelayCockpit, effects: Effect[]): Promise<void> {
  if (one.recorder.mayAct() !== undefined || (await one.recorder.lostControl()) !== undefined) return;
  effects.push({ fence: one.recorder.incident?.control.fence ?? 0, session: one.session });
}

const fenceOf = ({ recorder }: RelayCockpit) => recorder.incident?.control.fence ?? 1;

/** Of all lines, whatever their order: a double or a missing one changes it. */
const digest = (lines: readonly string[]) =>
  `${lines.length} ${createHash('sha256').update(lines.toSorted().join('\n')).digest('hex')}`;

const linesOf = ({ recorder, incident }: RelayCockpit) =>
  recorder.journal.linesOf(incident?.id ?? '').map(({ text }) => text);

describe.skipIf(!installed)('with redis-server', () => {
  test.each([2, 5])(
    'of %i engines never two are in control at once, in 1,000 races; no entry is lost or doubled',
    async (count) => {
      const { port, cli } = await started('--save', '');
      const all = await room(count, port);
      const incident = all[0].incident?.id ?? '';
      /** What a thing that checks fencing numbers would have seen, in order. */
      const effects: Effect[] = [];
      // Each number is a race that somebody has won.
      for (let before = 1; before <= races; before = Math.max(...all.map(fenceOf))) {
        for (const one of all) one.do({ do: 'control', why: 'race' });
        const acting = all.map((one) => acts(one, effects));
        while (Math.min(...all.map(fenceOf)) <= before) await setImmediate();
        await Promise.all([...acting, ...all.map((one) => acts(one, effects))]);
      }
      const fences = effects.map(({ fence }) => fence);
      expect(fences).toEqual(fences.toSorted((a, b) => a - b));
      const holders = new Map(effects.map(({ fence, session }) => [fence, session]));
      for (const { fence, session } of effects) expect(holders.get(fence)).toBe(session);
      expect(new Set(effects.map(({ session }) => session)).size).toBe(count);
      // One has it in the end, by the journals and by the relay.
      await eventually(() => expect(new Set(all.map(fenceOf)).size).toBe(1));
      const last = fenceOf(all[0]);
      expect(last).toBeGreaterThanOrEqual(Math.max(...fences));
      expect(all.filter((one) => one.recorder.mayAct() === undefined)).toHaveLength(1);
      const options = relayAt(port, { root: '{bentham:PRODUCTION}' });
      const leases = new Leases(await client(options), options);
      expect(await leases.holder({ of: 'control', id: incident })).toMatchObject({ fence: last });

      const lines = linesOf(all[0]);
      expect(new Set(lines).size).toBe(lines.length);
      // By their digest: a difference of a thousand lines is no report.
      const whole = digest(lines);
      for (const one of all) await eventually(() => expect(digest(linesOf(one))).toBe(whole));
      const carried = cli('--raw', 'xrange', `{bentham:PRODUCTION}:incident:${incident}`, '-', '+').split('\n');
      expect(digest(carried.filter((row) => row.startsWith('{"v":')))).toBe(whole);
      const given = lines.flatMap((line) =>
        [...(/"kind":"wheel".*?"fence":(\d+)/g.exec(line) ?? [])].slice(1).map(Number),
      );
      expect(new Set(given).size).toBe(given.length);
      for (const one of all) {
        const report = await verifyJournal(one.recorder.journal.state.directory);
        expect(report.ok && report.value.files.flatMap(({ problems }) => problems)).toEqual([]);
      }
    },
    180_000,
  );

  test.each([2, 5])(
    'of %i engines never two run an action on one target at once, in 1,000 races',
    async (count) => {
      const { port } = await started('--save', '');
      const all = await Promise.all(names.slice(0, count).map((name) => cockpit(name, port)));
      let inside = 0;
      let most = 0;
      let won = 0;
      const winners = new Set<string>();
      const work = async ({ recorder, session }: RelayCockpit) => {
        while (won < races) {
          const taken = await recorder.shared?.targets.take('deployment/api-gateway', 'restart-deployment');
          if (!taken?.ok) continue;
          inside += 1;
          won += 1;
          winners.add(session);
          expect(await taken.lease.confirm()).toBeUndefined();
          most = Math.max(most, inside);
          inside -= 1;
          await taken.lease.release();
        }
      };
      await Promise.all(all.map(work));
      expect([most, winners.size]).toEqual([1, count]);
    },
    180_000,
  );
});

test.skipIf(installed)('skipped without redis-server: apt install redis-server', () => {});
