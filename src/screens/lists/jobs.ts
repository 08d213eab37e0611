// A study's jobs, newest first; of one status, or all.
import { formatAge, formatCount } from '../../core/format.ts';
import { type Ask, lookFor } from '../../core/look.ts';
import { newest } from '../../core/reading.ts';
import type { Job } from '../../core/study.ts';
import type { Instant } from '../../core/time.ts';
import { causeOf } from '../../runbook/causes.ts';
import type { Place } from '../../store.ts';
import { dim, line, span } from '../line.ts';
import { ageSays, shortAge, trouble } from '../parts.ts';
import type { Row, Screen } from '../screen.ts';
import { type Column, table, widest } from '../table.ts';
import { statusSpan } from './all-studies.ts';

/** More jobs than these are counted on the study's screen, not listed. */
const most = 2000;

const askFor = ({ of }: Place): Ask<'jobs'> => ({
  kind: 'jobs',
  study: of.study ?? '',
  status: of.status ?? '',
  rows: most,
});

/** How long a job took, or has been running. */
export function tookSays({ status, createdAt, endedAt }: Job, now: Instant): string {
  if (endedAt !== undefined) return formatAge(endedAt - createdAt);
  return status === 'executing' || status === 'running' ? formatAge(now - createdAt) : '–';
}

export const jobsScreen: Screen = {
  id: 'jobs',
  title: () => 'JOBS',
  looks: (place) => [askFor(place)],
  view({ world, looks }, place, { columns }) {
    const reading = lookFor<'jobs'>(looks, askFor(place));
    const { now } = world;
    const room = columns - 2;
    const found = newest(reading)?.value;
    const jobs = found?.rows ?? [];
    const id = widest(
      jobs.map((j) => j.id),
      4,
      36,
    );
    const all: Column<Job>[] = [
      { title: 'job', of: (j) => j.id, width: Math.min(id, 16), upTo: id },
      { title: 'surface', of: (j) => j.surface, width: 14, upTo: 24 },
      { title: 'status', of: (j) => statusSpan(j.status), width: 9 },
      { title: 'tries', of: (j) => String(j.attempts), width: 5, align: 'right', spare: 2 },
      { title: 'took', of: (j) => dim(tookSays(j, now)), width: 8, align: 'right', spare: 1 },
      { title: 'age', of: (j) => dim(shortAge(now - j.createdAt)), width: 5, align: 'right', spare: 3 },
      { title: 'error', of: (j) => j.error ?? '', width: 12, upTo: 400 },
    ];
    const { head, draw } = table(all, room);
    const rows = jobs.map(
      (j): Row => ({
        id: j.id,
        text: `${j.id} ${j.surface} ${j.status} ${j.error ?? ''}`,
        draw: () => [draw(j)],
        copies: { text: j.error ?? j.id, what: j.error ? `the error of ${j.id}` : j.id },
        opens: { kind: 'details', title: `job ${j.id}`, lines: () => detailsOf(j, now) },
      }),
    );
    const which = place.of.status ? `${place.of.status} ` : '';
    return {
      says: line(
        place.of.study ?? '',
        dim(`  ${formatCount(jobs.length)}${found?.more ? ' and more' : ''} ${which}jobs, newest first`),
      ),
      right: ageSays(reading, now) ?? [],
      head: [...(reading.state === 'lost' ? trouble(reading, 'database', now, room) : []), head],
      rows,
      empty: found ? [line(dim(`no ${which}jobs`))] : [],
    };
  },
};

function detailsOf(job: Job, now: Instant) {
  const cause = causeOf(job.error);
  return [
    line(dim('surface   '), job.surface),
    line(dim('status    '), statusSpan(job.status), `, ${job.attempts} tries`),
    line(dim('created   '), `${formatAge(now - job.createdAt)} ago`),
    line(dim('took      '), tookSays(job, now)),
    ...(job.error ? [line(dim('error     '), span(job.error))] : []),
    ...(cause ? [line(dim('cause     '), cause.cause), line(dim('fix       '), cause.fix)] : []),
  ];
}
