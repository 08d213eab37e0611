// The line of the header that says what is being done: on every frame while an incident is open.
import { severityName } from '../../core/checklist.ts';
import { clocks } from '../../core/clocks.ts';
import { driver, drives } from '../../core/desk.ts';
import { formatElapsed } from '../../core/format.ts';
import { unfinished } from '../../core/incident.ts';
import type { State } from '../../store.ts';
import { bold, dim, firstFitting, type Line, line, mark, span } from '../line.ts';

/** Undefined without an incident and without anything that must be said. */
export function incidentLine(state: State, columns: number): Line | undefined {
  const { incident, desk, world } = state;
  const trouble = journalTrouble(state);
  if (!incident) return trouble ? line(' ', trouble) : undefined;
  const name = bold(` ${severityName(incident.severity)} ${incident.title}`);
  if (incident.resolvedAt !== undefined)
    return line(
      name,
      dim(`   resolved after ${formatElapsed(incident.resolvedAt - incident.openedAt)}`),
      trouble ? line('   ', trouble) : undefined,
    );
  const open = `   ${incident.mitigatedAt === undefined ? 'open' : 'mitigated'} ${formatElapsed(world.now - incident.openedAt)}`;
  const commander = `   commander ${incident.roles.commander.join(', ') || 'nobody'}`;
  const update = updateSays(state);
  const wheel = wheelSays(state);
  const reminder = reminderSays(state);
  const lost = desk ? unfinished(incident).filter((run) => !desk.here.some((one) => one.session === run.session)) : [];
  const unknown = lost[0]
    ? line('   ', mark('unknown'), span(` ${lost[0].action}: outcome unknown`, 'unknown'))
    : undefined;
  const urgent = line(trouble ? line('   ', trouble) : undefined, unknown, reminder, wheel, update);
  const sev = bold(` ${severityName(incident.severity)}`);
  return firstFitting(
    columns,
    line(name, open, commander, urgent),
    line(name, open, urgent),
    line(sev, open, urgent),
    line(sev, open, trouble ? line('   ', trouble) : undefined, wheel, update),
    line(sev, open, wheel),
  );
}

/** Who drives, where that is not this cockpit. */
function wheelSays({ desk, incident }: State): Line | undefined {
  if (!desk || !incident || drives(desk, incident)) return undefined;
  const there = driver(desk, incident);
  return there
    ? line('   ', span(`${there.name} drives`, 'accent'))
    : line('   ', span(`nobody drives (${incident.wheel.person} is gone)`, 'warning'));
}

function updateSays({ incident, world }: State): Line | undefined {
  const { updateDue } = incident ? clocks(incident, world.now) : {};
  if (updateDue === undefined) return undefined;
  const left = updateDue - world.now;
  if (left < 0) return line('   ', span(`update late ${short(-left)}`, 'warning'));
  return line(
    left < 5 * 60_000 ? span(`   next update ${short(left)}`, 'warning') : dim(`   next update ${short(left)}`),
  );
}

function reminderSays({ incident, world }: State): Line | undefined {
  const due = incident?.reminders.filter((one) => one.due <= world.now).toSorted((a, b) => a.due - b.due)[0];
  return due ? line('   ', span(`reminder: ${due.about}`, 'accent')) : undefined;
}

function journalTrouble({ desk }: State): Line | undefined {
  const { trouble, unwritten = 0 } = desk?.journal ?? {};
  if (!trouble) return undefined;
  const kept = unwritten > 0 ? `, ${unwritten} kept in memory` : '';
  return line(mark('critical'), span(` journal: ${trouble.what}${kept}`, 'critical'));
}

/** `22:28`, or `1:02:28` above an hour. */
export function short(ms: number): string {
  const text = formatElapsed(ms);
  return text.startsWith('00:') ? text.slice(3) : text.replace(/^0/, '');
}
