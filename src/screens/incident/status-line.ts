// The line of the header that says what is being done: on every frame while an incident is open.
import { severityName } from '../../core/incident/checklist.ts';
import { clocks } from '../../core/incident/clocks.ts';
import { driver, drives } from '../../core/incident/context.ts';
import { unfinished } from '../../core/incident/incident.ts';
import { formatElapsed, shortAge } from '../../core/text/format.ts';
import { fit } from '../../core/text/text.ts';
import { minute } from '../../core/time.ts';
import type { State } from '../../store.ts';
import { bold, type Line, line, lineWidth, mark, span } from '../toolkit/line.ts';

/** Undefined without an incident and without anything that must be said. */
export function incidentLine(state: State, columns: number): Line | undefined {
  const { incident, world } = state;
  const trouble = journalTrouble(state);
  if (!incident) return trouble.length > 0 ? packed([line(' ')], [trouble], columns) : undefined;
  const sev = severityName(incident.severity);
  const { resolvedAt, openedAt, mitigatedAt } = incident;
  const clock =
    resolvedAt === undefined
      ? `${mitigatedAt === undefined ? 'open' : 'mitigated'} ${formatElapsed(world.now - openedAt)}`
      : `resolved after ${formatElapsed(resolvedAt - openedAt)}`;
  const title = `${sev} ${incident.title}`;
  const heads = [
    line(bold(` ${title}`), gap, clock),
    line(bold(` ${title}`), gap, clock.replace(/^open /, '')),
    line(bold(` ${fit(title, cutTitle).trimEnd()}`), gap, clock.replace(/^open /, '')),
    line(bold(` ${sev}`), gap, clock.replace(/^open /, '')),
  ];
  if (resolvedAt !== undefined) return packed(heads, [trouble], columns);
  const update = updateSays(state);
  const isUrgent = (clocks(incident, world.now).updateDue ?? Number.POSITIVE_INFINITY) - world.now < soon;
  const musts = [unknownSays(state), reminderSays(state), ...(isUrgent ? [update] : [])];
  const mays = isUrgent ? [] : [update];
  const crews = crewSays(state);
  // What it is, who has it and who drives stay; what is not urgent goes first, then the title is cut.
  const whole = heads.slice(0, 2).find((head) => fits(head, [trouble, crews.slice(0, 1), ...musts, ...mays], columns));
  if (whole) return packed([whole], [trouble, crews.slice(0, 1), ...musts, ...mays], columns);
  for (const [h, c] of order) {
    const [head, crew] = [heads[h], crews[c]];
    if (!head || !crew) continue;
    const segments = [trouble, [crew], ...musts];
    if (fits(head, segments, columns)) return packed([head], [...segments, ...mays], columns);
  }
  return packed(heads.slice(-1), [trouble, crews.slice(-1), ...musts], columns);
}

/** Nearer than this an update that is due must be said. */
const soon = 5 * minute;
/** What is left of a title that has to be cut, and of a name: enough to know it by. */
const cutTitle = 17;
const cutName = 16;

/** Heads and crews as they are tried: how much of both still fits. */
const order = [
  [0, 0],
  [1, 0],
  [1, 1],
  [2, 0],
  [2, 1],
  [2, 2],
  [3, 1],
  [3, 2],
  [3, 3],
] as const;

/** Who drives and who commands, the longest first: in full; shorter, in one where that is one person; who drives. */
function crewSays(state: State): readonly Line[] {
  const { incidentContext, incident } = state;
  const [wheel, shortly = wheel] = wheelSays(state);
  const commanders = incident?.roles.commander.map((name) => fit(name, cutName).trimEnd()) ?? [];
  const commander = line(`commander ${commanders.join(', ') || 'nobody'}`);
  if (!wheel || !shortly || !incidentContext || !incident) return [commander];
  const at = driver(incidentContext, incident)?.name;
  const isOne = at !== undefined && incident.roles.commander.includes(at);
  const one = line(wheel, drives(incidentContext, incident) ? ' and command' : ' and commands');
  return [line(wheel, gap, commander), isOne ? one : line(shortly, gap, commander), wheel, shortly];
}

/**
 * How many alerts nobody has, and how long somebody has to answer: `2 alerts 14 m`. With its unit: it stands below the
 * clock. Empty while all are somebody's.
 */
