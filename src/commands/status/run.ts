// `status`: polls, prints, and exits with the overall health as exit code.
import { once } from 'node:events';
import { print, printText } from '../../config/output.ts';
import type { Settings } from '../../config/settings.ts';
import { reportOf } from '../../core/health/report.ts';
import { reportLine, reportText } from '../../core/health/report-text.ts';
import { themeNamed } from '../../core/text/terminal-look.ts';
import { type Ms, second } from '../../core/time.ts';
import { exitWith } from '../exit.ts';
import { taken, unblock } from '../terminal-waits.ts';
import { kubernetesInThread, threadOfStatus } from './worker-client.ts';

export type StatusOptions = {
  json?: boolean;
  line?: boolean;
  all?: boolean;
  watch?: boolean;
  rollout?: string;
  timeout?: Ms;
  /** False with --no-color. */
  color?: boolean;
};

const forOneLook: Ms = 5 * second;
/** Longer than the progress deadline of Kubernetes, which reports `stuck` first. */
const forRollout: Ms = 900 * second;

/** Runs to its end and ends the process: what hangs must not keep it. */
export async function runStatus(settings: Settings, options: StatusOptions): Promise<never> {
  const over = new AbortController();
  const thread = threadOfStatus();
  // A reader that has seen enough (head, grep -q) is no error.
  process.stdout.on('error', () => over.abort());
  if (options.watch || options.rollout !== undefined) {
    void thread?.terminate();
    const { watchRollout, watchStatus } = await import('./watch.ts');
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => over.abort());
    // Few lines: those that a terminal does not take are kept.
    unblock(process.stdout);
    const { json = false, rollout, timeout } = options;
    const common = { json, print: json ? print : printText, signal: over.signal };
    return leave(
      rollout === undefined
        ? await watchStatus(settings, { ...common, timeout })
        : await watchRollout(settings, rollout, { ...common, timeout: timeout ?? forRollout }),
      over.signal,
    );
  }
  const { lookOnce } = await import('./look.ts');
  const look = await lookOnce(
    settings,
    options.timeout ?? forOneLook,
    undefined,
    undefined,
    thread && ((its, load) => kubernetesInThread(thread, its, load)),
  );
  const report = reportOf(look.world, settings.profile, look.journal);
  const terminal = process.stdout.isTTY;
  const text = options.json
    ? JSON.stringify(report, null, 2)
    : options.line
      ? reportLine(report)
      : reportText(report, {
          all: options.all ?? false,
          columns: terminal ? process.stdout.columns : Number.POSITIVE_INFINITY,
          colour: wantsColour(settings, options.color !== false, terminal),
        });
  if (options.json) print(text);
  else printText(text);
  const goodbye = await look.end();
  await taken(process.stdout);
  return exitWith(report.exitCode, goodbye === 'late');
}

/** Ends when everything that was printed has been taken; soon after `signal`, whether it has or not. */
async function leave(code: number, signal: AbortSignal): Promise<never> {
  const enough = async () => {
    if (!signal.aborted) await once(signal, 'abort');
    await new Promise((resolve) => setTimeout(resolve, second));
  };
  await Promise.race([taken(process.stdout), enough()]);
  return exitWith(code);
}

/** NO_COLOR and --no-color turn colours off, FORCE_COLOR on; else a terminal that can has them. */
function wantsColour(settings: Settings, allowed: boolean, terminal: boolean): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (!allowed || themeNamed(settings.display.theme) === 'mono' || NO_COLOR) return false;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0';
  return terminal && TERM !== 'dumb';
}
