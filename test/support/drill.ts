// The embedded Bentham for tests: within the test's own process, or as the program serves it.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type Drill, startDrill } from '../../simulator/drill.ts';
import { scenarioNamed } from '../../simulator/scenario.ts';

export const launcher = fileURLToPath(new URL('../../bin/bentham-cockpit.cjs', import.meta.url));

/** Starts a drill in this process: once per file, in beforeAll; `stop` belongs in afterAll. */
export function drillOf(id: string, load: { pods?: number; jobs?: number; platform?: boolean } = {}): Promise<Drill> {
  const scenario = scenarioNamed(id);
  if (!scenario) throw new Error(`no scenario ${id}`);
  return startDrill({ scenario, pods: load.pods ?? 0, jobs: load.jobs ?? 0, platform: load.platform ?? false });
}

export type Served = {
  child: ChildProcessByStdio<Writable, Readable, Readable>;
  /** Resolves at `ready`; fails when it ends before, with what it said. */
  environment: Promise<Record<string, string>>;
  /** Resolves with the exit code, or the signal. */
  exited: Promise<number | string>;
};

/** `drill SCENARIO --serve`, its standard input a lifeline. `before` is put in front of the command. */
export function serveDrill(
  scenario: string,
  options: { before?: readonly string[]; env?: NodeJS.ProcessEnv; platform?: boolean; warRoom?: boolean } = {},
): Served {
  const [command = '', ...args] = [...(options.before ?? []), process.execPath, launcher, 'drill', scenario, '--serve'];
  if (options.platform) args.push('--platform');
  if (options.warRoom) args.push('--war-room');
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...options.env } });
  child.stdin.on('error', () => {});
  let said = '';
  let printed = '';
  child.stderr.on('data', (data) => {
    said += data;
  });
  const exited = new Promise<number | string>((resolve) =>
    child.once('exit', (code, signal) => resolve(code ?? signal ?? '')),
  );
  const environment = new Promise<Record<string, string>>((resolve, reject) => {
    child.stdout.on('data', (data) => {
      printed += data;
      if (printed.endsWith('ready\n')) resolve(readExports(printed));
    });
    child.once('exit', () => reject(new Error(`the drill ended: ${said}`)));
  });
  environment.catch(() => {});
  return { child, environment, exited };
}

function readExports(text: string): Record<string, string> {
  const found = [...text.matchAll(/^export ([A-Z0-9_]+)='(.*)'$/gm)];
  return Object.fromEntries(found.map(([, name = '', value = '']) => [name, value.replaceAll(`'\\''`, `'`)]));
}

/** What is left of drills below a temporary directory: directories, and processes that have one in their arguments. */
export function remains(temporary: string): string[] {
  const directories = readdirSync(temporary).filter((name) => name.startsWith('bentham-drill-'));
  const within = path.join(temporary, 'bentham-drill-');
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    })
    .filter((line) => line.includes(within));
  return [...directories, ...processes];
}
