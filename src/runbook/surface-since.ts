// Surfaces that were disabled, enabled or tested: what is so since then outranks the last hour.

import type { Check } from '../core/actions/action.ts';
import { disabledSays } from '../core/health/surfaces.ts';
import { type Evidence, type Known, nothingKnown, type Recommendation } from '../core/incident/checklist.ts';
import { surfaceAct } from '../core/incident/surface-record.ts';
import { type SurfaceStanding, surfaceStandings } from '../core/platform/surface-acts.ts';
import { formatSince } from '../core/text/format.ts';
import { hour, type Instant } from '../core/time.ts';
import { known as fresh } from '../core/world/reading.ts';
import type { World } from '../core/world/world.ts';

/** The surfaces that are disabled, or that something was done to in this incident or the last hour, the last one first. */
export function standings(world: World, { ran }: Known): readonly SurfaceStanding[] {
  const { surfaceActs = [] } = world;
  const own = ran.flatMap(({ action, object, at, worked, by = '' }) => {
    const phase = worked || action !== 'test-surface' ? 'finished' : 'failed';
    return surfaceAct({ action, target: object, phase }, by, at) ?? [];
  });
  // The journal holds the incident's acts too, with who did them.
  const missing = own.filter((one) => !surfaceActs.some(({ surface, at }) => surface === one.surface && at === one.at));
  const ofIncident = new Set(own.map(({ surface }) => surface));
  const { now } = world;
  return surfaceStandings([...surfaceActs, ...missing]).filter(({ id, switched, tests }) => {
    const isRecent = Math.max(switched?.at ?? 0, tests?.last.at ?? 0) > now - hour;
    return switched?.to === 'disabled' || isRecent || ofIncident.has(id);
  });
}

/** What its jobs came to since; undefined if none ended, or it is unknown. */
function jobsSince(world: World, id: string, since: Instant): 'completed' | 'failed' | 'mixed' | undefined {
  const seen = fresh(world.readings.surfaces, world.now)?.surfaces.find((one) => one.id === id);
  const [failed, done] = [(seen?.lastFailedAt ?? 0) > since, (seen?.lastDoneAt ?? 0) > since];
  if (failed) return done ? 'mixed' : 'failed';
  return done ? 'completed' : undefined;
}

const jobsSay = {
  completed: 'its jobs complete since, none failed',
  failed: 'jobs failed since, none completed',
  mixed: 'some jobs failed since',
} as const;

/** `3 of 3, last 14:10:02Z`; `failed 14:10:02Z`. */
export function testResult({ passed, of, last }: NonNullable<SurfaceStanding['tests']>, now: Instant): string {
  const at = formatSince(last.at, now);
  if (!last.passed) return `failed ${at}${of > 1 ? ` (${passed} of ${of} passed)` : ''}`;
  return of === 1 ? `passed ${at}` : `${passed} of ${of}, last ${at}`;
}

export const testsSay = (tests: NonNullable<SurfaceStanding['tests']>, now: Instant): string =>
  `live test ${testResult(tests, now)}`;

/** `disabled 14:02; live test passed 14:10`. */
function standingSays(world: World, { id, switched, tests }: SurfaceStanding): Check {
  const { now } = world;
  const jobs = switched?.to === 'enabled' ? jobsSince(world, id, switched.at) : undefined;
  const because = [
    ...(switched ? [switchedSays(switched, now)] : []),
    ...(tests ? [testsSay(tests, now)] : []),
    ...(jobs ? [jobsSay[jobs]] : switched && !tests ? ['not tested since'] : []),
  ].join('; ');
  if (jobs === 'failed' || tests?.last.passed === false) return { state: 'fail', because };
  return { state: tests?.last.passed || jobs === 'completed' ? 'pass' : 'unknown', because };
}

function switchedSays({ to, at, by, certain }: NonNullable<SurfaceStanding['switched']>, now: Instant): string {
  if (to === 'disabled') return disabledSays({ to, at, by, certain }, now).says;
  const who = by ? ` (by ${by})` : '';
  return `${certain ? 'enabled' : 'enable: outcome unknown'} ${formatSince(at, now)}${who}`;
}

/** One line for each surface that was acted on. */
export const surfacesSince = (world: World, known: Known): readonly Evidence[] =>
  standings(world, known).map((one) => ({
    subject: one.id,
    ...standingSays(world, one),
    at: one.tests?.last.at ?? one.switched?.at ?? world.now,
  }));

/** Whether a surface was disabled, and is. */
export function disabledNow(world: World, known: Known): Check | undefined {
  const off = standings(world, known).find(({ switched }) => switched?.to === 'disabled');
  if (!off?.switched) return undefined;
  const { says } = disabledSays(off.switched, world.now);
  return { state: off.switched.certain ? 'pass' : 'unknown', because: `${off.id} ${says}` };
}

/** Whether the surface that was disabled may be enabled: by the live test since, not by the hour before. */
export function enableAdvice(world: World, known: Known): Recommendation | undefined {
  const last = standings(world, known).find(({ switched }) => switched !== undefined);
  if (!last?.switched) return undefined;
  const because = `${last.id}: ${standingSays(world, last).because}`;
  if (last.tests) return { answer: last.tests.last.passed ? 'yes' : 'no', because };
  if (last.switched.to === 'disabled') return { answer: 'unsure', because };
  const jobs = jobsSince(world, last.id, last.switched.at);
  return { answer: jobs === 'failed' ? 'no' : jobs === 'completed' ? 'yes' : 'unsure', because };
}

/** How one surface stands: `DISABLED since 14:02:11Z by ops1; live test 3 of 3, last 14:10:02Z`. */
export function sinceSays(world: World, id: string): string {
  const one = standings(world, nothingKnown).find((standing) => standing.id === id);
  return one ? standingSays(world, one).because : '';
}
