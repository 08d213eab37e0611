// Who is connected, who is in control, who has which role; and whom to call.
import { type ControlNow, controlNow, type IncidentContext, type Presence } from '../../core/incident/context.ts';
import { fingerprint, roles } from '../../core/incident/event.ts';
import { type Incident, isOngoing } from '../../core/incident/incident.ts';
import type { State } from '../../store.ts';
import type { Row, Screen } from '../screen.ts';
import { descriptionList } from '../toolkit/description-list.ts';
import { bold, dim, type Line, line, span, wrap } from '../toolkit/line.ts';
import { admissionLines, continueKey } from './admission.ts';
import { askControl, askRole, send } from './asking.ts';
import { incidentKeys } from './keys.ts';
import { screenSays } from './looks-at.ts';
import { onlyObserves, readingSays } from './offers.ts';
import { relaySays } from './relay-line.ts';
import { admitKey, signerRows } from './signers.ts';

export const peopleScreen: Screen = {
  id: 'people',
  title: () => 'PEOPLE',
  palette: 'people: who is connected, roles, control',
  also: 'handover commander',
  view(state, _place, { columns }) {
    const { incidentContext, incident, world } = state;
    if (!incidentContext) return { rows: [], empty: [line(dim(readingSays(state)))] };
    const signers = signerRows(state);
    const { relay } = incidentContext;
    const open = incidentContext.here.filter(({ unheard }) => !unheard).length;
    const held = roles.map((role): Row => {
      const names = incident?.roles[role] ?? [];
      const nobody = role === 'commander' && incident ? 'nobody: assign a commander' : '–';
      return {
        id: role,
        text: `${role} ${names.join(' ')}`,
        draw: () => [line(role.padEnd(12), names.length > 0 ? bold(names.join(', ')) : dim(nobody))],
        opens: {
          kind: 'details',
          title: role,
          lines: (_, wide) =>
            descriptionList(
              [
                ['held by', names.join(', ') || nobody],
                ['change', incident ? 'r assigns the role' : 'roles need an incident; i opens one'],
              ],
              wide - 2,
            ),
        },
      };
    });
    const here = incidentContext.here.map((one, at): Row => {
      const below = signers.length > 0 && at === incidentContext.here.length - 1 ? [line(dim('keys'))] : [];
      return {
        id: one.session,
        text: `${one.name} ${one.host}`,
        height: 1 + below.length,
        draw: () => [presenceLine(one, incidentContext.self.session), ...below],
        opens: {
          kind: 'details',
          title: one.name,
          lines: (_, wide) => presenceLines(one, incidentContext.self.session, wide - 2),
        },
      };
    });
    return {
      says: line(dim(`${open} ${open === 1 ? 'cockpit' : 'cockpits'} open`)),
      head: [
        ...(relay ? wrap(relaySays(relay, world.now), columns - 2).map((part) => line(' ', dim(part))) : []),
        ...admissionLines(state, columns - 2),
      ],
      rows: [...held, controlRow(incidentContext, incident), ...here, ...signers],
    };
  },
  keys: [
    {
      id: 'role',
      keys: ['r'],
      title: 'role',
      about: 'assign a role to yourself or another person',
      footer: 11,
      unless: ({ state }) => notForRoles(state),
      run: ({ state }) => [askRole(state)],
    },
    {
      id: 'leave-role',
      keys: ['x'],
      title: 'leave',
      about: 'give up the selected role; a commander must hand it over',
      unless: ({ row, state }) => {
        const role = roles.find((one) => one === row?.id);
        if (!role) return notForRoles(state) ?? 'no role is selected';
        if (role === 'commander') return 'an incident needs a commander: r hands the role over';
        const mine = state.incident?.roles[role].includes(state.incidentContext?.self.name ?? '');
        return notForRoles(state) ?? (mine ? undefined : 'you do not have this role');
      },
      run: ({ row, state }) => {
        const role = roles.find((one) => one === row?.id);
        return role && state.incidentContext
          ? [send({ do: 'role', role, change: 'left', person: state.incidentContext.self.name })]
          : [];
      },
    },
    {
      id: 'take-role',
      keys: ['space'],
      title: 'take role',
      about: 'take the selected role',
      footer: 12,
      withRows: true,
      unless: ({ row, state }) =>
        notForRoles(state) ?? (roles.some((one) => one === row?.id) ? undefined : 'no role is selected'),
      run: ({ row, state }) => {
        const role = roles.find((one) => one === row?.id);
        return role && state.incidentContext
          ? [send({ do: 'role', role, change: 'taken', person: state.incidentContext.self.name })]
          : [];
      },
    },
    admitKey,
    continueKey,
    ...incidentKeys
      .filter((key) => key.id === 'control')
      .map((key) => ({
        ...key,
        id: 'people-control',
        footer: 13,
        run: key.run ?? (({ state }) => [askControl(state)]),
      })),
  ],
};

