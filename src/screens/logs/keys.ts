// The keys of the log screen.

import type { LogEntry } from '../../core/logs/log.ts';
import { fieldClause, mentions, parseFilter } from '../../core/logs/log-filter.ts';
import { sinces } from '../../core/logs/log-view.ts';
import { isCounter } from '../../core/logs/request-trail.ts';
import { formatCount } from '../../core/text/format.ts';
import { momentSays, parseSince, pastForms } from '../../core/text/since.ts';
import { newest } from '../../core/world/reading.ts';
import type { Intent } from '../../store.ts';
import { onlyObserves } from '../incident/offers.ts';
import type { Binding, Here } from '../screen.ts';
import { oldestRow, optionsOf, tailRow } from './view.ts';

const errorsOnly = 'level=error';

const entriesOf = ({ state }: Here): readonly LogEntry[] => state.logs?.entries ?? [];

function entryOf(here: Here): LogEntry | undefined {
  const found = here.row && entriesOf(here).find((entry) => String(entry.id) === here.row?.id);
  return found?.mark ? undefined : found;
}

const adjust = (of: Readonly<Record<string, string | undefined>>): Intent => ({ kind: 'adjust', of });

/** Other lines will be collected, with other ids: start at their end. */
const collectAnew = (of: Readonly<Record<string, string | undefined>>): readonly Intent[] => [
  adjust(of),
  { kind: 'select', row: tailRow },
];

/** The filter with the clause added, or removed where it is present. */
function toggled(filter: string, clause: string): Intent {
  const words = filter.split(/\s+/).filter(Boolean);
  const own = clause.split(/\s+/);
  const without = words.filter((w) => !own.includes(w));
  const text = own.every((w) => words.includes(w)) ? without.join(' ') : [...without, ...own].join(' ');
  return { kind: 'filter', text, filtering: false };
}

/** Goes to the next matching line, or, without a search, to the next error. */
function jump(here: Here, by: 1 | -1): readonly Intent[] {
  const entries = entriesOf(here);
  const { find } = optionsOf(here.place);
  const at = entries.findIndex((entry) => String(entry.id) === here.row?.id);
  const from = at < 0 ? entries.length : at;
  const onTheWay = by > 0 ? entries.slice(from + 1) : entries.slice(0, from).reverse();
  const lines = onTheWay.filter((entry) => !entry.mark);
  const sought = parseFilter(find);
  const entry = find
    ? lines.find(({ raw, more }) => mentions(sought, [raw, ...more].join('\n')))
    : lines.find(({ level }) => (level ?? 0) >= 50);
  if (entry) return [{ kind: 'select', row: String(entry.id) }];
  const what = find ? `“${find}”` : 'error';
  const way = by > 0 ? 'later' : 'earlier';
  const { logs } = here.state;
  const beyond = by > 0 ? (logs?.waiting ?? 0) : (logs?.position.first ?? 0);
  const end = entries.at(by > 0 ? -1 : 0);
  if (beyond === 0 || at < 0 || !end) return [{ kind: 'notice', says: `no ${way} ${what} here`, verdict: 'unknown' }];
  // Goes to the last loaded line: more lines load, and the next key searches them.
  const says = `no ${way} ${what} in ${formatCount(lines.length)} lines; ${by > 0 ? 'n' : 'N'} searches further`;
  return [
    { kind: 'select', row: String(end.id) },
    { kind: 'notice', says, verdict: 'unknown' },
  ];
}

const noLine = (here: Here) => (entryOf(here) ? undefined : 'no line is selected');

function only(name: 'request' | 'study', field: 'requestId' | 'studyId', key: string, footer?: number): Binding {
  return {
    id: `logs-${name}`,
    keys: [key],
    title: `this ${name}`,
    about: `show only the lines with this line’s ${name}`,
    footer,
    unless: (here) => noLine(here) ?? (entryOf(here)?.fields[field] ? undefined : `this line has no ${name}`),
    run: (here) => {
      const entry = entryOf(here);
      const clause =
        entry && (name === 'request' ? requestClause(entry) : fieldClause(name, entry.fields[field] ?? ''));
      return clause ? [toggled(here.place.filter, clause)] : [];
    },
  };
}

/** By an id that is the request's alone; one that each pod counts for itself needs the pod beside it. */
function requestClause({ requestIds, pod }: LogEntry): string | undefined {
  const unique = requestIds.find((id) => !isCounter(id));
  if (unique !== undefined) return fieldClause('request', unique);
  const [counted] = requestIds;
  return counted && `${fieldClause('request', counted)} ${fieldClause('pod', pod)}`;
}

