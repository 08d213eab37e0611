// The incident line of the header, on every frame while an incident is open.

import { isQuiet } from '../../core/health/alert.ts';
import { whomToAsk } from '../../core/incident/admission.ts';
import { severityName } from '../../core/incident/checklist.ts';
import { clocks } from '../../core/incident/clocks.ts';
import { controllerOf, controlNow, isInControl, keysOf, lostRuns } from '../../core/incident/context.ts';
import { endedAt } from '../../core/incident/incident.ts';
import { formatElapsed, shortAge } from '../../core/text/format.ts';
import { fit, fitWords } from '../../core/text/text.ts';
import { minute } from '../../core/time.ts';
import { here, type State } from '../../store.ts';
import { bold, dim, type Line, line, lineWidth, mark, span } from '../toolkit/line.ts';
import { nextShort } from './next-line.ts';
import { relayTrouble } from './relay-line.ts';

/** Undefined without an incident and without journal trouble. */
export function incidentLine(state: State, columns: number): Line | undefined {
  const { incident, world } = state;
  const journal = journalTrouble(state);
  const trouble = journal.length > 0 ? journal : relayTrouble(state);
  if (!incident) return trouble.length > 0 ? packed([line(' ')], [trouble], columns) : undefined;
  const sev = severityName(incident.severity);
  const { cancelledAt, openedAt, mitigatedAt } = incident;
  const ended = endedAt(incident);
  const clock =
    ended === undefined
      ? `${mitigatedAt === undefined ? 'open' : 'mitigated'} ${formatElapsed(world.now - openedAt)}`
      : `${cancelledAt === undefined ? 'resolved' : 'cancelled'} after ${formatElapsed(ended - openedAt)}`;
  const title = `${sev} ${incident.title}`;
  const heads = [
    line(bold(` ${title}`), gap, clock),
    line(bold(` ${title}`), gap, clock.replace(/^open /, '')),
    line(bold(` ${fitWords(title, cutTitle)}`), gap, clock.replace(/^open /, '')),
    line(bold(` ${sev}`), gap, clock.replace(/^open /, '')),
  ];
  if (ended !== undefined) return packed(heads, [trouble], columns);
  const update = updateSays(state);
  const isUrgent = (clocks(incident, world.now).updateDue ?? Number.POSITIVE_INFINITY) - world.now < soon;
  const musts = [unknownSays(state), admissionSays(state), reminderSays(state), ...(isUrgent ? [update] : [])];
  // On the checklist the next move has a line of its own.
  const next = here(state).screen === 'incident' ? [] : nextShort(state);
  const mays = isUrgent ? [] : [update];
  const crews = crewSays(state);
  // Where they fit together, the next move comes before the names of those who are the same person.
  const isAlone = (state.incidentContext?.here.length ?? 1) < 2;
  const crewLeft = isOnePerson(state) ? crews.slice(0, isAlone ? undefined : 2) : crews.slice(0, 1);
  for (const says of next)
    for (const head of heads.slice(0, 2)) {
      const segments = [trouble, crewLeft, ...musts, [says]];
      if (fits(head, segments, columns)) return packed([packed([head], segments, columns)], mays, columns);
    }
  // Severity, commander and control stay; what is not urgent is dropped first, then the title is cut.
  const whole = heads.slice(0, 2).find((head) => fits(head, [trouble, crews.slice(0, 1), ...musts, ...mays], columns));
  if (whole) return packed([whole], [trouble, crews.slice(0, 1), ...musts, ...mays], columns);
  // The journal's trouble in full, if any title and crew leave room for it. Where several
  // people work, commander and control come before a whole title.
  const isShared = state.incidentContext?.relay !== undefined && journal.length === 0;
  for (const tried of isShared ? [withBoth, order] : [order])
    for (const says of [trouble.slice(0, 1), trouble.slice(0, 2), trouble])
      for (const [h, c] of tried) {
        const [head, crew] = [heads[h], crews[c]];
        if (!head || !crew) continue;
        const segments = [says, [crew], ...musts];
        if (fits(head, segments, columns)) return packed([packed([head], segments, columns)], mays, columns);
      }
  return packed(heads.slice(-1), [trouble, crews.slice(-1), ...musts], columns);
}

/** An update that is due sooner than this is always shown. */
const soon = 5 * minute;
/** The least width of a cut title, and of a name: enough to recognize it. */
const cutTitle = 17;
const cutName = 16;

/** The order in which heads and crews are tried, from the longest to the shortest. */
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

/** Those that name commander and control. */
const withBoth = order.filter(([, crew]) => crew < 2);

/** The commander is in control. */
function isOnePerson({ incidentContext, incident }: State): boolean {
  const at = incidentContext && incident && controllerOf(incidentContext, incident)?.name;
  return at !== undefined && (incident?.roles.commander.includes(at) ?? false);
}

