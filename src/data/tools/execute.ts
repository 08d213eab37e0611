// Commands of the checkout (pnpm admin:*, kubectl apply, scripts): an argument array, never a shell, in the configured
// directory. A command gets a process group of its own, so that Ctrl-C in the terminal asks us and not it.
import { execa } from 'execa';
import type { CommandCall } from '../../core/actions/call.ts';
import { formatAge } from '../../core/text/format.ts';
import { sanitize, stripControl } from '../../core/text/text.ts';
import { type Ms, second } from '../../core/time.ts';
import type { CallResult, ExecutionContext } from '../call-result.ts';
import { doubtOf } from '../kubernetes/kubectl-exit.ts';
import { LineSplitter } from '../kubernetes/logs/line-splitter.ts';
import { childEnvironment } from './environment.ts';
import { endsWithProgram, signalGroup } from './left-behind.ts';

/** Grace period of a command after SIGTERM. */
const graceful: Ms = 5 * second;
/** Bytes of a line; what is longer is cut, and that is said. */
const longestLine = 4000;
/** Lines that are kept for the end, and that one piece of output may add to what is shown. */
const mostKept = 200;
const mostTold = 400;

/** Lines and characters of output that are recorded. */
const mostRecorded = 5;
const longestRecorded = 200;

/** The end of the output, sanitized and redacted as all of it. */
const tailOf = (lines: readonly string[]): readonly string[] =>
  lines
    .filter((line) => line.trim() !== '')
    .slice(-mostRecorded)
    .map((line) => line.trim().slice(0, longestRecorded));

export async function executeCommand(
  call: CommandCall,
  { tell, signal }: Pick<ExecutionContext, 'tell' | 'signal'>,
): Promise<CallResult> {
  const [program, ...argv] = call.argv;
  if (signal.aborted) return { outcome: 'cancelled', says: 'stopped before it started' };
  const running = execa(program, argv, {
    cwd: call.directory || undefined,
    env: { ...childEnvironment(process.env, call.inherits), ...call.environment },
    extendEnv: false,
    stdin: 'ignore',
    all: true,
    buffer: false,
    reject: false,
    detached: true,
    cleanup: false,
  });
  // A pnpm script starts programs of its own: the whole group is meant.
  const end = (by: NodeJS.Signals) => signalGroup(running, by);
  // What changes something is not cut off in the middle.
  endsWithProgram(running, call.within);
  let why: 'time' | 'person' | undefined;
  let last: NodeJS.Timeout | undefined;
  const stop = (reason: 'time' | 'person') => {
    if (why) return;
    why = reason;
    end('SIGTERM');
    last = setTimeout(() => end('SIGKILL'), graceful);
  };
  const timer = setTimeout(() => stop('time'), call.within);
  const onAbort = () => stop('person');
  signal.addEventListener('abort', onAbort, { once: true });
  let lines: readonly string[] = [];
  const cutter = new LineSplitter(longestLine);
  const take = (read: (line: (text: string, cut: boolean) => void) => void) => {
    const fresh: string[] = [];
    let skipped = 0;
    read((text, cut) => {
      // A new secret is shown once, unredacted; everything else is sanitized.
      const safe = call.reveals ? stripControl(text, longestLine) : sanitize(text, longestLine);
      fresh.push(cut ? `${safe} … (line truncated)` : safe);
      if (fresh.length > mostTold) {
        fresh.shift();
        skipped += 1;
      }
    });
    if (fresh.length === 0) return;
    lines = [...lines, ...fresh].slice(-mostKept);
    tell(skipped > 0 ? [`… ${skipped} lines omitted`, ...fresh] : fresh);
  };
  try {
    for await (const chunk of running.all ?? []) take((line) => cutter.push(chunk as Buffer, line));
  } catch {
    // How it ended says the result.
  }
  take((line) => cutter.flush(line));
  const result = await running;
  clearTimeout(timer);
  clearTimeout(last);
  signal.removeEventListener('abort', onAbort);
  const began = result.exitCode !== undefined || result.signal !== undefined;
  const took = formatAge(result.durationMs);
  if (!began) {
    const says = `cannot start ${program}: ${sanitize(result.code ?? result.shortMessage, 200)}`;
    return { outcome: 'failed', says, hint: 'nothing was changed; check the program and the directory' };
  }
  if (why)
    return {
      outcome: 'unknown',
      says: `${program} was stopped ${why === 'time' ? 'at its time limit' : 'by the user'} after ${took}`,
      hint: 'it may be partly done: check before you retry',
    };
  const doubt = call.reaches && result.exitCode !== 0 ? doubtOf(lines, { signal: result.signal }) : undefined;
  if (doubt !== undefined) return { outcome: 'unknown', says: `${program}: ${doubt}`, hint: 'it may be partly done' };
  if (result.exitCode === 0) {
    const says = `${program} succeeded after ${took}`;
    if (!call.recordsOutput) return { outcome: 'done', says };
    return { outcome: 'done', says, recorded: ['exit code 0', ...tailOf(lines)].join('; ') };
  }
  const how = result.signal ? `was killed by ${result.signal}` : `failed with exit code ${result.exitCode}`;
  const ending = call.reveals ? '' : (lines.findLast((line) => line.trim() !== '') ?? '').slice(0, 200);
  const said = call.recordsOutput ? tailOf(lines).join('; ') : ending;
  return {
    // A killed program did not report what it did.
    outcome: result.signal ? 'unknown' : 'failed',
    says: `${program} ${how}${said ? `: ${said}` : ''}`,
    hint: 'read its output; it may be partly done',
  };
}
