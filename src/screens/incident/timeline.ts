// The live timeline; newest last, pinned entries marked.

import { mapping, type ReadonlyList } from '../../core/growing.ts';
import { surfacesHealth } from '../../core/health/surfaces.ts';
import { type Entry, type EventOf, entryWithId } from '../../core/incident/event.ts';
import type { Incident } from '../../core/incident/incident.ts';
import { memoizeEach } from '../../core/memoize-each.ts';
import { formatClock, formatCounted } from '../../core/text/format.ts';
import { known } from '../../core/world/reading.ts';
import { findStep } from '../../runbook/checklists.ts';
import { type Told, timelineTeller } from '../../runbook/timeline.ts';
import { type Story, type StoryKind, timelineText } from '../../runbook/timeline-text.ts';
import type { Intent, State } from '../../store.ts';
import type { Row, Screen } from '../screen.ts';
import { dim, fitLine, type Line, line, mark, span, wrap } from '../toolkit/line.ts';
import { memoize } from '../toolkit/memoize.ts';
import { send } from './asking.ts';
import { onlyObserves } from './offers.ts';

const orders = ['newest', 'oldest', 'pinned', 'people only'] as const;
type Order = (typeof orders)[number];

/** The entries that people read, oldest first, each with its words. */
export const told = memoize(timelineTeller(), 2);

export const timelineScreen: Screen = {
  id: 'timeline',
  title: () => 'TIMELINE',
  palette: 'timeline',
  also: 'journal history export report postmortem',
  sorts: orders,
  view(state, place) {
    const { incident, incidentContext } = state;
    if (!incident) return { rows: [], empty: [line(dim('no incident is open; i opens one'))] };
    const order = orders[place.sort % orders.length];
    const all = told(incident);
    const rows = rowsOf(all, incident.pins, order);
    return {
      says: line(dim(`${formatCounted(all.length, 'entry', 'entries')}, ${incident.pins.length} pinned`)),
      head: (incidentContext?.journal.notes ?? []).slice(0, 3).map((says) => line(mark('warning'), ` journal ${says}`)),
      rows,
      empty: [line(dim('nothing is pinned; p pins an entry'))],
    };
  },
  keys: [
    {
      id: 'pin',
      keys: ['p'],
      title: 'pin',
      about: 'pin or unpin the entry',
      footer: 20,
      unless: ({ row, state }) => (row ? onlyObserves(state) : 'no entry is selected'),
      run: ({ row, state }) =>
        row ? [send({ do: 'pin', entry: row.id, pinned: !state.incident?.pins.includes(row.id) })] : [],
    },
    {
      id: 'jump',
      keys: ['o'],
      title: 'go to',
      about: 'open the subject of the entry',
      footer: 21,
      unless: ({ row, state }) => (row && jump(state, row.id) ? undefined : 'the entry has no related screen'),
      run: ({ row, state }) => (row ? (jump(state, row.id) ?? []) : []),
    },
  ],
};

const rowsOf = memoize((all: ReadonlyList<Told>, pinned: Incident['pins'], order: Order = 'newest'): readonly Row[] => {
  const rows = withPins(plainRows(all), pinned);
  if (order === 'oldest') return rows;
  const some =
    order === 'pinned'
      ? rows.filter(({ pinned }) => pinned)
      : order === 'people only'
        ? rows.filter(({ told: { story } }) => story.kind !== 'verdict' && story.kind !== 'alert')
        : rows;
  return some.toReversed();
});

/** A row for each entry of a long incident: what it says, opens and copies is made when it is asked for. */
class TimelineRow implements Row {
  readonly told: Told;
  readonly pinned: boolean;

  constructor(told: Told, pinned = false) {
    this.told = told;
    this.pinned = pinned;
  }

  get id(): string {
    return this.told.entry.id;
  }

  get text(): string {
    const { story, who } = this.told;
    return `${story.kind} ${who} ${story.says} ${story.detail ?? ''}`;
  }

