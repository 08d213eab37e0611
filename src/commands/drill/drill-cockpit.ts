// `drill`: starts the embedded Bentham as a child, opens the cockpit on it, and takes it down again.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { basename, dirname, parse, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { complain, tell } from '../../config/output.ts';
import { quote } from '../../core/text/shell.ts';
import { loadWithOwn } from '../own-commands.ts';
import { enterDrill } from './drill-environment.ts';

type Load = {
  pods: number;
  jobs: number;
  platform?: boolean;
  tour?: boolean;
  keepReport?: string;
  warRoom?: boolean;
};

/** Opens the cockpit on a scenario. Needs a terminal; without one it says what to do instead. */
export async function runDrillCockpit(command: Command, scenario: string, load: Load): Promise<void> {
  const { runCockpit, whyNoScreen } = await import('../cockpit/run.ts');
  const { keepReport } = await import('./keep-report.ts');
  const why = whyNoScreen();
  if (why !== undefined) {
    process.stderr.write(
      `bentham-cockpit: ${why}, and the drill needs a full screen. Without a screen:\n` +
        `  bentham-cockpit drill ${scenario}${load.platform ? ' --platform' : ''} --serve   prints its environment variables and runs until stopped\n`,
    );
    process.exitCode = 64;
    return;
  }
  if (load.keepReport !== undefined && existsSync(load.keepReport)) {
    complain(`${resolve(load.keepReport)} already exists. Name another file.`);
    process.exitCode = 64;
    return;
  }
  process.stderr.write(`starting an embedded Bentham (${scenario}) …`);
  const bentham = startBentham(scenario, load);
  const giveUp = () => bentham.child.stdin?.end();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, giveUp);
  let environment: Record<string, string>;
  try {
    environment = await bentham.ready;
  } catch (error) {
    process.stderr.write('\r\u001b[K');
    tell(error instanceof Error ? error.message : String(error));
    process.exitCode = 3;
    return;
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.removeListener(signal, giveUp);
  process.stderr.write('\r\u001b[K');
  enterDrill(environment);
  let code = 1;
  try {
    const { BENTHAM_DRILL_JOIN: join } = environment;
    if (join !== undefined) await showJoin(join);
    const { settings } = await loadWithOwn(command);
    const colour = command.opts<{ color?: boolean }>().color !== false;
    code = await runCockpit(settings, { colour, tour: load.tour });
    // A tour's incident is nobody's; a terminal that went away answers nothing.
    if (load.keepReport !== undefined || (code === 0 && !load.tour))
      await keepReport(settings, load.keepReport, { input: process.stdin, output: process.stderr });
  } finally {
    await bentham.end();
  }
  process.exit(code);
}

const launcher = fileURLToPath(new URL('../bin/bentham-cockpit.cjs', import.meta.url));

/** The command for the others, before the screen covers it: until enter is pressed, or the input ends. */
async function showJoin(drill: string): Promise<void> {
  process.stderr.write(
    `War room. In a second terminal on this host, as another person, run\n\n${joinCommand(drill)}\n\n` +
      'Press enter to open the cockpit here.\n',
  );
  const input = createInterface({ input: process.stdin });
  await Promise.race([once(input, 'line'), once(input, 'close')]);
  input.close();
}

/** To be copied: on one line, or on two where the terminal would break it. */
function joinCommand(drill: string): string {
  const whole = `node ${quote(launcher)} join ${drill}`;
  if (whole.length < (process.stderr.columns ?? 80)) return whole;
  const { dir, base } = parse(launcher);
  return `cd ${quote(dirname(dir))}\nnode ${basename(dir)}/${base} join ${drill}`;
}

function startBentham(scenario: string, { pods, jobs, platform, warRoom }: Load) {
  const args = [launcher, 'drill', scenario, '--serve', '--pods', String(pods), '--jobs', String(jobs)];
  if (platform) args.push('--platform');
  if (warRoom) args.push('--war-room');
  // Detached: a Ctrl-C at the terminal is the cockpit's to handle. The pipe on its standard input is its lifeline.
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  child.stdin?.on('error', () => {});
  let said = '';
  child.stderr?.on('data', (data) => {
    said = (said + data).slice(-2000);
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const ready = new Promise<Record<string, string>>((resolve, reject) => {
    const environment: Record<string, string> = {};
    let rest = '';
    child.stdout?.on('data', (data) => {
      const lines = `${rest}${data}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const [, name, value] = /^export ([A-Za-z0-9_]+)='(.*)'$/.exec(line) ?? [];
        if (name && value !== undefined) environment[name] = value.replaceAll(`'\\''`, `'`);
        if (line === 'ready') resolve(environment);
      }
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`the embedded Bentham did not start. ${said.trim()}`)));
  });
  return {
    child,
    ready,
    end() {
      child.stdin?.end();
      return exited;
    },
  };
}
