// Held and overdue studies, and jobs that do not end. No finding if there are none.
import { meaningOf } from '../platform/mapping.ts';
import { formatAge, formatCount } from '../text/format.ts';
import type { Instant } from '../time.ts';
import type { Count, StuckJobs, Studies, Study } from '../world/facts.ts';
import type { World } from '../world/world.ts';
import type { Finding } from './finding.ts';
import { decide } from './rules/index.ts';

/** Whether a study that is not over is past its deadline. */
export const isOverdue = ({ deadline }: Study, now: Instant): boolean => deadline !== undefined && deadline < now;

export const isHeld = ({ status }: Study): boolean => meaningOf('study', status) === 'held';

const count = ({ value, exact }: Count): string => `${exact ? '' : '≥'}${formatCount(value)}`;

/** The first few of them by name: `study_a, study_b, …`. */
function named(all: readonly string[], total: Count): string {
  const some = all.slice(0, 3);
  if (some.length === 0) return '';
  return `: ${some.join(', ')}${total.value > some.length ? ', …' : ''}`;
}

/** `1 held (PAUSED): study_13ab37`; undefined where none is. */
export function heldSays({ held, active }: Studies): string | undefined {
  if (!held || held.value === 0) return undefined;
  const seen = active.filter(isHeld);
  const words = [...new Set(seen.map(({ status }) => status))].join(', ');
  const ids = seen.map(({ id }) => id);
  return `${count(held)} held${words ? ` (${words})` : ''}${named(ids, held)}`;
}

/** `1 overdue: study_def456 by 35 m 2 s`; undefined where none is. */
export function overdueSays({ overdue, active }: Studies, now: Instant): string | undefined {
  if (!overdue || overdue.value === 0) return undefined;
  const late = active
    .filter((study) => isOverdue(study, now))
    .toSorted((a, b) => (a.deadline ?? 0) - (b.deadline ?? 0))
    .map(({ id, deadline = now }) => `${id} by ${formatAge(now - deadline)}`);
  return `${count(overdue)} overdue${named(late, overdue)}`;
}

/** `2 run too long, 47 m: c0123 of study_def456 on chatgpt-web`; undefined where none does. */
export function stuckSays(stuck: StuckJobs | undefined, now: Instant): string | undefined {
  if (!stuck || stuck.count.value === 0) return undefined;
  const { oldest } = stuck;
  const longest = oldest
    ? `, the longest for ${formatAge(now - oldest.since)}: ${oldest.job} of ${oldest.study} on ${oldest.surface}`
    : '';
  return `${count(stuck.count)} ${stuck.count.value === 1 ? 'runs' : 'run'} too long${longest}`;
}

/** That they could not be counted; undefined where they were, or where no column says when a job began. */
export const stuckUnknownSays = ({ stuckUncounted }: Studies): string | undefined =>
  stuckUncounted ? 'jobs that run too long could not be counted in time' : undefined;

/** What makes the count quick. */
export const stuckRemedy = 'an index on jobs.status may be missing';

export function evaluateStudies({ now, readings: { studies } }: World): Finding[] {
  if (studies.state !== 'live') return [];
  const found: Finding[] = [];
  const held = heldSays(studies.value);
  const overdue = overdueSays(studies.value, now);
  const stuck = stuckSays(studies.value.stuckJobs, now);
  const unknown = stuckUnknownSays(studies.value);
  const aboutStuck = { id: 'studies/stuck', area: 'studies', subject: 'jobs' } as const;
  if (overdue)
    found.push({
      id: 'studies/overdue',
      area: 'studies',
      subject: 'studies',
      ...decide('studies/overdue'),
      says: overdue,
    });
  if (held)
    found.push({
      id: 'studies/held',
      area: 'studies',
      subject: 'studies',
      ...decide('studies/held'),
      says: held,
      told: true,
    });
  if (stuck) found.push({ ...aboutStuck, ...decide('jobs/stuck'), says: stuck });
  else if (unknown) found.push({ ...aboutStuck, ...decide('jobs/stuck-unknown'), says: unknown, remedy: stuckRemedy });
  return found;
}
