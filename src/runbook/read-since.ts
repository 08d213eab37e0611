// Whether what is judged was read again since an action ended: what was read before says nothing of its effect. Pure.
import type { Finding } from '../core/health/finding.ts';
import { recoveryOf, spanOf } from '../core/health/metric-window.ts';
import { metric } from '../core/health/metrics.ts';
import { type Instant, type Ms, second } from '../core/time.ts';
import type { FactId } from '../core/world/facts.ts';
import type { Reading } from '../core/world/reading.ts';
import { type MetricId, metricIds } from '../core/world/thresholds.ts';
import type { World } from '../core/world/world.ts';
import type { Concern } from './remedy.ts';

/** After an action every source is asked at once: what gives no answer has timed out by then. */
const askedWithin: Ms = 10 * second;

/** With fewer samples a window that begins before the action shows what was before it. */
const fewest = 3;

/** `leaves`: it falls, and by then no sample from before the action is left in its window. */
export type Since = { state: 'read' | 'unread' } | { state: 'falling'; leaves: Instant };

const isRead = (reading: Reading<unknown>, at: Instant, now: Instant): boolean => {
  if (reading.state === 'pending') return false;
  // What is lost tells when it was lost, not when it was last asked.
  return reading.state === 'live' ? reading.at >= at : reading.at >= at || now - at > askedWithin;
};

const areRead = ({ readings, now }: World, at: Instant, ...facts: readonly FactId[]): Since => ({
  state: facts.every((fact) => isRead(readings[fact], at, now)) ? 'read' : 'unread',
});

function metricSince(id: MetricId, world: World, at: Instant): Since {
  const measured = metric(id);
  const reading = measured.measure(world);
  if (!isRead(reading, at, world.now)) return { state: 'unread' };
  const { window } = measured;
  if (!window || reading.state !== 'live' || reading.at - spanOf(id, window.span, world) >= at)
    return { state: 'read' };
  const recovery = recoveryOf(measured, world);
  if (recovery) return { state: 'falling', leaves: recovery.leaves };
  const samples = (world.history[id] ?? []).filter((sample) => sample.at >= at);
  return { state: samples.length < fewest ? 'unread' : 'read' };
}

/** What a finding is, given an action that ended at `at`. */
export function findingSince({ id, area, metric: measured }: Finding, world: World, at: Instant): Since {
  if (measured) return metricSince(measured, world, at);
  switch (area) {
    case 'gateway':
    case 'redis':
    case 'studies':
    case 'surfaces':
    case 'backups':
      return areRead(world, at, area);
    case 'database':
      return areRead(world, at, id.startsWith('database/replica') ? 'replica' : 'primary');
    case 'pods':
      return areRead(world, at, 'deployments', 'pods');
    case 'metrics':
      return { state: 'read' };
  }
}

const isMetric = (name: string): name is MetricId => metricIds.some((id) => id === name);

/** Whether the row that a remedy concerns was read as a whole since `at`: a window has to begin after it. */
export function isConcernReadSince(concern: Concern, world: World, at: Instant): boolean {
  const [kind, name = ''] = concern.split('/', 2);
  if (kind === 'deployment') return areRead(world, at, 'deployments', 'pods').state === 'read';
  if (kind === 'surface') return areRead(world, at, 'surfaces').state === 'read';
  if (kind === 'metric') {
    if (!isMetric(name)) return true;
    const { window } = metric(name);
    return (
      metricSince(name, world, at).state === 'read' && (!window || world.now - spanOf(name, window.span, world) >= at)
    );
  }
  const [fact] = (['gateway', 'primary', 'replica', 'redis', 'cluster'] as const).filter((one) => one === name);
  return fact === undefined || areRead(world, at, fact).state === 'read';
}
