// The line of the header that says what is being done: on every frame while an incident is open.
import { severityName } from '../../core/checklist.ts';
import { clocks } from '../../core/clocks.ts';
import { driver, drives } from '../../core/desk.ts';
import { formatElapsed } from '../../core/format.ts';
import { unfinished } from '../../core/incident.ts';
import { minute } from '../../core/time.ts';
import type { State } from '../../store.ts';
import { bold, type Line, line, lineWidth, mark, span } from '../line.ts';

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
  const heads = [
    line(bold(` ${sev} ${incident.title}`), gap, clock),
    line(bold(` ${sev} ${incident.title}`), gap, clock.replace(/^open /, '')),
    line(bold(` ${sev}`), gap, clock),
  ];
  if (resolvedAt !== undefined) return packed(heads, [trouble], columns);
  const commander = [line(`commander ${incident.roles.commander.join(', ') || 'nobody'}`)];
  // What must be said is put in first; it is shown in this order too.
  const musts = [trouble, wheelSays(state), unknownSays(state)];
  const mays = [reminderSays(state), updateSays(state)];
  const all = [...musts, commander, ...mays];
  if (heads.some((head) => fits(head, all, columns))) return packed(heads, all, columns);
  return packed(heads, [...musts, ...mays, commander], columns);
}

/** How many alerts nobody has, and until when somebody has to: `2 alerts 14:03`. Empty while all are somebody's. */
export function alertsSays({ desk, world }: State): Line {
  const open = (desk?.alerts ?? []).filter((alert) => !alert.acknowledged && alert.level !== 'info');
  const [first] = open.toSorted((a, b) => a.due - b.due);
  if (!first) return [];
  const left = first.due - world.now;
  const count = `${open.length} ${open.length === 1 ? 'alert' : 'alerts'}`;
  const tone = open.some((alert) => alert.level === 'critical') ? 'critical' : 'warning';
  return line('  ', span(left < 0 ? `${count} late ${short(-left)}` : `${count} ${short(left)}`, tone));
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

function unknownSays({ desk, incident }: State): Variants {
  if (!desk || !incident) return [];
  const [lost] = unfinished(incident).filter((run) => !desk.here.some((one) => one.session === run.session));
  return lost
    ? [
        line(mark('unknown'), span(` ${lost.action}: outcome unknown`, 'unknown')),
        line(mark('unknown'), span(' outcome unknown', 'unknown')),
      ]
    : [];
}

/** Who drives: on every frame. */
function wheelSays({ desk, incident }: State): Variants {
  if (!desk || !incident) return [];
  if (drives(desk, incident)) return [line('you drive')];
  const there = driver(desk, incident);
  if (there) return [line(span(`${there.name} drives`, 'accent'))];
  return [
    line(span(`nobody drives (${incident.wheel.person} is gone)`, 'warning')),
    line(span('nobody drives', 'warning')),
  ];
}

function updateSays({ incident, world }: State): Variants {
  const { updateDue } = incident ? clocks(incident, world.now) : {};
  if (updateDue === undefined) return [];
  const left = updateDue - world.now;
  if (left < 0) return [line(span(`update late ${short(-left)}`, 'warning'))];
  const tone = left < 5 * minute ? 'warning' : 'dim';
  return [line(span(`next update ${short(left)}`, tone)), line(span(`update ${short(left)}`, tone))];
}

function reminderSays({ incident, world }: State): Variants {
  const due = incident?.reminders.filter((one) => one.due <= world.now).toSorted((a, b) => a.due - b.due)[0];
  return due ? [line(span(`reminder: ${due.about}`, 'accent')), line(span('reminder', 'accent'))] : [];
}

function journalTrouble({ desk }: State): Variants {
  const { trouble, unwritten = 0 } = desk?.journal ?? {};
  if (!trouble) return [];
  const says = (text: string) => line(mark('critical'), span(` journal: ${text}`, 'critical'));
  return [
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
