// Every checklist of the runbook, and its commands, with or without an incident.

import { type Checklist, severityName } from '../../core/incident/checklist.ts';
import { isOngoing } from '../../core/incident/incident.ts';
import { script, scriptSays } from '../../core/text/script.ts';
import { formOf } from '../../core/world/world.ts';
import { checklists } from '../../runbook/checklists.ts';
import { commands } from '../../runbook/commands.ts';
import { activeChecklists } from '../../runbook/messages.ts';
import type { State } from '../../store.ts';
import type { Binding, Entry, Here, Row, Screen } from '../screen.ts';
import { markerIn } from '../shell/reducer.ts';
import { bold, dim, line, span, wrap } from '../toolkit/line.ts';
import { matching } from '../toolkit/list.ts';
import { gone } from '../toolkit/text-view.ts';
import { addProcedure } from './asking.ts';
import { incidentKeys, isOpen } from './keys.ts';
import { offerBindings, onlyObserves, whyNotInControl } from './offers.ts';
import { procedureRows } from './steps.ts';

const nameOf = (list: Checklist): string =>
  list.severity ? `${severityName(list.severity)} ${list.title}` : list.title;

export const proceduresScreen: Screen = {
  id: 'procedures',
  title: () => 'PROCEDURES',
  palette: 'procedures of the runbook',
  view({ incident }, place, { columns }) {
    const active = new Set(incident ? activeChecklists(incident).map((list) => list.id) : []);
    // Where the description does not fit beside each procedure, it is shown below for the selected one.
    const aside = columns >= 140;
    const rows = checklists.map(
      (list): Row => ({
        id: list.id,
        text: `${nameOf(list)} ${list.about}`,
        draw: () => [
          line(
            bold(nameOf(list).padEnd(36)),
            dim(`${list.steps.length} steps`),
            active.has(list.id) ? span('  in this incident', 'accent') : undefined,
            dim(aside ? `  ${list.about}` : ''),
          ),
        ],
        opens: { kind: 'open', screen: 'procedure', of: { procedure: list.id } },
      }),
    );
    const shown = matching(rows, place.filter);
    const marked = checklists.find((list) => list.id === shown[markerIn(place, shown)]?.id);
    if (aside || !marked) return { rows };
    const [first = '', second = '', third = ''] = wrap(marked.about, columns - 2);
    return { rows, foot: [[], line(first), line(second), ...(third ? [line(third)] : [])] };
  },
  keys: [
    {
      id: 'add-procedure',
      keys: ['space'],
      title: 'add to incident',
      about: 'add this checklist to the incident',
      footer: 11,
      unless: ({ row, state }) => {
        const list = checklists.find((one) => one.id === row?.id);
        if (!list) return 'no procedure is selected';
        if (!isOpen(state)) return 'no incident is open; i opens one';
        const active = state.incident ? activeChecklists(state.incident) : [];
        const isActive = active.some((one) => one.id === list.id);
        return onlyObserves(state) ?? (isActive ? 'already part of the incident' : undefined);
      },
      run: ({ row }) => {
        const list = checklists.find((one) => one.id === row?.id);
        return list ? [addProcedure(list.id), { kind: 'open', screen: 'incident' }] : [];
      },
    },
  ],
};

/** Why a step of this procedure cannot be marked: it has to be part of an incident. */
function notInIncident({ state: { incident }, place }: Here): string | undefined {
  if (!incident || !isOngoing(incident)) return 'no incident is open; i opens one';
  const isActive = activeChecklists(incident).some(({ id }) => id === place.of.procedure);
  return isActive ? undefined : 'this procedure is not part of the incident; + adds it';
}

const addHere: Binding = {
  id: 'procedure-add',
  keys: ['+'],
  title: 'add to incident',
  about: 'add this checklist to the incident',
  silent: true,
  footer: 15,
  unless: (here) => {
    const why = notInIncident(here);
    if (why === undefined) return 'already part of the incident';
    return here.state.incident && isOngoing(here.state.incident) ? whyNotInControl(here.state) : why;
  },
  run: ({ place }) => {
    const list = checklists.find(({ id }) => id === place.of.procedure);
    return list ? [addProcedure(list.id)] : [];
  },
};

/** These mark a step, and need the procedure to be part of the incident. */
const marking = new Set(['step-done', 'step-accept', 'step-skip', 'step-reopen', 'remind']);

/** A procedure has the keys of the checklist; its own actions need no incident. */
const procedureKeys: readonly Binding[] = incidentKeys
  .filter(({ id }) => !id.startsWith('offer-') && id !== 'next-step' && id !== 'procedures')
  .map(
    (key): Binding => ({
      ...key,
      id: `procedure-${key.id}`,
      unless: (here) => (marking.has(key.id) ? notInIncident(here) : undefined) ?? key.unless?.(here),
    }),
  );

export const procedureScreen: Screen = {
  id: 'procedure',
  title: (place) => checklists.find((list) => list.id === place.of.procedure)?.title ?? 'PROCEDURE',
  view(state, place, { columns }) {
    const list = checklists.find((one) => one.id === place.of.procedure);
    if (!list) return gone(`the procedure ${place.of.procedure}`);
    return {
      head: wrap(list.about, columns - 2).map((part) => line(dim(part))),
      rows: procedureRows(state, list, place, columns - 1),
    };
  },
  keys: [...offerBindings('procedure-offer', ({ state }) => onlyObserves(state)), addHere, ...procedureKeys],
};

export const runbookCommandsScreen: Screen = {
  id: 'runbook-commands',
  title: () => 'USEFUL COMMANDS',
  palette: 'useful commands of the runbook',
  also: 'appendix kubectl psql aws',
  view({ incidentContext, world }) {
    if (!incidentContext) return { rows: [], empty: [line(dim('reading the settings'))] };
    return {
      says: line(dim('with the current targets; y copies')),
      rows: commands.map((one): Row => {
        const command = one.command(incidentContext.targets, formOf(world));
        return {
          id: one.id,
          text: `${one.section} ${one.title} ${command}`,
          height: 2,
          draw: () => [line(bold(one.title), dim(`  ${one.section}`)), line(dim('  $ '), command)],
          opens: {
            kind: 'details',
            title: one.title,
            lines: (_, wide) => wrap(command, wide - 2).map((part) => line(part)),
          },
          copies: { text: script([command]), what: scriptSays([command]) },
        };
      }),
    };
  },
};

/** What the palette offers: each procedure by its name. */
export function procedureEntries(_state: State): readonly Entry[] {
  return checklists.map((list) => ({
    id: `procedure/${list.id}`,
    title: nameOf(list),
    about: list.about,
    run: [{ kind: 'open', screen: 'procedure', of: { procedure: list.id } }],
  }));
}
