// Every way an action must not go, for each of them (test/support/action-cases.ts): cancelled, forbidden, moved, held by another
// cockpit, a backend that dies, hostile names, and what a killed cockpit has left.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Drill } from '../../simulator/drill.ts';
import { actionById } from '../../src/actions/index.ts';
import type { Target } from '../../src/core/actions/action.ts';
import type { Run } from '../../src/core/actions/run.ts';
import { actionContextOf } from '../../src/engine/action-context.ts';
import { type Acting, acting, type Environment, sql } from '../support/acting.ts';
import { type Case, cases, forbidden, hostile, outageCases } from '../support/action-cases.ts';
import { drillOf } from '../support/drill.ts';
import { eventually } from '../support/eventually.ts';
import { type Asked, type Backend, type Middle, standBetween } from '../support/proxy.ts';

const changes = (of: Acting) => of.commands.filter(({ kind }) => kind === 'change').length;
const phases = (of: Acting, run: Run) =>
  of.recorder.journal.entries.flatMap(({ event }) =>
    event.kind === 'action' && event.run === run.id ? [event.phase] : [],
  );

/** Where the facts do not tell, three looks for proof are as good as all that the action's time allows. */
const stopsLooking = (of: Acting, isMeant: (run: Run) => boolean) => {
  let looks = 0;
  of.watch((run) => {
    if (!isMeant(run) || run.phase !== 'verifying' || run.seen === undefined) return;
    looks += 1;
    if (looks >= 3) of.runner.cancel(run.id);
  });
};

const behind: Partial<Record<Case['by'], Backend | Asked>> = {
  kubernetes: 'kubernetes',
  primary: 'primary',
  redis: 'redis',
  s3: 's3',
  rds: 'rds',
  secrets: 'secrets',
  kubectl: 'kubernetes',
  script: 'replica',
  pager: 'pager',
};

