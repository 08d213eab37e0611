// Tries the commands that a shared incident needs, on keys of its own that end within seconds: only a write proves that
// writes work.
import { randomUUID } from 'node:crypto';
import { type Ms, second } from '../../core/time.ts';
import type { RelayClient, RelayOptions } from './connect.ts';

/** How long what is left of a try that failed stays there. */
const leftFor: Ms = 10 * second;

/** `keys`: the command is allowed, the keys are not. */
export type RefusedCommand = { command: string; why: 'command' | 'keys' };

/** `failed`: an error that is no lack of rights; nothing was tried after it. */
export type Tried = { refused: readonly RefusedCommand[]; failed?: unknown };

/** Runs each command once. An observer only reads. */
export async function tryCommands(client: RelayClient, options: RelayOptions): Promise<Tried> {
  const key = `${options.root}:doctor:${randomUUID()}`;
  const [stream, set] = [`${key}:stream`, `${key}:set`];
  const reading: readonly [string, ...string[]][] = [
    ['WATCH', key],
    ['UNWATCH'],
    ['GET', key],
    ['MGET', key],
    ['SMEMBERS', set],
    ['XLEN', stream],
    ['XRANGE', stream, '-', '+', 'COUNT', '1'],
    ['XREVRANGE', stream, '+', '-', 'COUNT', '1'],
    ['XREAD', 'COUNT', '1', 'STREAMS', stream, '0-0'],
  ];
  const writing: readonly [string, ...string[]][] = [
    ['SET', key, 'doctor', 'PX', String(leftFor), 'NX'],
    ['XADD', stream, 'MAXLEN', '~', '1', '*', 'line', 'doctor'],
    ['PEXPIRE', stream, String(leftFor)],
    ['SADD', set, 'doctor'],
    ['PEXPIRE', set, String(leftFor)],
    ['SREM', set, 'doctor'],
    ['DEL', key],
    ['DEL', stream],
    ['DEL', set],
  ];
  const tries = (options.readOnly ? reading : [...reading, ...writing]).map(([command, ...words]) => ({
    command,
    run: (): Promise<unknown> => client.call(command, ...words),
  }));
  if (!options.readOnly) tries.push({ command: 'MULTI', run: () => client.multi().get(key).exec() });
  const refused: RefusedCommand[] = [];
  for (const { command, run } of tries) {
    try {
      await run();
    } catch (error) {
      const one = refusedBy(error, command);
      if (!one) return { refused, failed: error };
      if (!refused.some((known) => known.command === one.command)) refused.push(one);
    }
  }
  return { refused };
}

/** `NOPERM this user has no permissions to run the 'exec' command`, also within EXECABORT. Undefined: not for lack of rights. */
export function refusedBy(error: unknown, tried: string): RefusedCommand | undefined {
  const answer = error instanceof Error ? error.message : '';
  if (answer.startsWith('ERR EXEC without MULTI')) return { command: 'MULTI', why: 'command' };
  if (!answer.includes('NOPERM')) return undefined;
  const [, command] = /'([\w|]+)'/.exec(answer) ?? [];
  if (command) return { command: command.toUpperCase(), why: 'command' };
  return { command: tried, why: /\bkeys?\b/.test(answer) ? 'keys' : 'command' };
}
