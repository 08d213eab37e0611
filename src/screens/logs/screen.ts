// The log of a workload: all its pods merged, filtered, followed or paused.
import { describeFault } from '../../core/health/describe.ts';
import type { LogEntry } from '../../core/logs/log.ts';
import { type LogsShown, mostShown } from '../../core/logs/log-view.ts';
import { formatCount, formatInstant } from '../../core/text/format.ts';
import type { Place, State } from '../../store.ts';
import type { Row, Screen, View } from '../screen.ts';
import { bold, dim, firstFitting, type Line, line, lineWidth, mark, span } from '../toolkit/line.ts';
import { logKeys } from './keys.ts';
import { lineDetails, logRows } from './rows.ts';
import { beyondRow, fromOf, lineOf, logsId, oldestRow, optionsOf, subjectOf, tailRow, viewOf } from './view.ts';

export const logsScreen: Screen = {
  id: logsId,
  fullWidth: true,
  title: () => 'LOGS',
  keys: logKeys,
  view(state, place, { columns }): View {
    const options = optionsOf(place);
    const from = fromOf(place);
    const shown = state.logs && isOf(state.logs, place) ? state.logs : undefined;
    const says = line(
      bold(subjectOf(place)),
      dim(`  since ${from === undefined ? options.since : formatInstant(from)}`),
    );
    const following = place.selected === tailRow;
    const entries = shown?.entries ?? none;
    const lines = logRows(entries, options.clock, options.wraps, place.filter, options.find, columns - 1);
    const at = standing(place, entries);
    const position = shown && !following ? positionSays(shown, at) : undefined;
    return {
      says,
      head: shown ? [...warnings(shown), ...unstarted(shown, place, state)] : [],
      rows: [...lines, tail(shown, following)],
      window: {
        offset: shown?.position.offset ?? 0,
        stands: at,
        says: position || undefined,
      },
      filtersItself: true,
      right: firstFitting(columns - lineWidth(says) - ' LOGS   '.length, ...counts(shown, following)),
    };
  },
};

const none: readonly LogEntry[] = [];

/** The index of the selected line, or of the line that replaced it; undefined at the end. */
function standing({ selected }: Place, entries: readonly LogEntry[]): number | undefined {
  if (selected === oldestRow) return 0;
  const id = lineOf(selected);
  if (!Number.isFinite(id)) return undefined;
  const at = entries.findIndex((entry) => entry.id >= id);
  return at < 0 ? Math.max(0, entries.length - 1) : at;
}

function positionSays({ position }: LogsShown, at: number | undefined): string {
  if (at === undefined || position.kept === 0) return '';
  return `${formatCount(position.first + at + 1)} of ${formatCount(position.kept)} kept`;
}

/** The answer to an older query may still arrive. */
function isOf({ view }: LogsShown, place: Parameters<typeof viewOf>[0]): boolean {
  const wanted = viewOf(place);
  return JSON.stringify([view.workload, view.pod]) === JSON.stringify([wanted.workload, wanted.pod]);
}

/** In several lengths, the longest first. */
function counts(shown: LogsShown | undefined, following: boolean): readonly Line[] {
  if (!shown) return [line(dim('loading …'))];
  const { followed, expected } = shown.streams;
  const filtered = shown.view.filter.trim() !== '';
  const { waiting } = shown;
  // Not beside the title: a long filter would push it off a narrow screen.
  const previous = shown.view.previous ? ' with previous' : '';
  const lines = following
    ? `${filtered ? `${formatCount(shown.passed)} of ` : ''}${formatCount(shown.collected)} lines  `
    : `paused${waiting > 0 ? `, ${formatCount(waiting)} newer` : ''}  `;
  const streams = (more: string) =>
    followed < expected
      ? span(`${followed}/${expected} streams${more}`, 'warning')
      : dim(`${followed} stream${followed === 1 ? '' : 's'}${more}`);
  return [line(dim(lines), streams(previous)), line(dim(lines), streams('')), line(streams(''))];
}

/** What is missing, and why. */
function warnings(shown: LogsShown): Line[] {
  const { fault, problems, forgotten, streams, saved } = shown;
  const said: Line[] = [];
  if (fault) said.push(line(mark('unknown'), ` ${describeFault(fault)}`, dim(`  ${fault.hint}`)));
  for (const problem of problems) said.push(line(mark('warning'), ` ${problem}`));
  const missing = [
    forgotten > 0 ? `${formatCount(forgotten)} older lines dropped; the newest are kept` : '',
    streams.leftOut > 0 ? `${formatCount(streams.leftOut)} containers left out; select fewer pods` : '',
  ].filter(Boolean);
  if (missing.length > 0) said.push(line(dim(missing.join('  ·  '))));
  if (saved && 'file' in saved) said.push(line(dim(`saved ${formatCount(saved.lines)} lines to ${saved.file}`)));
  else if (saved) said.push(line(mark('warning'), ` not saved: ${saved.problem}`));
  return said;
}

/** Pods that have not started, and why: they have no lines yet. */
function unstarted({ streams }: LogsShown, { of }: Place, { world, incidentContext }: State): Line[] {
  const { unstarted: pods, pods: all } = streams;
  if (all === 0) {
    const labels = of.selector || incidentContext?.targets.logSelector;
    const byLabels = labels && !of.pod && !of.deployment;
    const none = byLabels ? `no pods with ${labels} in ${world.scope.namespace} now` : 'no such pods now';
    return [
      line(mark('unknown'), ` ${none}; new ones are followed`),
      ...(byLabels && !of.selector ? [line(dim('  if your pods have another label, set kubernetes.logSelector'))] : []),
    ];
  }
  return [
    ...pods.slice(0, mostNamed).map(({ pod, why }) => line(mark('warning'), ` ${pod} has not started: ${why}`)),
    ...(pods.length > mostNamed ? [line(dim(`  and ${formatCount(pods.length - mostNamed)} more`))] : []),
  ];
}

const mostNamed = 3;

/** The last row follows the log; while newer lines are not loaded, it is only the end of these. */
function tail(shown: LogsShown | undefined, following: boolean): Row {
  const last = shown?.entries.at(-1);
  const isEnd = following || !shown || !last || shown.waiting === 0 || shown.entries.length < mostShown;
  const draw = (): Line => {
    if (!shown) return line(dim('loading the log …'));
    const pace = shown.pace > 0 ? `  ${formatCount(shown.pace)} lines/s` : '';
    if (following) {
      const nothing =
        shown.entries.length === 0 ? (shown.view.filter ? 'no line passes the filter yet, ' : 'no line yet, ') : '';
      return line(dim(`${nothing}following${pace}`));
    }
    const more = shown.waiting > 0 ? `${formatCount(shown.waiting)} more` : 'no new lines';
    return line(dim(`paused: ${more}${pace}; G or space follows`));
  };
  // While following, enter opens the newest line.
  const newest = shown?.entries.findLast((entry) => !entry.mark);
  return {
    id: isEnd ? tailRow : beyondRow(last.id),
    text: '',
    opens: newest ? lineDetails(newest) : undefined,
    draw: () => [draw()],
    copies: { text: '', what: 'nothing' },
  };
}
