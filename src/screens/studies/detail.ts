// One study: its row in the database, the API's answer, its jobs, its failures with their causes, stuck jobs.

import { meaningOf, openStudy } from '../../core/platform/mapping.ts';
import { type Query, queryReading } from '../../core/queries/query.ts';
import { disagreements, type Job, type StudyDetail } from '../../core/queries/study.ts';
import { formatAge, formatCount, formatInstant } from '../../core/text/format.ts';
import { type Instant, minute } from '../../core/time.ts';
import type { Study } from '../../core/world/facts.ts';
import { newest } from '../../core/world/reading.ts';
import { causeOf } from '../../runbook/causes.ts';
import type { Place } from '../../store.ts';
import type { Row, Screen, View } from '../screen.ts';
import { descriptionList } from '../toolkit/description-list.ts';
import { bold, dim, type Line, line, mark, span } from '../toolkit/line.ts';
import { ageSays, trouble } from '../toolkit/reading-status.ts';
import { statusSpan } from './all.ts';
import { jobLines, tookSays } from './jobs.ts';
import { isStalled } from './pane.ts';

const askFor = ({ of }: Place): Query<'study'> => ({ kind: 'study', study: of.study ?? '' });

/** The known part before the query is answered: the row of the list that opened it. */
type Known = Pick<Study, 'id' | 'tenant' | 'status' | 'completion' | 'createdAt' | 'progressedAt' | 'deadline'>;

export const studyScreen: Screen = {
  id: 'study',
  title: () => 'STUDY',
  queries: (place) => [askFor(place)],
  view({ world, queries: looks }, place, { columns }): View {
    const { now } = world;
    const id = place.of.study ?? '';
    const reading = queryReading<'study'>(looks, askFor(place));
    const detail = newest(reading)?.value;
    const active = newest(world.readings.studies)?.value.active.find((one) => one.id === id);
    const room = columns - 2;
    const known: Known | undefined = detail ? detail.row : active;
    const problem = reading.state === 'lost' ? trouble(reading, 'database', now, room, 4) : [];
    return {
      says: line(bold(id), dim(known ? `  ${known.tenant}` : '')),
      right: ageSays(reading, now) ?? [],
      head: [...problem, ...heads(known, active, detail, now, room)],
      rows: detail
        ? [...jobRows(id, detail), ...errorRows(id, detail, room), ...stuckRows(detail, now, world.scope.jobTimeout)]
        : [],
      empty: [line(dim(noJobsSays(detail, known !== undefined)))],
    };
  },
};

function noJobsSays(detail: StudyDetail | undefined, known: boolean): string {
  if (!detail) return 'loading …';
  if (detail.jobsUncounted) return 'the jobs query timed out: an index on jobs.study_id may be missing';
  return known ? 'no jobs' : 'no jobs of this study either';
}

function heads(
  known: Known | undefined,
  active: Study | undefined,
  detail: StudyDetail | undefined,
  now: Instant,
  room: number,
): Line[] {
  if (!known) return detail ? [line(mark('unknown'), ' not in the database'), ...apiLines(detail, room)] : [];
  const when = (at: number) => `${formatInstant(at)}, ${formatAge(now - at)} ago`;
  const stalled = active && isStalled(active, now) ? span('  no progress for a while', 'warning') : undefined;
  const facts = descriptionList(
    [
      ['status', line(statusSpan(known.status), stalled)],
      ['completion', known.completion === undefined ? 'unknown' : `${Math.round(known.completion)} %`],
      ['last progress', when(known.progressedAt)],
      ['created', when(known.createdAt)],
      ['deadline', known.deadline === undefined ? undefined : deadlineLine(known.deadline, known.status, now)],
      ['cost', detail?.cost === undefined ? undefined : detail.cost.toFixed(2)],
    ],
    room,
  );
  return [...facts, ...(detail ? apiLines(detail, room) : []), []];
}

/** When it is due, and whether it is late. A study that is over is late no more. */
function deadlineLine(deadline: Instant, status: string, now: Instant): Line {
  if (deadline >= now) return line(`${formatInstant(deadline)}, in ${formatAge(deadline - now)}`);
  const open = openStudy.some((meaning) => meaning === meaningOf('study', status));
  const late = `${formatInstant(deadline)}, ${formatAge(now - deadline)} ago`;
  return open ? line(span(`${late}: overdue`, 'warning')) : line(late);
}