  draw(columns: number): readonly Line[] {
    const { entry, story, who } = this.told;
    return [
      fitLine(
        line(
          dim(`${formatClock(entry.at)}  `),
          this.pinned ? span('* ', 'accent') : '  ',
          story.verdict ? mark(story.verdict) : ' ',
          dim(` ${who.slice(0, 10).padEnd(10)} `),
          story.kind === 'note' ? span(story.says, 'bold') : story.says,
          story.detail ? dim(`  ${story.detail}`) : undefined,
        ),
        columns,
      ),
    ];
  }

  get opens(): Row['opens'] {
    const { entry, story, who } = this.told;
    return {
      kind: 'details',
      title: `${formatClock(entry.at)} ${who}@${entry.writer.host}`,
      lines: (_, columns) => atLength(entry, story, columns),
    };
  }

  get copies(): Row['copies'] {
    const { entry, story, who } = this.told;
    const detail = story.detail ? ` (${story.detail})` : '';
    return { text: `${new Date(entry.at).toISOString()} ${who}: ${story.says}${detail}`, what: 'the entry' };
  }
}

const plainRows = mapping((told: Told) => new TimelineRow(told));
const pinnedRow = memoizeEach(({ told }: TimelineRow) => new TimelineRow(told, true));

function withPins(rows: readonly TimelineRow[], pinned: Incident['pins']): readonly TimelineRow[] {
  if (pinned.length === 0) return rows;
  const pins = new Set(pinned);
  return rows.map((row) => (pins.has(row.id) ? pinnedRow(row) : row));
}

function atLength(entry: Entry, story: Story, columns: number): readonly Line[] {
  const text = [story.says, ...(story.detail ? ['', story.detail] : [])];
  if (entry.event.kind === 'opened') text.push('', ...(entry.event.evidence ?? []));
  if (entry.event.kind === 'action') text.push('', ...(entry.event.calls ?? []).map((call) => `$ ${call}`));
  return text.flatMap((part) => wrap(part, columns - 4).map((row) => line('  ', row)));
}

const screenOf: Partial<Record<StoryKind, string>> = { message: 'notify', people: 'people', alert: 'alerts' };

/** Where an entry leads: its step, its metric, its pods, the messages. */
function jump(state: State, id: string): readonly Intent[] | undefined {
  const entry = state.incident && entryWithId(state.incident.entries, id);
  if (!entry) return undefined;
  const { event } = entry;
  if ('step' in event && event.step !== undefined && findStep(event.step))
    return [
      { kind: 'open', screen: 'incident' },
      { kind: 'select', row: event.step },
    ];
  if (event.kind === 'action') return actedOn(state, event);
  if (event.kind === 'severity' || event.kind === 'procedure') return [{ kind: 'open', screen: 'incident' }];
  if (event.kind === 'acknowledged' || event.kind === 'snoozed') return [{ kind: 'open', screen: 'alerts' }];
  const about = event.kind === 'verdict' ? event.finding : event.kind === 'alert' ? event.alert : undefined;
  if (about) {
    const [area = '', name = ''] = about.split('/');
    if (area === 'metric') return [{ kind: 'open', screen: 'metric', of: { metric: name } }];
    if (area === 'surface') return [{ kind: 'open', screen: 'surface', of: { surface: name } }];
    if (area === 'pods') return [{ kind: 'open', screen: 'pods', filter: name }];
    return [{ kind: 'open', screen: 'health' }];
  }
  const story = timelineText(entry);
  const screen = story ? screenOf[story.kind] : undefined;
  return screen ? [{ kind: 'open', screen }] : undefined;
}

/** The run while this cockpit knows it; else what it was done to. */
function actedOn({ runs, world }: State, { run, target }: EventOf<'action'>): readonly Intent[] | undefined {
  if (runs[run]) return [{ kind: 'open', screen: 'run', of: { run } }];
  // `deployment/api-gateway`, or the name alone.
  const name = target.slice(target.indexOf('/') + 1);
  if (Object.values(world.scope.deployments).includes(name)) return [{ kind: 'open', screen: 'pods', filter: name }];
  const surfaces = surfacesHealth(world, known(world.readings.surfaces, world.now));
  return surfaces.some(({ s }) => s.id === name)
    ? [{ kind: 'open', screen: 'surface', of: { surface: name } }]
    : undefined;
}
