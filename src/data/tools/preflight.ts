// Programs and scripts of the checkout: whether they exist, and the output of read-only ones.
import { execa } from 'execa';
import type { Preflight, ToolOutput } from '../../core/actions/preflight.ts';
import { quote } from '../../core/text/shell.ts';
import { sanitize } from '../../core/text/text.ts';
import { type Ms, minute } from '../../core/time.ts';
import type { Fault } from '../../core/world/reading.ts';
import type { Result } from '../source.ts';
import { childEnvironment } from './environment.ts';
import { endsWithProgram } from './left-behind.ts';
import { findProgram } from './path.ts';

const longestRun: Ms = minute;
const mostLines = 500;

/** A program or a script, by name or path. The fault says what would make it run. */
export async function toolThere(command: string, directory = '.'): Promise<Result<true>> {
  const found = await findProgram(command, directory);
  if (found.ok) return { ok: true, value: true };
  const script = command.includes('/');
  const fault = (what: string, hint: string): Result<true> => ({
    ok: false,
    fault: { kind: 'unconfigured', where: directory, what, hint },
  });
  const where = 'or set admin.directory to the Bentham checkout';
  if (found.code === 'not-executable') return fault(`${command} is not executable`, `chmod +x ${quote(command)}`);
  if (found.code === 'directory') return fault(`${command} is a directory`, 'check its name');
  return fault(`${command} not found`, script ? `check its name, ${where}` : `install ${command}, ${where}`);
}

/** Runs something that changes nothing, and gives its last lines and its exit code. */
export async function outputOf(
  [program, ...argv]: readonly [string, ...string[]],
  { directory, environment, inherits, within = longestRun }: Parameters<Preflight['output']>[1] = {},
  signal: AbortSignal,
): Promise<Result<ToolOutput>> {
  const running = execa(program, argv, {
    cwd: directory || undefined,
    env: { ...childEnvironment(process.env, inherits), ...environment },
    extendEnv: false,
    stdin: 'ignore',
    all: true,
    lines: true,
    reject: false,
    timeout: within,
    cancelSignal: signal,
    maxBuffer: 4 * 1024 * 1024,
    detached: true,
  });
  endsWithProgram(running);
  const done = await running;
  if (done.exitCode === undefined) {
    const fault: Fault = {
      kind: done.timedOut ? 'timeout' : 'unconfigured',
      where: program,
      what: sanitize(done.shortMessage, 200),
      hint: 'try it by hand',
    };
    return { ok: false, fault };
  }
  const lines = done.all.slice(0, mostLines).map((line) => sanitize(line, 1000));
  return { ok: true, value: { code: done.exitCode, lines } };
}