export function alertsSays({ incidentContext, world }: State, columns: number): Line {
  const open = (incidentContext?.alerts ?? []).filter((alert) => !alert.acknowledged && alert.level !== 'info');
  const [first] = open.toSorted((a, b) => a.due - b.due);
  if (!first) return [];
  const left = first.due - world.now;
  const count = `${open.length} ${open.length === 1 ? 'alert' : 'alerts'}`;
  const tone = open.some((alert) => alert.level === 'critical') ? 'critical' : 'warning';
  const wait = shortAge(Math.abs(left));
  const says = left < 0 ? `late ${wait}` : columns >= 100 ? `${wait} left to answer` : wait;
  return line('  ', span(`${count} ${says}`, tone));
}

/** What may be said in several lengths, the longest first; none: nothing to say. */
type Variants = readonly Line[];

const gap = '   ';

/** How wide the segments are at least. */
const least = (segments: readonly Variants[]): number =>
  segments.reduce((sum, variants) => {
    const shortest = variants.at(-1);
    return shortest ? sum + gap.length + lineWidth(shortest) : sum;
  }, 0);

const fits = (head: Line, segments: readonly Variants[], columns: number): boolean =>
  lineWidth(head) + least(segments) <= columns;

/** The longest head beside which all can be said, and of each segment the longest variant that leaves room for the rest. */
function packed(heads: readonly Line[], segments: readonly Variants[], columns: number): Line {
  let said = heads.find((head) => fits(head, segments, columns)) ?? heads.at(-1) ?? [];
  segments.forEach((variants, at) => {
    const room = columns - lineWidth(said) - gap.length;
    const rest = least(segments.slice(at + 1));
    const found =
      variants.find((one) => lineWidth(one) + rest <= room) ?? variants.find((one) => lineWidth(one) <= room);
    if (found) said = line(said, gap, found);
  });
  return said;
}

function unknownSays({ incidentContext, incident }: State): Variants {
  if (!incidentContext || !incident) return [];
  const [lost] = unfinished(incident).filter((run) => !incidentContext.here.some((one) => one.session === run.session));
  return lost
    ? [
        line(mark('unknown'), span(` ${lost.action}: outcome unknown`, 'unknown')),
        line(mark('unknown'), span(' outcome unknown', 'unknown')),
      ]
    : [];
}

/** Who drives: on every frame. */
function wheelSays({ incidentContext, incident }: State): Variants {
  if (!incidentContext || !incident) return [];
  if (drives(incidentContext, incident)) return [line('you drive')];
  const there = driver(incidentContext, incident);
  if (there) return [line(span(`${fit(there.name, cutName).trimEnd()} drives`, 'accent'))];
  return [
    line(span(`nobody drives (${incident.control.person} is gone)`, 'warning')),
    line(span('nobody drives', 'warning')),
  ];
}

function updateSays({ incident, world }: State): Variants {
  const { updateDue } = incident ? clocks(incident, world.now) : {};
  if (updateDue === undefined) return [];
  const left = updateDue - world.now;
  if (left < 0) return [line(span(`update late ${shortAge(-left)}`, 'warning'))];
  const tone = left < soon ? 'warning' : 'dim';
  return [line(span(`next update in ${shortAge(left)}`, tone)), line(span(`update ${shortAge(left)}`, tone))];
}

function reminderSays({ incident, world }: State): Variants {
  const due = incident?.reminders.filter((one) => one.due <= world.now).toSorted((a, b) => a.due - b.due)[0];
  return due ? [line(span(`reminder: ${due.about}`, 'accent')), line(span('reminder', 'accent'))] : [];
}

function journalTrouble({ incidentContext }: State): Variants {
  const { trouble, unwritten = 0 } = incidentContext?.journal ?? {};
  if (!trouble) return [];
  const says = (text: string) => line(mark('critical'), span(` journal: ${text}`, 'critical'));
  return [
    // What others can reach is refused until somebody runs the command.
    ...(trouble.distrusted ? [says(`${trouble.what}; ${trouble.hint}`)] : []),
    ...(unwritten > 0 ? [says(`${trouble.what}, ${unwritten} kept in memory`)] : []),
    says(trouble.what),
    says('trouble'),
  ];
}

/** `22:28`, or `1:02:28` above an hour. */
export function short(ms: number): string {
  const text = formatElapsed(ms);
  return text.startsWith('00:') ? text.slice(3) : text.replace(/^0/, '');
}
