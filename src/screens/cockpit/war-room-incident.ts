// The incident on a wall screen: how long it is open, its current step, who is in control, when the next update is due.
import { severityName } from '../../core/incident/checklist.ts';
import { clocks } from '../../core/incident/clocks.ts';
import { controlNow } from '../../core/incident/context.ts';
import { type Incident, isOngoing } from '../../core/incident/incident.ts';
import { formatElapsed, shortAge } from '../../core/text/format.ts';
import { currentStep } from '../../runbook/messages.ts';
import type { State } from '../../store.ts';
import { looksAt } from '../incident/looks-at.ts';
import type { Size } from '../screen.ts';
import { banner, largeBanner } from '../toolkit/banner-font.ts';
import {
  beside,
  bold,
  columnsOf,
  dim,
  firstFitting,
  fitLine,
  type Line,
  line,
  span,
  type Tone,
} from '../toolkit/line.ts';
import { fitting } from './war-room-letters.ts';

/** The incident that is open. */
export function openOf({ incident }: State): Incident | undefined {
  return incident && isOngoing(incident) ? incident : undefined;
}

/** `SEV1 00:20`: hours and minutes. */
export function shortIncident({ severity, openedAt }: Incident, now: number): string {
  return `${severityName(severity)} ${formatElapsed(now - openedAt).slice(0, 5)}`;
}

/** Severity, title and duration, as large as fits. */
export function incidentTitle({ severity, title, openedAt }: Incident, now: number, columns: number): Line[] {
  const clock = formatElapsed(now - openedAt);
  const name = severityName(severity);
  const text = fitting([`${name} ${title} ${clock}`, `${name} open ${clock}`, name], columns - 4, banner);
  return [...banner(text).map((row) => line('  ', span(row, 'bold'))), []];
}

type Cell = { caption: string; says: string; tone: Tone };

/** A wall screen of this size has room for the larger letters. */
const large: Size = { columns: 160, rows: 40 };

/** Step, control and next update beside each other, each in letters below its caption; the step's title below. */
export function incidentStatus(state: State, incident: Incident, { columns, rows }: Size): Line[] {
  const step = currentStep(incident);
  const cells: readonly Cell[] = [
    { caption: 'current step', says: step ? `${step.at + 1}/${step.of}` : 'done', tone: 'bold' },
    controlCell(state, incident),
    ...updateCell(state, incident),
  ];
  const width = Math.floor((columns - 4) / cells.length);
  const letters = columns >= large.columns && rows >= large.rows ? largeBanner : banner;
  const drawn = cells.map(({ caption, says, tone }) => {
    const fits = says && columnsOf(letters(says)[0] ?? '') <= width - 2;
    const text = fits ? letters(says).map((row) => line(span(row, tone))) : [[], line(span(says, tone)), []];
    return { lines: [line(dim(caption)), ...text], width };
  });
  const high = Math.max(...drawn.map(({ lines }) => lines.length));
  const title = step ? [fitLine(line('  ', dim('step '), bold(step.step.say)), columns)] : [];
  return [
    ...beside(drawn, 0, high).map((each) => line('  ', each)),
    ...title,
    ...crewLines(state, incident, columns),
    [],
  ];
}

/** Who is commander, and what each of several people looks at. */
function crewLines({ incidentContext }: State, incident: Incident, columns: number): Line[] {
  const here = incidentContext?.here ?? [];
  if (here.length < 2) return [];
  const commanders = incident.roles.commander.join(', ') || 'nobody';
  const names = here.map((one) => looksAt(one, incident));
  const shown = names.map((_, at) =>
    [...names.slice(0, names.length - at), ...(at > 0 ? [`${at} more`] : [])].join(', '),
  );
  return [
    firstFitting(
      columns,
      ...shown.map((text) => line('  ', dim('commander '), bold(commanders), dim('  here '), text)),
    ),
  ];
}

function controlCell({ incidentContext }: State, incident: Incident): Cell {
  const control = incidentContext && controlNow(incidentContext, incident);
  const isHeld = control?.state === 'held';
  return {
    caption: control?.state === 'unknown' ? `in control, last ${control.last}` : 'in control',
    says: isHeld ? control.by.name : control?.state === 'unknown' ? 'unknown' : 'nobody',
    tone: isHeld ? 'bold' : 'warning',
  };
}

function updateCell({ world }: State, incident: Incident): readonly Cell[] {
  const { updateDue } = clocks(incident, world.now);
  if (updateDue === undefined) return [];
  const left = updateDue - world.now;
  const isLate = left < 0;
  return [
    {
      caption: isLate ? 'update late by' : 'next update in',
      says: shortAge(Math.abs(left)),
      tone: isLate ? 'critical' : 'bold',
    },
  ];
}
