// A surface by what its jobs came to in the last hour, and by whether it was disabled.
import { disabledSince, type SurfaceStanding } from '../platform/surface-acts.ts';
import { doubtSays } from '../platform/unclear.ts';
import { formatCount, formatSince } from '../text/format.ts';
import type { Instant } from '../time.ts';
import type { Surface, Surfaces } from '../world/facts.ts';
import { evaluateValue, type Thresholds } from '../world/thresholds.ts';
import type { World } from '../world/world.ts';
import { estimateSays, marginSays, measureSays, sampledSays } from './measure.ts';
import type { HealthStatus } from './status.ts';

/**
 * The share of failed jobs, in percent, of all that ended. Jobs whose state nobody knows count as not failed, so it is
 * at least so much.
 */
export function failureRate({ failures, finished, unclear = 0 }: Surface): number {
  return finished + unclear > 0 ? (failures / (finished + unclear)) * 100 : 0;
}

/** Of how many jobs: `3 120`, of a sample `~3 100`. */
export const jobsSay = ({ finished, unclear = 0, jobsMargin }: Surface): string =>
  estimateSays(finished + unclear, jobsMargin);

/** The same with its margin behind it: `~3 100 ±240`. */
export const sampledJobs = ({ finished, unclear = 0, jobsMargin }: Surface): string =>
  sampledSays(finished + unclear, jobsMargin);

/** How many are in states that are not understood: `12`, of a sample `~40 ±24`. */
export const unclearJobs = ({ unclear = 0, unclearMargin }: Surface): string => sampledSays(unclear, unclearMargin);

/** The share with its sign of an estimate: `41 %`, `~41 %`, `<2 %`. */
export const failureShare = (s: Surface): string =>
  measureSays({ exact: s.margin === undefined, margin: s.margin }, failureRate(s), 'percent');

/** The same with its margin behind it: `~41 % ±8 %`. */
export const sampledShare = (s: Surface): string => `${failureShare(s)}${marginSays(s.margin, s.failures, 'percent')}`;

/** Studies with failed jobs: where a sample told them, at least so many. */
export const studiesSay = ({ affectedStudies, failuresMargin }: Surface): string =>
  `${failuresMargin ? '≥' : ''}${formatCount(affectedStudies)}`;

/**
 * By its share: enough to call it bad, and never enough to call it fine while states are not understood, or while the
 * sample may have missed so many.
 */
export function evaluateSurface(s: Surface, { doubt }: Pick<Surfaces, 'doubt'>, thresholds: Thresholds): HealthStatus {
  const verdict = evaluateValue(failureRate(s), thresholds.studyFailures);
  const mayBeBad = evaluateValue(failureRate(s) + (s.margin ?? 0), thresholds.studyFailures) !== 'ok';
  return verdict === 'ok' && (s.unclear || doubt || mayBeBad) ? 'unknown' : verdict;
}

/** Why an empty list proves nothing: states are missing, the count timed out, a sample found none; undefined where it does. */
export function uncountedSays({ surfaces, doubt, estimated, countedAt }: Surfaces): string | undefined {
  if (surfaces.length > 0) return undefined;
  if (doubt) return doubtSays(doubt, []);
  if (!estimated) return undefined;
  return countedAt === undefined
    ? 'the count of the last hour’s jobs timed out'
    : 'the sample found no jobs that finished in the last hour';
}

export type SurfaceHealth = { s: Surface; verdict: HealthStatus; disabled?: SurfaceStanding['switched'] };

/**
 * Each surface of a reading with its health. One that was disabled is a warning whatever its jobs of the hour before came
 * to, and is listed when none of them is left.
 */
export function surfacesHealth(world: World, seen: Surfaces | undefined): readonly SurfaceHealth[] {
  const { surfaceActs: acts, scope } = world;
  const there = seen?.surfaces ?? [];
  const without = [...new Set((acts ?? []).map(({ surface }) => surface))].filter(
    (id) => there.every((s) => s.id !== id) && disabledSince(acts, id),
  );
  return [...there, ...without.map((id): Surface => ({ id, failures: 0, finished: 0, affectedStudies: 0 }))].map(
    (s) => {
      const disabled = disabledSince(acts, s.id);
      const verdict = disabled ? 'warning' : evaluateSurface(s, seen ?? {}, scope.thresholds);
      return { s, verdict, disabled };
    },
  );
}

/** `DISABLED since 14:02:11Z (by ops1)`, in fewer and fewer words; a command without a known outcome is no proof. */
export function disabledSays(
  { at, by, certain }: NonNullable<SurfaceStanding['switched']>,
  now: Instant,
): { says: string; short: string; ways: readonly string[] } {
  const short = certain ? 'DISABLED' : 'DISABLED?';
  const since = certain
    ? `${short} since ${formatSince(at, now)}`
    : `${short} ${formatSince(at, now)}, outcome unknown`;
  const says = by ? `${since} (by ${by})` : since;
  return { says, short, ways: [says, since, short] };
}
