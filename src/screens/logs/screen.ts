// The log of a workload: all its pods as one, filtered, followed or held.
import { describeFault } from '../../core/describe.ts';
import { formatCount, formatInstant } from '../../core/format.ts';
import { marksTooSlowly } from '../../core/log-passing.ts';
import type { LogsShown } from '../../core/log-view.ts';
import { bold, dim, type Line, line, mark, span } from '../line.ts';
import type { Row, Screen, View } from '../screen.ts';
import { logKeys } from './keys.ts';
import { logRows } from './rows.ts';
import { fromOf, logsId, optionsOf, subjectOf, tailRow, viewOf } from './view.ts';

export const logsScreen: Screen = {
  id: logsId,
  title: () => 'LOGS',
  keys: logKeys,
  view(state, place, { columns }): View {
    const options = optionsOf(place);
    const from = fromOf(place);
    const shown = state.logs && isOf(state.logs, place) ? state.logs : undefined;
    const says = line(
      bold(subjectOf(place)),
      dim(`  since ${from === undefined ? options.since : formatInstant(from)}`),
      options.previous ? dim('  and previous containers') : undefined,
    );
    const following = place.selected === tailRow;
    const rows = [
      ...logRows(shown?.entries ?? [], options.clock, options.wraps, place.filter, options.find, columns - 1),
      tail(shown, following),
    ];
    return {
      says,
      head: shown ? [...warnings(shown), ...unmarked(place.filter, options.find)] : [],
      rows,
      filtersItself: true,
      right: counts(shown),
    };
  },
};

/** An answer to an older question may still be on its way. */
function isOf({ view }: LogsShown, place: Parameters<typeof viewOf>[0]): boolean {
  const wanted = viewOf(place);
  return JSON.stringify([view.workload, view.pod]) === JSON.stringify([wanted.workload, wanted.pod]);
}

function counts(shown: LogsShown | undefined): Line {
  if (!shown) return line(dim('asking …'));
  const { followed, expected } = shown.streams;
  const filtered = shown.view.filter.trim() !== '';
  return line(
    filtered ? dim(`${formatCount(shown.passed)} of `) : undefined,
    dim(`${formatCount(shown.collected)} lines  `),
    followed < expected
      ? span(`${followed}/${expected} streams`, 'warning')
      : dim(`${followed} stream${followed === 1 ? '' : 's'}`),
  );
}

/** What is not there, and why. */
function warnings(shown: LogsShown): Line[] {
  const { fault, problems, skipped, forgotten, streams, saved } = shown;
  const said: Line[] = [];
  if (fault) said.push(line(mark('unknown'), ` ${describeFault(fault)}`, dim(`  ${fault.hint}`)));
  for (const problem of problems) said.push(line(mark('warning'), ` ${problem}`));
  const missing = [
    skipped > 0 ? `${formatCount(skipped)} lines came too fast to be shown: filter, or pause` : '',
    forgotten > 0 ? `${formatCount(forgotten)} older lines forgotten` : '',
    streams.leftOut > 0 ? `${formatCount(streams.leftOut)} containers left out: ask for fewer pods` : '',
  ].filter(Boolean);
  if (missing.length > 0) said.push(line(dim(missing.join('  ·  '))));
  if (saved && 'file' in saved) said.push(line(dim(`saved ${formatCount(saved.lines)} lines to ${saved.file}`)));
  else if (saved) said.push(line(mark('warning'), ` not saved: ${saved.problem}`));
  return said;
}

/** Said beside the engine's word on a filter: a highlight is the screen's own. */
function unmarked(filter: string, find: string): Line[] {
  return marksTooSlowly(`${filter} ${find}`)
    ? [line(mark('warning'), ` nothing is marked: ${find || filter} takes too long on these lines`)]
    : [];
}

/** Whoever stands on the last row follows. */
function tail(shown: LogsShown | undefined, following: boolean): Row {
  const draw = (): Line => {
    if (!shown) return line(dim('asking for the log …'));
    const pace = shown.pace > 0 ? `  ${formatCount(shown.pace)} lines/s` : '';
    if (following) {
      const none =
        shown.entries.length === 0 ? (shown.view.filter ? 'nothing passes the filter yet, ' : 'no line yet, ') : '';
      return line(dim(`${none}following${pace}`));
    }
    const more = shown.waiting > 0 ? `${formatCount(shown.waiting)} more` : 'nothing new';
    return line(dim(`paused: ${more}${pace}; G or space follows`));
  };
  return { id: tailRow, text: '', draw: () => [draw()], copies: { text: '', what: 'nothing' } };
}