function notForRoles(state: State): string | undefined {
  return state.incident ? onlyObserves(state) : 'roles need an incident; i opens one';
}

/** Roles are what people agreed on; control is what one cockpit has. */
function controlRow(incidentContext: IncidentContext, incident: Incident | undefined): Row {
  const control = incident && isOngoing(incident) ? controlNow(incidentContext, incident) : undefined;
  const [says, isGood, change] = controlSays(control, incidentContext.self.session);
  return {
    id: 'control',
    text: `in control ${says}`,
    height: 2,
    // The next heading is drawn with it: every row of a list can be selected.
    draw: () => [
      line('in control'.padEnd(12), control ? span(says, isGood ? 'accent' : 'warning') : dim(says)),
      line(dim('connected now')),
    ],
    opens: {
      kind: 'details',
      title: 'in control',
      lines: (_, wide) =>
        descriptionList(
          [
            ['held by', says],
            [
              'what it is',
              'one cockpit works the checklist, sends messages and runs actions; the roles are among people',
            ],
            ['change', change],
          ],
          wide - 2,
        ),
    },
  };
}

function controlSays(control: ControlNow | undefined, own: string): [says: string, isGood: boolean, change: string] {
  if (!control) return ['–', true, 'control needs an open incident'];
  if (control.state === 'unknown')
    return [
      `unknown: ${control.last} had it, the relay is away`,
      false,
      `call ${control.last} first; then W takes control: both may act until the relay is back`,
    ];
  if (control.state === 'free' && control.isSilent)
    return [
      `nobody: ${control.last} does not answer (killed, hung or cut off)`,
      false,
      `W takes control; a cockpit of ${control.last} that comes back is told, and may not act`,
    ];
  if (control.state === 'free') return [`nobody: ${control.last} left`, false, 'W takes control'];
  const { session, name, user, host } = control.by;
  if (session === own) return ['you', true, 'another person takes it with W; it asks first and is recorded'];
  return [`${name}, ${user}@${host}`, true, 'W takes control: it asks first and is recorded'];
}

const accessWord = ({ observing, unheard }: Presence): string =>
  unheard ? 'unknown   ' : observing ? 'observes  ' : 'connected ';

function presenceLine(one: Presence, own: string) {
  return line(
    one.driving ? span('control   ', 'accent') : dim(accessWord(one)),
    bold(one.name),
    dim(`  ${one.user}@${one.host}${one.session === own ? '  (this cockpit)' : ''}`),
    one.unheard ? span('  the relay is away', 'warning') : dim(one.screen ? `  ${screenSays(one.screen)}` : ''),
  );
}

function presenceLines(one: Presence, own: string, columns: number): Line[] {
  return descriptionList(
    [
      ['user', `${one.user} at ${one.host}`],
      [
        'access',
        one.driving
          ? 'in control of the incident'
          : one.observing
            ? 'observer: changes are disabled'
            : 'not in control',
      ],
      ['connected', one.unheard ? 'not known: the relay is away' : 'yes'],
      ['screen', one.screen ? screenSays(one.screen) : 'not known'],
      ['key', one.key === undefined ? 'none' : fingerprint(one.key)],
      ['cockpit', one.session === own ? `${one.session}, this one` : one.session],
    ],
    columns,
  );
}
