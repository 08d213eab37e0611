// Whole engines on hosts whose clocks are an hour apart, each a process with a clock of its own.
import { afterEach, describe, expect, test } from 'vitest';
import { verifyJournal } from '../../src/data/journal/verify.ts';
import { Middleman } from '../support/proxy.ts';
import { endRedis, installed, started as startedRedis } from '../support/redis-server.ts';
import { opens } from '../support/relay-cockpits.ts';
import { admitted, endProcesses, started } from '../support/relay-processes.ts';

let proxy: Middleman | undefined;

afterEach(async () => {
  await endProcesses();
  await proxy?.stop();
  proxy = undefined;
  await endRedis();
});

const hour = 3_600_000;

describe.skipIf(!installed)('with redis-server', () => {
  test('control is handed over, taken while apart and healed, with clocks an hour apart', async () => {
    const { port } = await startedRedis();
    proxy = await Middleman.before('127.0.0.1', port);
    const [slow, right, fast] = await Promise.all([
      started('slow', port, { ahead: -hour }),
      started('right', port),
      started('fast', proxy.port, { ahead: hour }),
    ]);
    const all = [slow, right, fast];
    const clocks = [hour, undefined, -hour];
    for (const [at, one] of all.entries())
      await one.until(({ clock }) => expect(clock && Math.round(clock / hour) * hour).toBe(clocks[at]));
    slow.do(opens);
    for (const one of all) await one.until(({ incident }) => expect(incident).toBeDefined());
    for (const one of [right, fast]) await admitted(slow, one);
    // Down the clocks and up again.
    for (const [at, one] of [fast, slow, right].entries()) {
      one.do({ do: 'control', why: 'my turn' });
      for (const each of all)
        await each.until(({ control }) =>
          expect(control).toMatchObject({ session: one.told?.session ?? '', fence: at + 2 }),
        );
    }
    await proxy.be('freezes');
    await fast.until(({ connected }) => expect(connected).toBe(false));
    fast.do({ do: 'control', why: 'nobody answers' }).do({ do: 'note', text: 'of fast' });
    right.do({ do: 'note', text: 'of right' });
    await fast.until(({ control, notes, session }) => {
      expect(control?.session).toBe(session);
      expect(notes).toContain('of fast');
    });
    await proxy.be('works');
    await right.until(({ mayAct, said }) => {
      expect(mayAct).toBe(false);
      expect(said.some((says) => /fast/.test(says) && /control/.test(says))).toBe(true);
    });
    await fast.until(({ notes, mayAct }) => {
      expect(notes).toContain('of right');
      expect(mayAct).toBe(true);
    });
    const lines = fast.told?.lines ?? [];
    for (const one of all) {
      await one.until((told) => expect(told.lines).toEqual(lines));
      expect(one.told?.control?.fence).toBe(5);
      const report = await verifyJournal(`${one.directory}/journal`);
      expect(report.ok && report.value.files.flatMap(({ problems }) => problems)).toEqual([]);
    }
  });

  test('a cockpit that is stopped for longer than its lease has lost control when it goes on, and is told', async () => {
    const { port, cli } = await startedRedis();
    const [ana, ben] = await Promise.all([started('ana', port), started('ben', port)]);
    ana.do(opens);
    for (const one of [ana, ben]) await one.until(({ incident }) => expect(incident).toBeDefined());
    await admitted(ana, ben);
    const key = `{bentham:PRODUCTION}:control:${ana.told?.incident}`;
    await expect.poll(() => cli('exists', key).trim()).toBe('1');
    ana.signal('SIGSTOP');
    // The relay ends the lease by its own clock.
    await expect.poll(() => cli('exists', key).trim(), { timeout: 60_000 }).toBe('0');
    ben.do({ do: 'control', why: 'ana hangs' });
    await ben.until(({ mayAct }) => expect(mayAct).toBe(true));
    ana.signal('SIGCONT');
    await ana.until(({ said, mayAct }) => {
      expect(mayAct).toBe(false);
      expect(said.some((says) => /control/.test(says) && /ben|did not respond/.test(says))).toBe(true);
    });
  });
});

test.skipIf(installed)('skipped without redis-server: apt install redis-server', () => {});