export const logKeys: readonly Binding[] = [
  {
    id: 'logs-oldest',
    keys: ['g', 'home'],
    instead: ['first'],
    title: 'oldest',
    about: 'go to the oldest line that is kept',
    silent: true,
    run: () => [{ kind: 'select', row: oldestRow }],
  },
  {
    id: 'logs-newest',
    keys: ['G', 'end'],
    instead: ['last'],
    title: 'newest',
    about: 'go to the end and follow',
    silent: true,
    run: () => [{ kind: 'select', row: tailRow }],
  },
  {
    id: 'logs-errors',
    keys: ['e'],
    title: 'errors',
    about: 'show only errors and worse (level 50 and above), or all lines',
    footer: 20,
    run: (here) => {
      const bad = (entryOf(here)?.level ?? 0) >= 50;
      // Stay on the line where it passes the new filter; else go to the end.
      return [toggled(here.place.filter, errorsOnly), ...(bad ? [] : [{ kind: 'select', row: tailRow } as const])];
    },
  },
  {
    id: 'logs-pause',
    keys: ['space'],
    title: 'pause',
    about: 'pause the view; new lines are still collected. Again: follow at the end',
    footer: 22,
    run: (here) => {
      const last = entriesOf(here).at(-1);
      if (here.place.selected !== tailRow || !last) return [{ kind: 'select', row: tailRow }];
      return [{ kind: 'select', row: String(last.id) }];
    },
  },
  {
    id: 'logs-next',
    keys: ['n'],
    instead: ['note'],
    title: 'next',
    about: 'next line with the highlighted text, or next error',
    footer: 24,
    run: (here) => jump(here, 1),
  },
  {
    id: 'logs-previous',
    keys: ['N'],
    title: 'previous match',
    about: 'previous line with the highlighted text, or previous error',
    run: (here) => jump(here, -1),
  },
  {
    id: 'logs-highlight',
    keys: ['h'],
    title: 'highlight',
    about: 'highlight a text or a /regular expression/; n and N jump to it, no line is hidden',
    footer: 30,
    run: ({ place }) => [
      {
        kind: 'form',
        form: {
          title: 'Highlight',
          fields: [
            {
              name: 'find',
              ask: 'text or /expression/',
              kind: 'text',
              optional: true,
              value: optionsOf(place).find,
              wrong: (text) => parseFilter(text).problems[0],
            },
          ],
          submit: ({ find = '' }) => {
            const [problem] = parseFilter(find).problems;
            return problem ?? [{ kind: 'close' }, adjust({ find: find || undefined })];
          },
        },
      },
    ],
  },
  {
    id: 'logs-since',
    keys: ['t'],
    title: 'since',
    about: 'change the time range: 1m, 5m, 15m, 1h, 6h, 24h, then 1m again',
    footer: 32,
    run: ({ place }) => {
      const at = sinces.findIndex(([name]) => name === optionsOf(place).since);
      return collectAnew({ since: sinces[(at + 1) % sinces.length]?.[0], from: undefined });
    },
  },
  {
    id: 'logs-from',
    keys: ['T'],
    title: 'since a time',
    about: 'show lines since a time (14:30, 2026-01-17 14:30, UTC) or an age (15m, 1h)',
    run: () => [
      {
        kind: 'form',
        form: {
          title: 'Show lines since',
          fields: [
            {
              name: 'since',
              ask: 'since',
              kind: 'text',
              hint: () => pastForms,
              wrong: (text, { world }) =>
                parseSince(text, world.now) === undefined ? `not a time in the past: enter ${pastForms}` : undefined,
              means: (text, { world }) => momentSays(parseSince(text, world.now), world.now),
            },
          ],
          submit: ({ since = '' }, { world }) => {
            const from = parseSince(since, world.now);
            if (from === undefined) return `not a time in the past: enter ${pastForms}`;
            return [{ kind: 'close' }, ...collectAnew({ from: String(from) })];
          },
        },
      },
    ],
  },
  only('request', 'requestId', 'r', 26),
  only('study', 'studyId', 'S', 28),
  {
    id: 'logs-pod',
    keys: ['P'],
    title: 'this pod',
    about: 'show only the lines of this line’s pod',
    unless: noLine,
    run: (here) => {
      const entry = entryOf(here);
      return entry ? [toggled(here.place.filter, fieldClause('pod', entry.pod))] : [];
    },
  },
  {
    id: 'logs-open-study',
    keys: ['J'],
    title: 'open study',
    about: 'open the study of this line',
    unless: (here) => noLine(here) ?? (entryOf(here)?.fields.studyId ? undefined : 'this line has no study'),
    run: (here) => {
      const study = entryOf(here)?.fields.studyId;
      return study ? [{ kind: 'open', screen: 'study', of: { study } }] : [];
    },
  },
  {
    id: 'logs-open-pod',
    keys: ['o'],
    title: 'open pod',
    about: 'open the pod of this line',
    unless: noLine,
    run: (here) => {
      const name = entryOf(here)?.pod;
      const pod = newest(here.state.world.readings.pods)?.value.find((p) => p.name === name);
      if (pod) return [{ kind: 'open', screen: 'pod', of: { pod: pod.uid } }];
      return [{ kind: 'notice', says: `${name} no longer exists`, verdict: 'unknown' }];
    },
  },
  {
    id: 'logs-previous-containers',
    keys: ['p'],
    title: 'previous',
    about: 'also show the containers before their last restart',
    run: ({ place }) => collectAnew({ previous: optionsOf(place).previous ? undefined : 'yes' }),
  },
  {
    id: 'logs-wrap',
    keys: ['W'],
    title: 'wrap',
    about: 'show whole lines and stacks, or one row for each line',
    footer: 34,
    run: ({ place }) => [adjust({ wrap: optionsOf(place).wraps ? undefined : 'yes' })],
  },
  {
    id: 'logs-clock',
    keys: ['u'],
    title: 'UTC/local',
    about: 'show times in UTC or in the local time zone',
    run: ({ place }) => [adjust({ clock: optionsOf(place).clock === 'utc' ? 'local' : undefined })],
  },
  {
    id: 'logs-save',
    keys: ['>'],
    title: 'save',
    about: 'write all collected lines that pass the filter to a file in the current directory',
    footer: 36,
    unless: ({ state }) => onlyObserves(state),
    run: () => [{ kind: 'send', command: { kind: 'logs-save' } }],
  },
];
