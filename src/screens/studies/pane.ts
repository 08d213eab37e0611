// STUDIES: the active studies, stalled ones first.

import { statesSay } from '../../core/health/states.ts';
import { isHeld, isOverdue, stuckUnknownSays } from '../../core/health/studies.ts';
import { meaningOf } from '../../core/platform/mapping.ts';
import { formatAge, formatCount, shortAge } from '../../core/text/format.ts';
import { fit } from '../../core/text/text.ts';
import { type Instant, minute } from '../../core/time.ts';
import type { Count, Studies, Study } from '../../core/world/facts.ts';
import { isStale, newest } from '../../core/world/reading.ts';
import type { World } from '../../core/world/world.ts';
import type { Row } from '../screen.ts';
import {
  columnsOf,
  dim,
  faded,
  firstFitting,
  type Line,
  line,
  lineWidth,
  mark,
  type Span,
  span,
  spread,
  wrap,
} from '../toolkit/line.ts';
import { memoize } from '../toolkit/memoize.ts';
import type { Pane } from '../toolkit/pane.ts';
import { ageSays, trouble } from '../toolkit/reading-status.ts';

/** A study that executes without progress for this long is stalled. */
export const stalledAfter = 10 * minute;

export function isExecuting(s: Study): boolean {
  const meaning = meaningOf('study', s.status);
  return meaning === 'running' || meaning === 'checking';
}

export function isStalled(s: Study, now: Instant): boolean {
  return isExecuting(s) && now - s.progressedAt > stalledAfter;
}

/** ▶ executing, ○ waiting, ‖ held, ▲ stalled or overdue. */
export function studyGlyph(s: Study, now: Instant): Span {
  if (isStalled(s, now) || isOverdue(s, now)) return span('▲', 'warning');
  if (isHeld(s)) return span('‖', 'warning');
  return isExecuting(s) ? span('▶', 'ok') : dim('○');
}

/** The platform's own word, short where room is short; `overdue` where it is. */
export function studyWord(s: Study, now: Instant, short: boolean): string {
  if (isOverdue(s, now)) return 'overdue';
  return short && meaningOf('study', s.status) === 'running' ? 'exec' : s.status;
}

/** `45 %`, or a dash where the completion is unknown. */
export function completionSays(s: Study): string {
  return s.completion === undefined ? '–' : `${Math.round(s.completion)} %`;
}

/** `3 active`, `≥3 active, 1 held, 2 overdue`; `? active` where only unknown statuses exist. */
export function activeSays({ activeCount, held, overdue, doubts }: Studies): string {
  if (doubts?.active && activeCount.value === 0) return '? active';
  const parts: readonly (readonly [Count | undefined, string])[] = [
    [held, 'held'],
    [overdue, 'overdue'],
  ];
  const more = parts.flatMap(([count, word]) => (count && count.value > 0 ? [countSays(count, word)] : []));
  return [countSays(activeCount, 'active'), ...more].join(', ');
}

const countSays = ({ value, exact }: Count, word: string) => `${exact ? '' : '≥'}${formatCount(value)} ${word}`;

/** What is unknown of the states, and of jobs that run too long, for the top of a list. */
export function unclearLines(seen: Studies | undefined, columns: number): Line[] {
  const says = seen ? [...(['study', 'job'] as const).map((of) => statesSay(of, seen)), stuckUnknownSays(seen)] : [];
  return says
    .filter((text) => text !== undefined)
    .flatMap((text) => wrap(text, columns - 2).map((part, i) => line(i === 0 ? mark('unknown') : ' ', ` ${part}`)));
}

/** What an empty list of studies says; nothing while it is not known to be empty. */
export function nothingActive(world: World): Line[] {
  const seen = newest(world.readings.studies)?.value;
  if (!seen) return [];
  const newestAt = seen.newestCreatedAt;
  const doubt = seen.doubts?.active;
  return [
    line(dim(doubt ? 'no known active study' : 'no active studies')),
    ...(newestAt ? [line(dim(`(newest created ${formatAge(world.now - newestAt)} ago)`))] : []),
    ...(seen.finishedLastHour > 0 ? [line(dim(`${seen.finishedLastHour} finished in the last hour`))] : []),
  ];
}

