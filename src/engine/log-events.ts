// What the debug log records of the engine. Never the target of a command: it may contain typed text.
import type { Reading } from '../core/world/reading.ts';
import type { World } from '../core/world/world.ts';
import type { SourceUpdate } from '../data/source.ts';
import { debugLog, type LogFields } from '../disk/debug-log.ts';
import type { Command } from './protocol.ts';

/** The kind of a command and of its subject. */
export function describeCommand(command: Command): LogFields {
  const { kind } = command;
  if (kind === 'subscribe' || kind === 'unsubscribe') return { kind, query: command.ask.kind };
  if (kind === 'incident') return { kind, do: command.what.do };
  if (kind === 'refresh') return { kind, fact: command.fact ?? 'all' };
  if (kind !== 'run') return { kind };
  const { run, what } = command;
  return { kind, run, do: what.do, action: what.do === 'plan' ? what.action : undefined };
}

/** What a source told. It came, went, or fails in another way: always; the same as before: for `debug`. */
export function logUpdate(source: string, update: SourceUpdate, before: World): void {
  if (!debugLog.writes('warn')) return;
  const { fact, took } = update;
  const was = outcomeOf(before.readings[fact]);
  const fault = 'fault' in update ? update.fault : undefined;
  const is = fault ? `lost ${fault.code ?? fault.kind}` : 'live';
  const level = is === was ? 'debug' : fault ? 'warn' : 'info';
  debugLog.write(level, 'source', {
    source,
    fact,
    state: fault ? 'lost' : 'live',
    took,
    from: 'from' in update ? update.from : undefined,
    age: 'from' in update ? Date.now() - update.at : undefined,
    fault: fault ? { kind: fault.kind, code: fault.code, where: fault.where, what: fault.what } : undefined,
  });
}

const outcomeOf = (reading: Reading<unknown>): string =>
  reading.state === 'lost' ? `lost ${reading.fault.code ?? reading.fault.kind}` : reading.state;
