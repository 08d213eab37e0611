// A cockpit's runner in the test's own process, on real servers: what `run` and the screen drive, without either.
import { tmpdir } from 'node:os';
import pg from 'pg';
import { ulid } from 'ulid';
import { oneShotRunner } from '../../src/commands/run/one-shot.ts';
import { loadSettings } from '../../src/config/load.ts';
import type { Settings } from '../../src/config/settings.ts';
import type { ActionId, Target } from '../../src/core/actions/action.ts';
import type { LoggedCommand } from '../../src/core/actions/command-log.ts';
import type { Run } from '../../src/core/actions/run.ts';
import type { RunLocks } from '../../src/data/journal/run-locks.ts';
import type { Recorder } from '../../src/engine/incident/recorder.ts';
import type { Runner } from '../../src/engine/runs/runner.ts';

export type Environment = Readonly<Record<string, string>>;

export type Acting = {
  settings: Settings;
  runner: Runner;
  recorder: Recorder;
  locks: RunLocks;
  /** Everything that was run, oldest first. */
  commands: LoggedCommand[];
  plan(action: ActionId, target: Target): Promise<Run>;
  confirm(run: Run): Promise<Run>;
  /** Called with each state of each run. */
  watch(listener: (run: Run) => void): void;
  stop(): Promise<void>;
};

/** Opens one on an environment. `patient`: as the cockpit does, it asks the facts until they tell. */
export async function acting(environment: Environment, patient = false): Promise<Acting> {
  const loaded = await loadSettings({ flags: {}, environment, home: tmpdir(), cwd: tmpdir() });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const { settings } = loaded;
  const commands: LoggedCommand[] = [];
  const listeners: ((run: Run) => void)[] = [];
  const { runner, recorder, close } = await oneShotRunner(settings, {
    patient,
    forbids: () => undefined,
    changed: (run) => {
      for (const listener of listeners) listener(run);
    },
    logged: (command) => commands.push(command),
  });
  const sure = (run: Run | undefined): Run => {
    if (!run) throw new Error('no run');
    return run;
  };
  return {
    settings,
    runner,
    recorder,
    locks: runner.locks,
    commands,
    plan: async (action, target) => sure(await runner.plan(ulid(), action, target)),
    confirm: async (run) => sure(await runner.confirm(run.id, run.accepts)),
    watch: (listener) => listeners.push(listener),
    stop: close,
  };
}

/** Asks the drill's database as its owner. */
export async function sql<Row extends object>(of: Environment, text: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({
    host: of.PGHOST,
    port: Number(of.PGPORT),
    user: of.PGUSER,
    password: of.PGPASSWORD,
    database: of.PGDATABASE,
  });
  await client.connect();
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end();
  }
}
