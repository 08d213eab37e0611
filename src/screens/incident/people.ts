// Who is here, who drives, who has which role; and whom to call.
import type { Presence } from '../../core/incident/desk.ts';
import { roles } from '../../core/incident/event.ts';
import type { Contact } from '../../core/world/targets.ts';
import { contactsFor } from '../../runbook/contacts.ts';
import type { State } from '../../store.ts';
import { bold, dim, line, span } from '../line.ts';
import type { Row, Screen } from '../screen.ts';
import { table, widest } from '../table.ts';
import { askRole, askWheel, send } from './asking.ts';
import { incidentKeys } from './keys.ts';
import { onlyObserves } from './offers.ts';

export const peopleScreen: Screen = {
  id: 'people',
  title: () => 'PEOPLE',
  palette: 'people: who is here, roles, the wheel',
  view({ desk, incident }) {
    if (!desk) return { rows: [], empty: [line(dim('the journal is being read'))] };
    const held = roles.map((role): Row => {
      const names = incident?.roles[role] ?? [];
      return {
        id: role,
        text: `${role} ${names.join(' ')}`,
        draw: () => [
          line(
            role.padEnd(12),
            names.length > 0
              ? bold(names.join(', '))
              : dim(role === 'commander' && incident ? 'nobody: somebody has to command' : '–'),
          ),
        ],
      };
    });
    const here = desk.here.map(
      (one): Row => ({
        id: one.session,
        text: `${one.name} ${one.host}`,
        draw: () => [presenceLine(one, desk.self.session)],
      }),
    );
    const title = (id: string, says: string): Row => ({ id, text: says, draw: () => [line(dim(says))] });
    return {
      says: line(dim(`${desk.here.length} ${desk.here.length === 1 ? 'cockpit' : 'cockpits'} open`)),
      rows: [...held, title('here', 'here now'), ...here],
    };
  },
  keys: [
    {
      id: 'role',
      keys: ['r'],
      title: 'role',
      about: 'take a role, or hand it over',
      footer: 11,
      unless: ({ state }) => notForRoles(state),
      run: ({ state }) => [askRole(state)],
    },
    {
      id: 'leave-role',
      keys: ['x'],
      title: 'leave',
      about: 'give the selected role up; a commander hands it over instead',
      unless: ({ row, state }) => {
        const role = roles.find((one) => one === row?.id);
        if (!role) return notForRoles(state) ?? 'no role is selected';
        if (role === 'commander') return 'somebody has to command: r hands it over';
        const mine = state.incident?.roles[role].includes(state.desk?.self.name ?? '');
        return notForRoles(state) ?? (mine ? undefined : 'the role is not yours');
      },
      run: ({ row, state }) => {
        const role = roles.find((one) => one === row?.id);
        return role && state.desk ? [send({ do: 'role', role, change: 'left', person: state.desk.self.name })] : [];
      },
    },
    {
      id: 'take-role',
      keys: ['space'],
      title: 'mine',
      about: 'take the selected role',
      footer: 12,
      unless: ({ row, state }) =>
        notForRoles(state) ?? (roles.some((one) => one === row?.id) ? undefined : 'no role is selected'),
      run: ({ row, state }) => {
        const role = roles.find((one) => one === row?.id);
        return role && state.desk ? [send({ do: 'role', role, change: 'taken', person: state.desk.self.name })] : [];
      },
    },
    ...incidentKeys
      .filter((key) => key.id === 'wheel')
      .map((key) => ({ ...key, id: 'people-wheel', footer: 13, run: key.run ?? (({ state }) => [askWheel(state)]) })),
  ],
};

function notForRoles(state: State): string | undefined {
  return state.incident ? onlyObserves(state) : 'roles belong to an incident; i opens one';
}

function presenceLine(one: Presence, own: string) {
  return line(
    one.driving ? span('drives    ', 'accent') : dim(one.observing ? 'observes  ' : 'looks on  '),
    bold(one.name),
    dim(`  ${one.user}@${one.host}${one.session === own ? '  (this cockpit)' : ''}`),
  );
}

export const contactsScreen: Screen = {
  id: 'contacts',
  title: () => 'CONTACTS',
  palette: 'contacts: whom to call',
  also: 'phone escalate escalation dba',
  view({ desk, incident }, _place, { columns }) {
    const isSecurity = incident?.procedure === 'security' || (incident?.procedures.includes('security') ?? false);
    const severity = incident && incident.resolvedAt === undefined ? incident.severity : undefined;
    const all = contactsFor(desk?.contacts ?? [], severity, isSecurity);
    const wide = (of: (c: Contact) => string, least: number) =>
      widest(
        all.map(({ contact }) => of(contact)),
        least,
        40,
      );
    const { head, draw } = table<(typeof all)[number]>(
      [
        {
          title: 'role',
          of: ({ contact, now }) => (now ? bold(contact.role) : contact.role),
          width: wide((c) => c.role, 4),
          upTo: 20,
        },
        { title: 'contact', of: ({ contact }) => contact.contact, width: wide((c) => c.contact, 7), upTo: 28 },
        { title: 'escalation', of: ({ contact }) => dim(contact.escalation), width: wide((c) => c.escalation, 10) },
      ],
      columns - 3,
    );
    return {
      says: line(dim('those that apply now first')),
      head: [line('  ', head)],
      rows: all.map(
        ({ contact, now }): Row => ({
          id: contact.role,
          text: `${contact.role} ${contact.contact} ${contact.escalation}`,
          draw: () => [line(now ? span('▲ ', 'accent') : '  ', draw({ contact, now }))],
          copies: { text: contact.contact, what: contact.contact },
        }),
      ),
    };
  },
};