export const studiesPane: Pane = {
  id: 'studies',
  title: 'STUDIES',
  spots: {
    three: { band: 0, column: 2, rows: { weight: 58 } },
    two: { band: 1, column: 1, rows: { weight: 40, least: 4 } },
  },
  covers: (f) => f.id === 'metric/studyFailures' || f.area === 'studies',
  needs: ({ world: { readings } }) => {
    const seen = readings.studies.state === 'live' ? readings.studies.value : undefined;
    return seen && 1 + Math.max(3, seen.active.length + unclearLines(seen, 40).length);
  },
  view({ world }, { columns, rows: room }) {
    const reading = world.readings.studies;
    const seen = newest(reading)?.value;
    const old = reading.state !== 'live' || isStale(reading, world.now);
    const problem = trouble(reading, 'database', world.now, columns, room > 6 ? 4 : 2);
    const active = seen?.active ?? [];
    const shown = whatFits(active, columns, minutely(world.now));
    const age = ageSays(reading, world.now);
    const unclear = unclearLines(seen, columns).slice(0, room > 6 ? 4 : 2);
    const fitting = Math.max(0, room - problem.length - unclear.length);
    const count = !seen ? '' : active.length > fitting ? `${fitting} of ${activeSays(seen)}` : activeSays(seen);
    const head = age ?? (active.length > 0 ? line(dim('done')) : undefined);
    return {
      says: firstFitting(
        columns - columnsOf('5 STUDIES  ') - (head ? lineWidth(head) + 1 : 0),
        line(dim(count)),
        ...(active.length > fitting ? [line(dim(`${fitting} of ${active.length}`))] : []),
        [],
      ),
      right: head,
      isCounted: active.length > fitting,
      rows: [
        ...[...problem, ...unclear].map((l, i): Row => ({ id: `trouble/${i}`, text: '', draw: () => [l] })),
        ...active.map((s) => studyRow(s, world.now, columns, shown, old)),
      ],
      empty: nothingActive(world),
    };
  },
};

/** `status`: how wide, 0 where there is no room for it. */
type Shown = { status: number; short: boolean; failed: boolean; ago: boolean; tenant: boolean };

/** What a row has room for beside the id and the completion; whole or not at all. */
const whatFits = memoize((active: readonly Study[], columns: number, now: Instant): Shown => {
  const wide = (texts: string[]) => Math.max(0, ...texts.map(columnsOf));
  let left = columns - 3 - wide(active.map((s) => s.id)) - percent;
  const fits = (width: number) => {
    if (width > left) return false;
    left -= width;
    return true;
  };
  const short = columns < 44;
  const word = wide(active.map((s) => studyWord(s, now, short)));
  const status = fits(2 + word) ? word : 0;
  const failed = fits(12);
  return { status, short, failed, ago: fits(11), tenant: fits(2 + wide(active.map((s) => s.tenant))) };
});

/** Whole minutes: memoized rows change once a minute. */
const minutely = (now: Instant): Instant => Math.floor(now / minute) * minute;

function statusColumn(s: Study, now: Instant, { short, status }: Shown): Span {
  return span(`  ${fit(studyWord(s, now, short), status)}`, isOverdue(s, now) ? 'warning' : 'plain');
}

/** ` 100 %` */
const percent = 6;

function studyRow(s: Study, now: Instant, columns: number, shown: Shown, old: boolean): Row {
  return {
    id: s.id,
    text: `${s.id} ${s.tenant}`,
    draw: () => {
      const failed = s.jobsUncounted ? 'uncounted' : s.failedJobs > 0 ? `${formatCount(s.failedJobs)} failed` : '';
      const right = line(
        shown.failed ? dim(failed.padStart(12)) : undefined,
        shown.ago ? dim(`${shortAge(now - s.progressedAt).padStart(7)} ago`) : undefined,
        shown.status > 0 ? statusColumn(s, now, shown) : undefined,
        completionSays(s).padStart(percent),
      );
      const name = line(studyGlyph(s, now), ` ${s.id}`, shown.tenant ? dim(`  ${s.tenant}`) : undefined);
      const drawn = spread(name, right, columns);
      return [old ? faded(drawn) : drawn];
    },
    opens: { kind: 'open', screen: 'study', of: { study: s.id } },
    copies: { text: s.id, what: s.id },
  };
}
