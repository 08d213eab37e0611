// The lines of a log as rows of a list.

import { type LogEntry, treeOf } from '../../core/logs/log.ts';
import { hitsOf, parseFilter } from '../../core/logs/log-filter.ts';
import { type Clock, entryText, formatLogTime, type LogTone, piecesOf, shortPod } from '../../core/logs/log-text.ts';
import { formatInstant } from '../../core/text/format.ts';
import type { Row } from '../screen.ts';
import {
  columnsOf,
  dim,
  type Hue,
  hues,
  type Line,
  line,
  markAt,
  type Span,
  span,
  type Tone,
  textOf,
  wrap,
} from '../toolkit/line.ts';
import { memoize } from '../toolkit/memoize.ts';

const tones: Readonly<Record<LogTone, Tone>> = {
  time: 'dim',
  pod: 'dim',
  good: 'dim',
  warning: 'warning',
  bad: 'critical',
  message: 'plain',
  field: 'dim',
  stack: 'dim',
  mark: 'unknown',
};

/** The rows of a window; made once for the same window and options. */
export const logRows = memoize(
  (
    entries: readonly LogEntry[],
    clock: Clock,
    wraps: boolean,
    filter: string,
    find: string,
    columns: number,
  ): readonly Row[] => {
    const sought = parseFilter(`${filter} ${find}`);
    // Few pods say many lines.
    const names = new Set(entries.map((e) => (e.mark ? '' : e.pod)));
    const widest = [...names].reduce((most, name) => Math.max(most, columnsOf(shortPod(name))), 0);
    const pods = Math.min(widest, Math.max(5, Math.floor(columns / 6)));
    return entries.map((entry): Row => {
      const lines = () => {
        const spans = piecesOf(entry, clock, shortPod(entry.pod).slice(0, pods).padEnd(pods)).map(
          (piece): Span => span(piece.text, piece.tone === 'pod' ? hueOf(entry.pod) : tones[piece.tone]),
        );
        return wraps ? wrapped(spans, entry, columns) : [line(spans, unseen(entry))];
      };
      return {
        id: String(entry.id),
        text: entry.raw,
        draw: () => lines().map((each) => markAt(each, hitsOf(sought, textOf(each)))),
        height: wraps ? lines().length : undefined,
        opens: entry.mark ? undefined : lineDetails(entry),
        // Made when it is asked for: at full speed all rows are new, four times a second.
        get copies() {
          return { text: entryText(entry, clock), what: `the line of ${formatLogTime(entry.at, clock)}` };
        },
      };
    });
  },
  2,
);

/** The pod's own colour, the same for as long as it lives and on every screen: from its name (FNV-1a). */
function hueOf(pod: string): Hue {
  let hash = 0x811c9dc5;
  for (let at = 0; at < pod.length; at += 1) hash = Math.imul(hash ^ pod.charCodeAt(at), 0x01000193);
  return hues[(hash >>> 0) % hues.length] ?? 'hue1';
}

/** What an unwrapped row does not show. */
function unseen(entry: LogEntry): Line {
  return entry.more.length > 0 ? line(dim(`  +${entry.more.length} lines`)) : [];
}

/** The whole line below itself, indented, and its stack. */
function wrapped(spans: readonly Span[], entry: LogEntry, columns: number): readonly Line[] {
  const head = spans.slice(0, entry.mark ? 1 : 3);
  const headed = head.reduce((sum, s) => sum + columnsOf(s.text), 0);
  const indent = ' '.repeat(Math.min(20, headed));
  const room = Math.max(20, columns - indent.length);
  const text = spans
    .slice(head.length)
    .map((s) => s.text)
    .join('');
  // The head takes some of the first line's room.
  const taken = Math.min(headed - indent.length, room - 1);
  const [first = '', ...rest] = wrap(`${'x'.repeat(taken)}${text}`, room);
  const tone = entry.mark ? 'unknown' : 'plain';
  return [
    line(head, span(first.slice(taken), tone)),
    ...rest.map((each) => line(indent, span(each, tone))),
    ...entry.more.flatMap((each) => wrap(each, room).map((part) => line(indent, dim(part)))),
  ];
}

/** One whole line, as a tree. */
export function lineDetails(entry: LogEntry): Row['opens'] {
  return {
    kind: 'details',
    title: `line of ${entry.pod}`,
    lines: (_, columns) => {
      const pairs: readonly (readonly [string, string])[] = [
        ['time', `${formatInstant(entry.at)} (${formatLogTime(entry.at, 'utc')})`],
        ['pod', entry.pod],
        ['container', `${entry.container}${entry.previous ? ', before its last restart' : ''}`],
      ];
      const tree = treeOf(entry.raw);
      return [
        ...pairs.map(([name, value]) => line(dim(name.padEnd(12)), value)),
        [],
        ...tree.flatMap(({ depth, key, value }) => {
          const name = `${'  '.repeat(depth)}${key}`.padEnd(18);
          const [first = '', ...rest] = wrap(value, Math.max(20, columns - columnsOf(name) - 1));
          return [line(dim(`${name} `), first), ...rest.map((each) => line(' '.repeat(columnsOf(name) + 1), each))];
        }),
        ...(entry.more.length > 0 ? [[], line(dim('stack')), ...entry.more.map((each) => line(`  ${each}`))] : []),
      ];
    },
  };
}
