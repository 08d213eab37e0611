// Surfaces that were disabled, enabled or tested in this incident: what is so since then outranks the last hour.
import type { Check } from '../core/actions/action.ts';
import type { Evidence, Known, Recommendation } from '../core/incident/checklist.ts';
import { formatClock } from '../core/text/format.ts';
import type { Instant } from '../core/time.ts';
import { known as fresh } from '../core/world/reading.ts';
import type { World } from '../core/world/world.ts';

type Standing = {
  id: string;
  /** Whether it was disabled or enabled last; absent: neither, only tested. */
  switched?: { to: 'disabled' | 'enabled'; at: Instant };
  /** The last live test since then. */
  test?: { passed: boolean; at: Instant } | undefined;
};

const prefix = 'surface/';

/** The surfaces that this incident has done something to, the last one first. */
export function standings({ ran }: Known): readonly Standing[] {
  const all = new Map<string, Standing>();
  for (const { action, object, at, worked } of ran.toSorted((a, b) => a.at - b.at)) {
    if (!object.startsWith(prefix)) continue;
    const id = object.slice(prefix.length);
    const before = all.get(id) ?? { id };
    all.delete(id);
    if (action === 'test-surface') all.set(id, { ...before, test: { passed: worked, at } });
    else if (action === 'disable-surface') all.set(id, { id, switched: { to: 'disabled', at } });
    else if (action === 'enable-surface') all.set(id, { id, switched: { to: 'enabled', at } });
  }
  return [...all.values()].toReversed();
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

/** `disabled 14:02; live test passed 14:10`. */
function standingSays(world: World, { id, switched, test }: Standing): Check {
  const jobs = switched?.to === 'enabled' ? jobsSince(world, id, switched.at) : undefined;
  const because = [
    ...(switched ? [`${switched.to} ${formatClock(switched.at)}`] : []),
    ...(test ? [`live test ${test.passed ? 'passed' : 'failed'} ${formatClock(test.at)}`] : []),
    ...(jobs ? [jobsSay[jobs]] : switched && !test ? ['not tested since'] : []),
  ].join('; ');
  if (jobs === 'failed' || test?.passed === false) return { state: 'fail', because };
  return { state: test?.passed || jobs === 'completed' ? 'pass' : 'unknown', because };
}

/** One line for each surface that was acted on. */
export const surfacesSince = (world: World, known: Known): readonly Evidence[] =>
  standings(known).map((one) => ({
    subject: one.id,
    ...standingSays(world, one),
    at: one.test?.at ?? one.switched?.at ?? world.now,
  }));

/** Whether a surface was disabled, and is. */
export function disabledNow(known: Known): Check | undefined {
  const off = standings(known).find(({ switched }) => switched?.to === 'disabled');
  return off?.switched && { state: 'pass', because: `${off.id} is disabled since ${formatClock(off.switched.at)}` };
}

/** Whether the surface that was disabled may be enabled: by the live test since, not by the hour before. */
export function enableAdvice(world: World, known: Known): Recommendation | undefined {
  const last = standings(known).find(({ switched }) => switched !== undefined);
  if (!last?.switched) return undefined;
  const because = `${last.id}: ${standingSays(world, last).because}`;
  if (last.test) return { answer: last.test.passed ? 'yes' : 'no', because };
  if (last.switched.to === 'disabled') return { answer: 'unsure', because };
  const jobs = jobsSince(world, last.id, last.switched.at);
  return { answer: jobs === 'failed' ? 'no' : jobs === 'completed' ? 'yes' : 'unsure', because };
}