/** Control and commander, the longest first: both; both as one where that is one person; control alone. */
function crewSays(state: State): readonly Line[] {
  const { incidentContext, incident } = state;
  const [control, shortly = control] = controlSays(state);
  const commanders = incident?.roles.commander.map((name) => fit(name, cutName).trimEnd()) ?? [];
  const names = commanders.join(', ') || 'nobody';
  const commander = line(`commander ${names}`);
  if (!control || !shortly || !incidentContext || !incident) return [commander];
  const at = controllerOf(incidentContext, incident)?.name;
  if (isOnePerson(state)) return [line('commander and ', control), line('IC and ', control), control, shortly];
  return [
    line(control, gap, commander),
    line(shortly, gap, at === undefined ? commander : `IC ${names}`),
    control,
    shortly,
  ];
}

/**
 * The count of unacknowledged alerts and the time left to respond, the longest first: `2 alerts 14 m left to respond`. With
 * its unit, because the clock is above it. Empty while all are acknowledged; else how many are snoozed.
 */
export function alertsSays({ incidentContext, world }: State): readonly [Line, ...Line[]] {
  const all = (incidentContext?.alerts ?? []).filter((alert) => alert.level !== 'info');
  const open = all.filter((alert) => !isQuiet(alert));
  const [first] = open.toSorted((a, b) => a.due - b.due);
  const snoozed = all.filter((alert) => alert.snoozed).length;
  if (!first) return [snoozed > 0 ? line('  ', dim(`${snoozed} snoozed`)) : []];
  const left = first.due - world.now;
  const count = `${open.length} ${open.length === 1 ? 'alert' : 'alerts'}`;
  const tone = open.some((alert) => alert.level === 'critical') ? 'critical' : 'warning';
  const wait = shortAge(Math.abs(left));
  const says = (text: string): Line => line('  ', span(`${count} ${text}`, tone));
  return left < 0 ? [says(`late ${wait}`)] : [says(`${wait} left to respond`), says(`${wait} left`), says(wait)];
}

/** One segment in several lengths, the longest first; empty: nothing to say. */
type Variants = readonly Line[];

const gap = '   ';

/** The least width of the segments. */
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
  const [lost] = lostRuns(incidentContext, incident);
  return lost
    ? [
        line(mark('unknown'), span(` ${lost.run.action}: outcome unknown`, 'unknown')),
        line(mark('unknown'), span(' outcome unknown', 'unknown')),
      ]
    : [];
}

/** Who is in control: on every frame. */
function controlSays({ incidentContext, incident }: State): Variants {
  if (!incidentContext || !incident) return [];
  if (incidentContext.lost)
    return [line(span('control: lost, W takes it', 'critical')), line(span('control: lost', 'critical'))];
  if (isInControl(incidentContext, incident)) return [line('control: you')];
  const control = controlNow(incidentContext, incident);
  if (control.state === 'held') return [line(span(`control: ${fit(control.by.name, cutName).trimEnd()}`, 'accent'))];
  const last = fit(control.last, cutName).trimEnd();
  if (control.state === 'unknown')
    return [line(span(`control: unknown, last ${last}`, 'warning')), line(span('control: unknown', 'warning'))];
  const ways = control.isSilent
    ? [`control: nobody (${last} does not answer)`, `control: ${last} does not answer`, 'control: nobody']
    : [`control: nobody (${last} left)`, 'control: nobody'];
  return ways.map((text) => line(span(text, 'warning')));
}

/** To the person in control: who waits for an admission. To that one: that its entries have no effect yet. */
function admissionSays({ incidentContext, incident }: State): Variants {
  if (!incidentContext?.relay || !incident || incidentContext.observing) return [];
  const { here, self } = incidentContext;
  const waiting = new Set(
    keysOf(incidentContext, incident).flatMap(({ state, key }) => (state === 'new' ? [key] : [])),
  );
  if (waiting.has(self.key ?? '')) {
    const who = whomToAsk(incidentContext, incident);
    const says = who === undefined ? 'nobody here can admit you: p' : `ask ${fit(who, cutName).trimEnd()}`;
    return [line(span(`not admitted: ${says}`, 'warning')), line(span('not admitted', 'warning'))];
  }
  if (!isInControl(incidentContext, incident)) return [];
  const names = [...new Set(here.filter(({ key }) => waiting.has(key ?? '')).map(({ name }) => name))];
  if (names.length === 0) return [];
  const who = names.length === 1 ? fit(names[0] ?? '', cutName).trimEnd() : String(names.length);
  return [line(span(`admit ${who}?`, 'warning'), ' ', span('p', 'key')), line(span(`admit ${who}?`, 'warning'))];
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
    // A journal that others can access stays refused until a person runs the command.
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
