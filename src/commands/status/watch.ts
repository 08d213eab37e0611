// `status --watch`: a line whenever something changes; with `--rollout`, one deploy to its end.
import { scopeOf } from '../../config/scope.ts';
import type { Settings } from '../../config/settings.ts';
import { changesBetween, changeText } from '../../core/health/changes.ts';
import { evaluate, type Finding } from '../../core/health/evaluate.ts';
import { reportOf } from '../../core/health/report.ts';
import { reportLine } from '../../core/health/report-text.ts';
import { rolloutStep } from '../../core/health/rollout.ts';
import { exitCode, worst } from '../../core/health/status.ts';
import { formatClock } from '../../core/text/format.ts';
import { type Ms, second } from '../../core/time.ts';
import { createEngine } from '../../engine/engine.ts';
import { sourcesFor } from '../../engine/sources.ts';
import { watchedSurfaceActs } from '../../engine/surface-acts.ts';
import { WorldStore } from '../../engine/world-store.ts';

export type WatchOptions = {
  json: boolean;
  /** Absent: until it is interrupted. */
  timeout?: Ms;
  print(line: string): void;
  /** Aborts when the person or the reader of the lines has had enough. */
  signal: AbortSignal;
};

/** The first lines are printed when every source has answered, or after this. */
const patience: Ms = 5 * second;

/** Prints what changes until it is stopped; gives the exit code of the last verdict. */
export async function watchStatus(settings: Settings, options: WatchOptions): Promise<number> {
  const { json, timeout, print, signal } = options;
  const sources = await sourcesFor(settings);
  const facts = new Set(sources.flatMap((source) => source.facts));
  const begun = Date.now();
  let findings: readonly Finding[] | undefined;
  let before: readonly Finding[] = [];
  const engine = createEngine({
    settings,
    sources,
    modules: [
      watchedSurfaceActs(settings),
      (host) => {
        host.onWorld((world) => {
          const waiting = [...facts].some((fact) => world.readings[fact].state === 'pending');
          if (!findings && waiting && world.now - begun < patience) return;
          if (!findings && !json) print(`${formatClock(world.now)} ${reportLine(reportOf(world, settings.profile))}`);
          findings = evaluate(world);
          const { changes, after } = changesBetween(before, findings, world.now, world);
          for (const change of changes)
            print(json ? JSON.stringify({ ...change, at: new Date(change.at).toISOString() }) : changeText(change));
          before = after;
        });
        return {};
      },
    ],
  });
  await ended(signal, timeout);
  await engine.stop();
  return findings ? exitCode[worst(findings.map((finding) => finding.verdict))] : exitCode.unknown;
}

/** Follows one rollout: 0 complete, 2 stuck, 3 unknown in time. */
export async function watchRollout(settings: Settings, deployment: string, options: WatchOptions): Promise<number> {
  const { json, timeout, print, signal } = options;
  const { kubernetesSources } = await import('../../data/kubernetes/sources.ts');
  const keeper = new WorldStore(scopeOf(settings));
  const over = new AbortController();
  let last: string | undefined;
  let result: number = exitCode.unknown;
  const say = (says: string, end?: number) => {
    if (says === last && end === undefined) return;
    last = says;
    const at = Date.now();
    print(
      json
        ? JSON.stringify({
            at: new Date(at).toISOString(),
            deployment,
            says,
            exitCode: end,
          })
        : `${formatClock(at)} ${deployment}  ${says}`,
    );
  };
  const wanted = kubernetesSources(settings).filter(({ facts }) =>
    facts.some((f) => ['cluster', 'deployments', 'pods', 'workloads'].includes(f)),
  );
  const running = wanted.map((source) =>
    source.start((news) => {
      if (over.signal.aborted) return;
      keeper.apply(news);
      const now = Date.now();
      const world = { ...keeper.world, now };
      const step = rolloutStep(world.readings.deployments, deployment, now, world);
      say(step.says, step.ends);
      if (step.ends === undefined) return;
      result = step.ends;
      over.abort();
    }, over.signal),
  );
  const inTime = await ended(AbortSignal.any([signal, over.signal]), timeout);
  if (!inTime) say(`not complete after ${(timeout ?? 0) / second} s: ${last ?? 'no answer'}`, result);
  over.abort();
  await Promise.race([
    Promise.allSettled(running.map((run) => run.ended)),
    new Promise<void>((resolve) => setTimeout(resolve, second).unref()),
  ]);
  return result;
}

/** False when the time ran out first. */
function ended(signal: AbortSignal, timeout: Ms | undefined): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(true);
  return new Promise((resolve) => {
    const clock = timeout === undefined ? undefined : setTimeout(() => resolve(false), timeout);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(clock);
        resolve(true);
      },
      { once: true },
    );
  });
}