/** The API beside the database, loud only where they disagree. */
function apiLines(detail: StudyDetail, room: number): Line[] {
  const { answer, problem } = detail.api;
  if (!answer) return descriptionList([['API says', line(dim(problem ?? 'no answer'))]], room);
  const differ = disagreements(detail);
  const said = [
    answer.status,
    answer.tenant,
    answer.completion === undefined ? undefined : `${Math.round(answer.completion)} %`,
  ];
  const words = said.filter((word) => word !== undefined).join(', ');
  const verdict =
    differ.length > 0
      ? line(mark('warning'), ` ${words}  `, span(`differs: ${differ.join(', ')}`, 'warning'))
      : line(mark('ok'), dim(` agrees: ${words}`));
  return descriptionList([['API says', verdict]], room);
}

/** Jobs by status, with surfaces; each opens the list of them. */
function jobRows(study: string, { counts, exact }: StudyDetail): Row[] {
  const statuses = [...new Set(counts.map(({ status }) => status))].sort();
  return statuses.map((status): Row => {
    const here = counts.filter((one) => one.status === status).toSorted((a, b) => b.count - a.count);
    const total = here.reduce((sum, { count }) => sum + count, 0);
    const surfaces = here.map(({ surface, count }) => `${surface} ${formatCount(count)}`).join(', ');
    return {
      id: `status/${status}`,
      text: `${status} ${surfaces}`,
      draw: () => [
        line(
          statusSpan(status.padEnd(10), 'job'),
          ` ${`${exact ? '' : '≥'}${formatCount(total)}`.padStart(8)} jobs  `,
          dim(surfaces),
        ),
      ],
      opens: { kind: 'open', screen: 'jobs', of: { study, status } },
      copies: { text: `${status}: ${total} (${surfaces})`, what: `${status} jobs` },
    };
  });
}

function errorRows(study: string, { errors, exact }: StudyDetail, room: number): Row[] {
  return errors.map(({ message, code, count, final }): Row => {
    const cause = causeOf(message);
    const because = final
      ? line(
          dim(' '.repeat(11)),
          span(
            `${final === count ? 'a retry' : `a retry of ${formatCount(final)}`} cannot succeed${code ? ` (${code})` : ''}`,
            'warning',
          ),
        )
      : cause
        ? line(dim(`${' '.repeat(11)}${cause.cause}: `), span(cause.fix, 'accent'))
        : undefined;
    return {
      id: `error/${code ?? ''}/${message}`,
      text: message,
      height: because ? 2 : 1,
      draw: () => [
        line(
          span('✗ error', 'critical'),
          ` ${`${exact ? '' : '≥'}${formatCount(count)}`.padStart(6)}×  `,
          message.slice(0, room),
        ),
        ...(because ? [because] : []),
      ],
      opens: { kind: 'open', screen: 'jobs', of: { study, status: 'failed' }, filter: message.slice(0, 40) },
      copies: { text: message, what: 'the error' },
    };
  });
}

function stuckRows({ running, slowest }: StudyDetail, now: Instant, timeout = 10 * minute): Row[] {
  const row = (job: Job, word: Line): Row => ({
    id: `job/${job.id}`,
    text: `${job.id} ${job.surface} ${job.status}`,
    draw: () => [line(word, ` ${tookSays(job, now).padStart(9)}  `, job.surface, dim(`  job ${job.id}`))],
    opens: { kind: 'details', title: `job ${job.id}`, lines: (_, columns) => jobLines(job, now, columns - 2) },
    copies: { text: job.id, what: `job ${job.id}` },
  });
  return [
    ...running.map((job) =>
      row(
        job,
        now - (job.begunAt ?? job.createdAt) > timeout
          ? line(span('▲ stuck  ', 'warning'))
          : line(span('▶ runs   ', 'ok')),
      ),
    ),
    ...slowest.filter((job) => !running.some(({ id }) => id === job.id)).map((job) => row(job, line(dim('  slowest')))),
  ];
}
