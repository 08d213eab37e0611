// What a program prints that only tells something.
import { execa, type Options } from 'execa';
import { endsWithProgram } from './left-behind.ts';

/** Bytes. */
const longest = 1024 * 1024;

/**
 * Its standard output. Throws where it fails, is late (`timeout`) or is stopped (`cancelSignal`); what it has started, as
 * kubectl its credential plugin, ends with it then. `env`: all that it gets.
 */
export async function printedBy(
  [program, ...argv]: readonly [string, ...string[]],
  options: Pick<Options, 'cwd' | 'env' | 'timeout' | 'cancelSignal'>,
): Promise<string> {
  const running = execa(program, argv, {
    ...options,
    extendEnv: false,
    stdin: 'ignore',
    stderr: 'ignore',
    maxBuffer: longest,
    detached: true,
  });
  endsWithProgram(running);
  return (await running).stdout;
}
