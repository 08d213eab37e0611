// Programs and scripts of the checkout that only read: their output.
import { execa } from 'execa';
import type { Preflight, ToolOutput } from '../../core/actions/preflight.ts';
import { sanitize } from '../../core/text/text.ts';
import { type Ms, minute } from '../../core/time.ts';
import type { Fault } from '../../core/world/reading.ts';
import type { Result } from '../source.ts';
import { childEnvironment } from './environment.ts';
import { endsWithProgram } from './left-behind.ts';

const longestRun: Ms = minute;
const mostLines = 500;

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
