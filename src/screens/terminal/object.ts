// One object of Kubernetes as text: described, or as YAML. `/` finds, `y` copies a line, `C` all of it.
import { objectKindNamed } from '../../core/queries/object.ts';
import { type Query, queryReading } from '../../core/queries/query.ts';
import { newest } from '../../core/world/reading.ts';
import type { Place, State } from '../../store.ts';
import type { Row, Screen } from '../screen.ts';
import { bold, dim, type Line, line, span, wrap } from '../toolkit/line.ts';
import { memoize } from '../toolkit/memoize.ts';
import { missingRows } from '../toolkit/missing.ts';
import { ageSays, trouble } from '../toolkit/reading-status.ts';
import { gone } from '../toolkit/text-view.ts';

const viewOf = ({ of }: Place): 'yaml' | 'describe' => (of.view === 'yaml' ? 'yaml' : 'describe');

function askFor({ of }: Place): Query<'object'> | undefined {
  const kind = objectKindNamed(of.kind);
  return kind && of.name ? { kind: 'object', of: kind, name: of.name } : undefined;
}

const answerOf = (state: State, place: Place) => {
  const ask = askFor(place);
  return ask && newest(queryReading<'object'>(state.queries, ask))?.value;
};

/** Kept by the answer: thousands of lines are made into rows once. */
const rowsOf = memoize((lines: readonly string[], columns: number): readonly Row[] =>
  lines.map((text, at): Row => {
    const drawn = drawnLines(text, columns);
    return {
      id: String(at),
      text: text || ' ',
      height: drawn.length,
      draw: () => drawn,
      // Of a filtered text: the lines around it.
      opens: {
        kind: 'details',
        title: `line ${at + 1} of ${lines.length}`,
        lines: (_, wide) => around(lines, at, wide - 2),
      },
      copies: { text: text.trim(), what: 'the line' },
    };
  }),
);

/** Lines before and after a line. */
const context = 12;

function around(lines: readonly string[], at: number, columns: number): readonly Line[] {
  const from = Math.max(0, at - context);
  return lines.slice(from, at + context + 1).flatMap((text, index) => {
    const drawn = drawnLines(text, columns - 2);
    return drawn.map((each) => line(from + index === at ? span('▸ ', 'accent') : '  ', each));
  });
}

/** The name before a colon stands out. A long line goes on below, indented. */
function drawnLines(text: string, columns: number): readonly Line[] {
  const colon = /^(?:\s|- )*[^:\s][^:]{0,60}:(?=\s|$)/.exec(text)?.[0].length ?? 0;
  const whole = line(dim(text.slice(0, colon)), text.slice(colon));
  if (text.length <= columns) return [whole];
  const indent = ' '.repeat(Math.min(text.length - text.trimStart().length + 2, Math.floor(columns / 3)));
  const [first = '', ...rest] = pieces(text, columns, columns - indent.length);
  return [line(dim(first.slice(0, colon)), first.slice(colon)), ...rest.map((part) => line(indent, part))];
}

/** At blanks where there are some; else in the middle of a word, so that nothing is lost. */
function pieces(text: string, first: number, others: number): readonly string[] {
  const all: string[] = [];
  let rest = text;
  while (rest.length > 0) {
    const room = Math.max(10, all.length === 0 ? first : others);
    const blank = rest.length > room ? rest.lastIndexOf(' ', room) : -1;
    const end = rest.length <= room ? rest.length : blank > room / 2 ? blank : room;
    all.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return all;
}

export const objectScreen: Screen = {
  id: 'object',
  title: (place) => (viewOf(place) === 'yaml' ? 'YAML' : 'DESCRIBE'),
  queries: (place) => {
    const ask = askFor(place);
    return ask ? [ask] : [];
  },
  fullWidth: true,
  view(state, place, { columns }) {
    const { now } = state.world;
    const ask = askFor(place);
    if (!ask) return gone('this object');
    const reading = queryReading<'object'>(state.queries, ask);
    const answer = newest(reading)?.value;
    const room = columns - 2;
    const cut = answer?.isCut ? [line(dim('  longer than 5000 lines: the rest is not shown'))] : [];
    return {
      says: line(dim(`${ask.of} `), bold(ask.name)),
      right: ageSays(reading, now) ?? [],
      head: reading.state === 'lost' ? trouble(reading, 'kubernetes', now, room) : [],
      rows: answer ? [...missingRows(answer.missing), ...rowsOf(answer[viewOf(place)], room)] : [],
      empty: reading.state === 'pending' ? [line(dim('loading …'))] : wrap('no answer', room).map((text) => line(text)),
      foot: cut,
    };
  },
  keys: [
    {
      id: 'object-view',
      keys: ['v'],
      title: 'view',
      about: 'switch between describe and YAML',
      titleFor: ({ place }) => (viewOf(place) === 'yaml' ? 'describe' : 'YAML'),
      footer: 20,
      run: ({ place }) => [{ kind: 'adjust', of: { view: viewOf(place) === 'yaml' ? 'describe' : 'yaml' } }],
    },
    {
      id: 'copy-object',
      keys: ['C'],
      title: 'copy all',
      about: 'copy the whole text to the clipboard',
      footer: 30,
      unless: ({ state, place }) => (answerOf(state, place) ? undefined : 'nothing to copy yet'),
      run: ({ state, place }) => {
        const answer = answerOf(state, place);
        return answer
          ? [{ kind: 'copy', text: answer[viewOf(place)].join('\n'), what: `${place.of.kind} ${place.of.name}` }]
          : [];
      },
    },
  ],
};
