// Asks once, prints, and ends the process: what hangs must not keep it.
import { complain, print, printText } from '../../config/output.ts';
import { scopeOf } from '../../config/scope.ts';
import type { Settings } from '../../config/settings.ts';
import type { QueryKind } from '../../core/queries/query.ts';
import { second } from '../../core/time.ts';
import type { Fault } from '../../core/world/reading.ts';
import { deadline, pause, type Result } from '../../data/source.ts';
import { type Resolver, resolversFor } from '../../engine/resolvers.ts';
import { exitWith } from '../exit.ts';
import { tableLines } from '../run/text.ts';
import { lookOnce } from '../status/look.ts';
import { type Look, type LookFlags, type LookName, lookOf } from './looks.ts';
import type { Shown } from './shown.ts';

const codes = { answered: 0, absent: 1, noAnswer: 3 } as const;
/** A list of backups or pods that takes longer hangs. */
const patience = 20 * second;

export async function runLook(settings: Settings, name: LookName, flags: LookFlags): Promise<never> {
  const look = lookOf(name, flags);
  const result = await answerOf(settings, look);
  const at = Date.now();
  const { environment } = scopeOf(settings);
  const value = result.ok ? result.value : undefined;
  const fault = result.ok ? undefined : result.fault;
  const about = { version: 1, at: new Date(at).toISOString(), environment };
  const missing = result.ok ? look.absent?.(result.value) : undefined;
  const unanswered = (result.ok && look.unanswered?.(result.value)) || [];
  if (flags.json) print(JSON.stringify({ ...about, value, fault }, null, 2));
  else if (result.ok && missing === undefined) printText(textOf(look.shown(result.value, at)));
  if (!flags.json || !result.ok) explain(result, missing);
  for (const part of unanswered) complain(part);
  await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
  return exitWith(
    !result.ok || unanswered.length > 0 ? codes.noAnswer : missing === undefined ? codes.answered : codes.absent,
  );
}

function explain(result: Result<unknown>, missing: string | undefined): void {
  if (missing !== undefined) complain(missing);
  if (!result.ok) complain(`${result.fault.where}: ${result.fault.what}; ${result.fault.hint}`);
}

const textOf = ({ head, rows, says }: Shown): string =>
  [...(rows.length > 0 ? tableLines([head, ...rows]) : []), ...says].join('\n') || 'none';

async function answerOf(settings: Settings, { what, repeat = { times: 1, pause: 0 } }: Look): Promise<Result<unknown>> {
  if ('fact' in what) {
    const { world } = await lookOnce(settings, patience, undefined, [what.fact]);
    const reading = world.readings[what.fact];
    return reading.state === 'live' ? { ok: true, value: reading.value } : { ok: false, fault: faultOf(reading) };
  }
  const { readers, close } = resolversFor(settings);
  // Each kind has its own resolver, which the index type cannot express.
  const { read, timeout, where } = readers[what.ask.kind] as Resolver<QueryKind>;
  const { signal } = new AbortController();
  let result = await deadline((s) => read(what.ask, s), timeout, where, signal);
  for (let time = 1; time < repeat.times && result.ok; time += 1) {
    await pause(repeat.pause, signal);
    result = await deadline((s) => read(what.ask, s), timeout, where, signal);
  }
  void close();
  return result;
}

const faultOf = (reading: { state: string; fault?: Fault }): Fault =>
  reading.fault ?? { kind: 'timeout', where: 'the platform', what: 'no answer', hint: 'try again' };
