// The open incidents: several at once are chosen here.
import { severityName } from '../../core/incident/checklist.ts';
import { listedOpen, type OpenIncident, type RelayStatus } from '../../core/incident/context.ts';
import { isOngoing } from '../../core/incident/incident.ts';
import { shortAge } from '../../core/text/format.ts';
import type { State } from '../../store.ts';
import type { Row, Screen } from '../screen.ts';
import { bold, dim, firstFitting, line, wrap } from '../toolkit/line.ts';
import { send } from './asking.ts';
import { relaySays } from './relay-line.ts';

/** All open incidents, newest first; the one that is shown among them. */
export function openIncidents({ incident, incidentContext }: State): readonly OpenIncident[] {
  const shown = incident && isOngoing(incident) ? [listedOpen(incident)] : [];
  return [...shown, ...(incidentContext?.open ?? [])].toSorted((a, b) => b.openedAt - a.openedAt);
}

function noneSays(relay: RelayStatus | undefined): string {
  if (!relay) return 'no incident is open; i opens one';
  if (relay.state === 'away')
    return 'no incident is known here; those that others opened cannot be seen while the relay is away. i opens one';
  return relay.isRead ? 'no incident is open; one that others open appears here. i opens one' : 'reading the relay …';
}

export const incidentsScreen: Screen = {
  id: 'incidents',
  title: () => 'INCIDENTS',
  palette: 'incidents: choose one that is open',
  also: 'join several switch',
  view(state, _place, { columns }) {
    const { world, incident, incidentContext } = state;
    const open = openIncidents(state);
    const { relay } = incidentContext ?? {};
    const none = noneSays(relay);
    const empty = [none, ...(relay ? [relaySays(relay, world.now)] : [])];
    return {
      says: line(dim(open.length === 0 ? '' : `${open.length} open; enter shows one`)),
      rows: open.map(
        ({ id, severity, title, openedAt, commander, control }): Row => ({
          id,
          text: `${severityName(severity)} ${title}`,
          draw: () => {
            const head = line(bold(severityName(severity)), `  ${title}`);
            const age = dim(`  open ${shortAge(Math.max(0, world.now - openedAt))}`);
            const shown = id === incident?.id ? dim('  shown now') : '';
            const commanders = commander.join(', ') || 'nobody';
            return [
              firstFitting(
                columns - 2,
                line(head, age, dim(`  commander ${commanders}, in control ${control}`), shown),
                line(head, age, dim(`  commander ${commanders}`), shown),
                line(head, age, shown),
              ),
            ];
          },
        }),
      ),
      empty: empty.flatMap((text) => wrap(text, columns - 2).map((part) => line(dim(part)))),
    };
  },
  keys: [
    {
      id: 'choose-incident',
      keys: ['enter', 'right'],
      instead: ['enter'],
      title: 'show',
      about: 'show the selected incident',
      footer: 10,
      unless: ({ row }) => (row ? undefined : 'no incident is selected'),
      run: ({ row, state }) => {
        if (!row) return [];
        const isShown = row.id === state.incident?.id;
        return [...(isShown ? [] : [send({ do: 'follow', incident: row.id })]), { kind: 'open', screen: 'incident' }];
      },
    },
  ],
};
