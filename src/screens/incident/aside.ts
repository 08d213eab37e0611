// Beside the checklist from 120 columns on: who is there, and what happened last; live.
import { type ControlNow, controlNow } from '../../core/incident/context.ts';
import { roles } from '../../core/incident/event.ts';
import type { State } from '../../store.ts';
import type { Screen, Size } from '../screen.ts';
import { bold, dim, type Line, line, span, wrap } from '../toolkit/line.ts';
import { toHeight } from '../toolkit/list.ts';
import { isOpening } from './keys.ts';
import { looksAt } from './looks-at.ts';
import { recentLines } from './recent.ts';

/** The side column of the checklist; none without an incident. */
export const incidentAside: NonNullable<Screen['aside']> = {
  // The checklist keeps what it has on a terminal of 80 columns.
  columns: (total) => Math.min(total - 80, Math.floor(total * 0.42)),
  draw: (state, place, size) => (isOpening({ state, place }) ? undefined : sideColumn(state, size)),
};

function sideColumn(state: State, { columns, rows }: Size): readonly Line[] {
  const people = peopleLines(state, columns);
  const head = [...people, [], line(bold('TIMELINE'), '  ', span('t', 'key'), dim(' opens it'))];
  return toHeight([...head, ...recentLines(state, columns, rows - head.length)], rows);
}

function controlSays(control: ControlNow, own: string): Line {
  if (control.state === 'unknown') return line(span(`unknown, last ${control.last}`, 'warning'));
  if (control.state === 'free') return line(span('nobody', 'warning'));
  return line(control.by.session === own ? 'you' : control.by.name);
}

/** The roles that are held, and the cockpits that are open. */
function peopleLines({ incident, incidentContext }: State, columns: number): Line[] {
  if (!incident || !incidentContext) return [];
  const held = roles.flatMap((role): Line[] => {
    const names = incident.roles[role].join(', ');
    if (!names) return role === 'commander' ? [line(dim(role.padEnd(11)), span('nobody', 'warning'))] : [];
    return [line(dim(role.padEnd(11)), names)];
  });
  const { here, self } = incidentContext;
  const control = controlNow(incidentContext, incident);
  const others = here.filter(({ session }) => session !== self.session);
  const connected = others.map((one) => looksAt(one, incident)).join(', ');
  return [
    line(bold('PEOPLE'), '  ', span('p', 'key'), dim(' opens them')),
    ...held,
    line(dim('in control '), controlSays(control, self.session)),
    ...wrap(connected, columns - 11)
      .filter(Boolean)
      .map((part, at) => line(dim((at === 0 ? 'also here' : '').padEnd(11)), part)),
  ];
}
