// `npm run dev [SCENARIO]`: starts an embedded Bentham and the cockpit on it, and rebuilds and restarts the cockpit when a
// source file changes. `q` in the cockpit ends both.
import { type ChildProcess, spawn } from 'node:child_process';
import { watch } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..');
const launcher = path.join(root, 'bin', 'bentham-cockpit.cjs');
const scenario = process.argv[2] ?? 'calm';

/** Builds, with output on the terminal; returns whether it worked. */
function build(): Promise<boolean> {
  const child = spawn(process.execPath, ['scripts/build.mjs', '--sourcemap'], { cwd: root, stdio: 'inherit' });
  return new Promise((resolve) => child.once('exit', (code) => resolve(code === 0)));
}

/** Starts the embedded Bentham; it ends when this process ends, in any way. */
async function startBentham(): Promise<Record<string, string>> {
  const child = spawn(process.execPath, [launcher, 'drill', scenario, '--serve'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const environment: Record<string, string> = {};
  let rest = '';
  await new Promise<void>((resolve) => {
    child.once('exit', (code) => process.exit(code ?? 1));
    child.stdout.on('data', (data) => {
      const lines = `${rest}${data}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const [, name, value] = /^export ([A-Za-z0-9_]+)='(.*)'$/.exec(line) ?? [];
        if (name && value !== undefined) environment[name] = value.replaceAll(`'\\''`, `'`);
        if (line === 'ready') resolve();
      }
    });
  });
  return environment;
}

let cockpit: ChildProcess | undefined;
let restarting = false;

function open(environment: Record<string, string>): void {
  const child = spawn(process.execPath, ['--enable-source-maps', launcher], {
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  });
  cockpit = child;
  child.once('exit', (code) => {
    if (!restarting) process.exit(code ?? 1);
  });
}

/** Ends the cockpit and waits until it has restored the terminal. */
function close(): Promise<void> {
  const child = cockpit;
  if (!child || child.exitCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}

process.stderr.write(`Building, then starting an embedded Bentham (${scenario}) …\n`);
if (!(await build())) process.exit(1);
const environment = await startBentham();
open(environment);

let again: Promise<void> = Promise.resolve();
let pending: NodeJS.Timeout | undefined;
const changed = () => {
  clearTimeout(pending);
  // An editor writes several files at once.
  pending = setTimeout(() => {
    again = again.then(async () => {
      restarting = true;
      await close();
      // If the build fails, its errors stay on the terminal until the next change.
      if (await build()) open(environment);
      restarting = false;
    });
  }, 150);
};
watch(path.join(root, 'src'), { recursive: true }, changed);
