// What a run says while it runs, as lines of a command line: its output; what is counted, its rate and what is left.
import { countsSay, paceSays } from '../../core/actions/progress.ts';
import type { Run } from '../../core/actions/run.ts';
import { formatCounted } from '../../core/text/format.ts';
import { type Instant, second } from '../../core/time.ts';

/** Between two counts of the same thing; a phase of its own is told at once. */
const pause = second;

/**
 * The next line of a run, undefined where there is nothing new: `scanning heap of jobs: 12 % of 1 430 blocks · 31/s ·
 * ~40 s left`, `2 of 3 pods · 1/20 s · ~20 s left`. The last count of a thing is always told.
 */
export function progressTeller(): (run: Pick<Run, 'progress' | 'measured'>, now: Instant) => string | undefined {
  let told: string | undefined;
  let at = 0;
  return ({ progress, measured }, now) => {
    if (progress === undefined && measured === undefined) return undefined;
    const says = progress ?? (measured ? countsSay(measured) : '');
    if (says === told) return undefined;
    const isLast = measured?.total !== undefined && measured.done >= measured.total;
    if (told !== undefined && now - at < pause && !isLast && measured !== undefined) return undefined;
    [told, at] = [says, now];
    return [says, ...(measured ? paceSays(measured, now) : [])].join(' · ');
  };
}

/** The lines of a run's output since it was last asked; what is not kept any more is counted. */
export function outputTeller(): (run: Pick<Run, 'output' | 'omitted'>) => readonly string[] {
  let told = 0;
  return ({ output, omitted = 0 }) => {
    const missed = omitted - told;
    const fresh = output.slice(Math.max(0, -missed));
    told = omitted + output.length;
    return missed > 0 ? [`… ${formatCounted(missed, 'line')} omitted`, ...fresh] : fresh;
  };
}