describe.each([
  { scenario: 'calm', of: cases },
  { scenario: 'database-down', of: outageCases },
])('$scenario', ({ scenario, of }) => {
  let drill: Drill;
  let between: Middle;
  let environment: Environment;
  let reachable: Environment;
  /** On the servers themselves. */
  let cockpit: Acting;
  /** Behind proxies that can misbehave. */
  let far: Acting;

  beforeAll(async () => {
    drill = await drillOf(scenario);
    environment = { PATH: process.env.PATH ?? '', ...drill.environment };
    // The AWS clients find their credentials where they always do.
    for (const [name, text] of Object.entries(drill.environment))
      if (/^AWS_(ACC|SEC|REG)/.test(name)) vi.stubEnv(name, text);
    between = await standBetween(drill.environment);
    // Who accepts a connection and cuts it lives: nothing listens in the place of a primary that is gone.
    if (!drill.conditions.primaryUp) await between.proxies.primary.be('refuses');
    cockpit = await acting(environment);
    far = await acting({ PATH: process.env.PATH ?? '', ...between.environment });
    // The database that answers.
    reachable = drill.conditions.primaryUp
      ? environment
      : { ...environment, PGPORT: environment.BENTHAM_DATABASE_REPLICA_PORT ?? '' };
  });
  afterAll(async () => {
    await cockpit?.stop();
    await far?.stop();
    await between?.stop();
    await drill?.stop();
    vi.unstubAllEnvs();
  });

  async function planned(one: Case, of = cockpit): Promise<{ run: Run; target: Target }> {
    const target = await one.target(environment);
    const run = await of.plan(one.action, target);
    expect(run, run.says).toMatchObject({ phase: 'planned' });
    expect(run.plan?.answered.length).toBeGreaterThan(0);
    expect(run.calls.length).toBeGreaterThan(0);
    return { run, target };
  }

  describe.each(of)('$action', (one) => {
    test('cancelled: nothing runs, and nothing can be confirmed', async () => {
      const before = changes(cockpit);
      const { run } = await planned(one);
      cockpit.runner.cancel(run.id);
      expect(await cockpit.confirm(run)).toMatchObject({ phase: 'done', outcome: 'cancelled' });
      expect(changes(cockpit)).toBe(before);
      expect(phases(cockpit, run)).toEqual([]);
    });

    test('the typed text has to match', async () => {
      const { run } = await planned(one);
      const before = changes(cockpit);
      const wrong = run.accepts.length > 0 ? [] : ['y'];
      expect(await cockpit.runner.confirm(run.id, wrong)).toMatchObject({ phase: 'planned' });
      expect(changes(cockpit)).toBe(before);
      cockpit.runner.cancel(run.id);
    });

    test('a second cockpit on the same target is refused', async () => {
      const { run, target } = await planned(one);
      const object = actionById[one.action].object(target, actionContextOf(cockpit.settings)) ?? '';
      const taken = await cockpit.locks.take({
        run: `OTHER${one.action}`,
        action: one.action,
        object,
        by: 'somebody',
        at: Date.now(),
        calls: [],
      });
      if (!taken.ok) throw new Error('the target is held');
      const before = changes(cockpit);
      try {
        const done = await cockpit.confirm(run);
        expect(done).toMatchObject({ outcome: 'refused' });
        expect(done.says).toContain(`somebody has been running ${one.action}`);
        expect(changes(cockpit)).toBe(before);
      } finally {
        await taken.lock.release();
      }
    });

    test('refused without permission', async () => {
      const more = Object.fromEntries(
        Object.entries(forbidden[one.by]).map(([name, text]) => [
          name,
          text.replace('REDIS', new URL(environment.REDIS_URL ?? '').host),
        ]),
      );
      const other = await acting({ ...environment, ...more });
      const target = await one.target(environment);
      if (more.AWS_ACCESS_KEY_ID) vi.stubEnv('AWS_ACCESS_KEY_ID', more.AWS_ACCESS_KEY_ID);
      try {
        const run = await other.plan(one.action, target);
        expect(run).toMatchObject({ phase: 'done', outcome: 'refused' });
        expect(run.hint).toBeTruthy();
        expect(changes(other)).toBe(0);
      } finally {
        vi.stubEnv('AWS_ACCESS_KEY_ID', environment.AWS_ACCESS_KEY_ID);
        await other.stop();
      }
    });

    test.runIf(one.moves)('the state changes between plan and confirmation: nothing is done', async () => {
      const { run, target } = await planned(one);
      await one.moves?.(environment, target, drill);
      const before = changes(cockpit);
      const after = await cockpit.confirm(run);
      // Asked again, with how it stands now; or refused, where nothing is left to do.
      expect(after.phase === 'planned' ? after.notice : after.outcome).toMatch(/state changed|refused/);
      expect(changes(cockpit)).toBe(before);
      cockpit.runner.cancel(run.id);
      await one.back?.(environment, drill);
    });

    test('hostile names stay names everywhere', async () => {
      const action = actionById[one.action];
      const target = await one.target(environment);
      for (const field of action?.fields ?? [])
        for (const name of hostile) {
          const run = await cockpit.plan(one.action, { ...target, [field.name]: name });
          const shown = JSON.stringify([run.title, run.says, run.plan?.impact, run.calls.map((c) => c.summary)]);
          expect(shown).not.toMatch(/\\u001b|\\u202e/i);
          if (!field.lines) expect(shown).not.toMatch(/x{3000}/);
          if (run.phase === 'planned') cockpit.runner.cancel(run.id);
          else expect(run).toMatchObject({ outcome: 'refused' });
        }
      expect(existsSync('/tmp/bentham-owned')).toBe(false);
      expect(await sql(reachable, `SELECT to_regclass('studies') IS NOT NULL AS there`)).toEqual([{ there: true }]);
    });

    test('the run of a killed cockpit has an unknown outcome until the facts tell', async () => {
      const { run, target } = await planned(one);
      const { runner, recorder } = cockpit;
      const note = { run: run.id.replace(/^../, 'ZZ'), action: one.action, object: 'x', by: 'ops2', at: Date.now() };
      let released = false;
      const lock = {
        started: async () => true,
        release: async () => {
          released = true;
        },
      };
      const proof = { target, memo: run.plan?.baseline ?? {}, startedAt: Date.now() };
      const left = { note: { ...note, phase: 'started' as const, calls: [], proof }, lock };
      const looked = cockpit.commands.length;
      const resuming = runner.resume(left);
      // Nothing was done yet: whatever the facts are, they must not say that it was.
      // It looks for as long as its proof takes: one look is enough here.
      if (!one.onlyAnswer) {
        await eventually(() => expect(cockpit.commands.length).toBeGreaterThan(looked));
        runner.cancel(note.run);
      }
      const after = await resuming;
      expect(after?.outcome).not.toBe('verified');
      expect(released).toBe(true);
      const told = recorder.journal.entries.flatMap(({ event }) =>
        event.kind === 'action' && event.run === note.run ? [event.phase] : [],
      );
      expect(told[0]).toBe('unknown');
      runner.cancel(run.id);
    });
  });

  describe.each(of.filter(({ by }) => behind[by]))('$action, its backend dying', (one) => {
    const proxy = () => {
      const name = behind[one.by];
      if (!name) throw new Error('no proxy');
      return between.proxies[name];
    };

    test('before the plan: refused', async () => {
      await proxy().be('refuses');
      const run = await far.plan(one.action, await one.target(environment));
      await proxy().be('works');
      expect(run).toMatchObject({ outcome: 'refused' });
    });

    test('between plan and confirmation: refused, nothing is done', async () => {
      const { run } = await planned(one, far);
      const before = changes(far);
      await proxy().be('refuses');
      const done = await far.confirm(run);
      await proxy().be('works');
      expect(done).toMatchObject({ outcome: 'refused' });
      expect(changes(far)).toBe(before);
    });

    test.skipIf(one.once || one.looksLong)(
      'while it runs: the report matches what happened, and nothing is retried',
      async () => {
        let { run } = await planned(one, far);
        const before = changes(far);
        far.watch(({ id, phase }) => {
          if (id === run.id && phase === 'performing') void proxy().be('resets');
          if (id === run.id && phase === 'verifying') void proxy().be('works');
        });
        stopsLooking(far, ({ id }) => id === run.id);
        let done = await far.confirm(run);
        // A connection of an earlier test may have died unseen: the look before the change met it, and nothing began.
        if (done.outcome === 'refused') {
          ({ run } = await planned(one, far));
          done = await far.confirm(run);
        }
        await proxy().be('works');
        expect(changes(far)).toBe(before + 1);
        expect(['failed', 'unknown', 'verified', 'moved']).toContain(done.outcome);
        // A command says itself how far it came.
        if (done.outcome === 'failed')
          expect(`${done.says} ${done.hint}`).toMatch(/nothing was changed|current state:|a part of its work/);
        await one.back?.(environment, drill);
      },
    );

    test('after it ran: the facts are read until they answer', async () => {
      const { run } = await planned(one, far);
      let seen = 0;
      far.watch(({ id, phase }) => {
        if (id !== run.id || phase !== 'verifying') return;
        seen += 1;
        void proxy().be(seen > 2 ? 'works' : 'refuses');
      });
      const done = await far.confirm(run);
      await proxy().be('works');
      expect(done, [done.says, done.seen, done.notice, done.again].join()).toMatchObject({ outcome: 'verified' });
      expect(phases(far, run)).toEqual(['confirmed', 'started', 'finished', 'verified']);
      await one.back?.(environment, drill);
    });
  });

  describe.each(of.filter(({ by }) => by === 'channel'))('$action, its channel dying', (one) => {
    test.each([
      ['refuses', 'failed', /connection refused nothing listens there/],
      ['freezes', 'unknown', /did not answer in 10 s: it may have arrived.*check the current state before you retry/],
      ['resets', 'unknown', /connection reset.*check the current state before you retry/],
      ['babbles', 'unknown', /answer is not HTTP.*check the current state before you retry/],
    ] as const)('%s: it is %s, and nothing is resent', async (manner, outcome, says) => {
      const { run } = await planned(one, far);
      const { channels } = between.proxies;
      const [before, asked] = [changes(far), channels.asked];
      await channels.be(manner);
      const done = await far.confirm(run);
      await channels.be('works');
      expect(done, `${done.says} ${done.hint}`).toMatchObject({ outcome });
      expect(`${done.says} ${done.hint}`).toMatch(says);
      expect(changes(far)).toBe(before + 1);
      expect(channels.asked - asked).toBeLessThanOrEqual(1);
    });
  });

  describe.each(of.filter(({ by }) => by === 'command'))('$action, its command dying', (one) => {
    let directory: string;
    let other: Acting;
    const program = () => path.join(directory, 'admin');
    /** From now on the command is this script. */
    const be = (script: string) => writeFileSync(program(), `#!/bin/sh\n${script}\n`, { mode: 0o700 });

    beforeEach(async () => {
      directory = mkdtempSync(path.join(tmpdir(), 'bentham-admin-'));
      be('exit 0');
      other = await acting({ ...environment, BENTHAM_ADMIN_COMMAND: program() });
    });
    afterEach(async () => {
      await other?.stop();
      rmSync(directory, { recursive: true, force: true });
    });

    test('missing before the plan, or between plan and confirmation: refused, nothing runs', async () => {
      const { run } = await planned(one, other);
      rmSync(program());
      expect(await other.confirm(run)).toMatchObject({ outcome: 'refused' });
      expect(await other.plan(one.action, await one.target(environment))).toMatchObject({ outcome: 'refused' });
      expect(changes(other)).toBe(0);
    });

    test.each([
      ['killed', 'echo begun; kill -9 $$', 'unknown', /check the current state before you retry/],
      ['failing', 'echo "no such thing" >&2; exit 3', 'failed', /no such thing|exit(ed)? .*3|code 3/],
    ] as const)('%s: reported as it is, and not run again', async (_, script, outcome, says) => {
      const { run } = await planned(one, other);
      const count = path.join(directory, 'count');
      be(`echo x >> '${count}'\n${script}`);
      stopsLooking(other, () => true);
      const done = await other.confirm(run);
      expect(done, `${done.says} ${done.hint}`).toMatchObject({ outcome });
      expect(`${done.says} ${done.hint} ${done.output.join(' ')}`).toMatch(says);
      expect(readFileSync(count, 'utf8')).toBe('x\n');
    });
  });
});
