// Whom to call: who applies now, and a message to them.
import { severityName } from '../../core/incident/checklist.ts';
import { isOngoing } from '../../core/incident/incident.ts';
import { isSecurity } from '../../core/incident/security.ts';
import { shortAge } from '../../core/text/format.ts';
import type { Contact } from '../../core/world/targets.ts';
import { alertChannel } from '../../runbook/channels.ts';
import { contactsFor, type Part, partOf } from '../../runbook/contacts.ts';
import { hasAddress, mailTo } from '../../runbook/mail.ts';
import type { Intent, State } from '../../store.ts';
import type { Here, Row, Screen } from '../screen.ts';
import { descriptionList } from '../toolkit/description-list.ts';
import { bold, dim, type Line, line, span, wrap } from '../toolkit/line.ts';
import { table, widest } from '../toolkit/table.ts';
import { onCallContact, onCallRows, pagerAge, pagerQueries, pagerTrouble } from './on-call.ts';
import { suggestionOf } from './suggestion.ts';

type Ranked = { contact: Contact; now: boolean };

/** The contacts, those that apply now first. Without an incident: for the severity that the facts suggest. */
function ranked(state: State): { all: readonly Ranked[]; says: string } {
  const { incident, incidentContext } = state;
  const open = incident && isOngoing(incident) ? incident : undefined;
  const severity = open ? open.severity : suggestionOf(state).severity;
  const of = open ? 'this' : 'the suggested';
  return {
    all: contactsFor(incidentContext?.contacts ?? [], severity, open !== undefined && isSecurity(open)),
    says: severity === undefined ? 'no problem detected' : `for ${of} ${severityName(severity)}`,
  };
}

/** What the contact is to do now; empty: not needed. The page is late after the response time of a critical alert. */
function nowSays(part: Part, { incident, world }: State): Line {
  if (part === 'later') return [];
  const open = incident && isOngoing(incident) ? incident : undefined;
  if (!open) return line(span('applies', 'accent'));
  const since = world.now - open.openedAt;
  const isLate = !open.acknowledged && world.now > alertChannel('critical').due(open.openedAt);
  if (part === 'escalation')
    return line(span(isLate ? 'applies now: nobody has acknowledged' : 'applies now', isLate ? 'warning' : 'accent'));
  if (open.acknowledged) return line(span('applies now', 'accent'), dim(`: ${open.acknowledged.by} has it`));
  return line(span(`applies now: not acknowledged, open ${shortAge(since)}`, isLate ? 'critical' : 'accent'));
}

const contactHere = ({ row, state }: Here): Contact | undefined =>
  state.incidentContext?.contacts.find(({ role }) => role === row?.id) ?? onCallContact(state, row?.id);

/** A mail is copied and shown; who is no address is reached by the incident's messages. */
function writeTo(contact: Contact, { incident, world }: State): readonly Intent[] {
  if (!hasAddress(contact)) return [{ kind: 'open', screen: 'notify' }];
  const mail = mailTo(contact, incident, world);
  return [
    { kind: 'copy', text: mail.join('\n'), what: `a mail to ${contact.contact}` },
    {
      kind: 'details',
      title: `Mail to ${contact.role} (copied)`,
      lines: (_, columns) => mail.flatMap((part) => wrap(part, columns - 4).map((says) => line('  ', says))),
    },
  ];
}

/** A contact, and below it what applies now. */
function rowOf(one: Ranked, draw: (one: Ranked) => Line, state: State): Row {
  const { contact, now } = one;
  const applies = nowSays(partOf(contact, now), state);
  const isMarked = applies.length > 0;
  return {
    id: contact.role,
    text: `${contact.role} ${contact.contact} ${contact.escalation}`,
    height: isMarked ? 2 : 1,
    draw: () => [draw(one), ...(isMarked ? [line('  ', applies)] : [])],
    opens: {
      kind: 'details',
      title: contact.role,
      lines: (_, room) =>
        descriptionList(
          [
            ['contact', contact.contact],
            ['escalation', contact.escalation],
            ['now', isMarked ? applies : 'not needed now'],
            ['write', hasAddress(contact) ? 'm copies a mail with address and text' : 'm opens the messages'],
          ],
          room - 2,
        ),
    },
    copies: { text: contact.contact, what: contact.contact },
  };
}

export const contactsScreen: Screen = {
  id: 'contacts',
  title: () => 'CONTACTS',
  palette: 'contacts: whom to call',
  also: 'phone escalate escalation dba who is on call oncall on-call',
  queries: (_, state) => pagerQueries(state),
  view(state, _place, { columns }) {
    const { all, says } = ranked(state);
    const wide = (of: (c: Contact) => string, least: number) =>
      widest(
        all.map(({ contact }) => of(contact)),
        least,
        40,
      );
    const { head, draw } = table<Ranked>(
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
      says: line(dim(says)),
      right: pagerAge(state) ?? [],
      head: [...pagerTrouble(state, columns - 3), head],
      rows: [...all.map((one) => rowOf(one, draw, state)), ...onCallRows(state)],
    };
  },
  keys: [
    {
      id: 'write-to',
      keys: ['m'],
      title: 'write',
      about: 'copy a mail to the contact with address and text; PagerDuty: open the messages',
      also: 'mail email message',
      footer: 11,
      unless: (here) => (contactHere(here) ? undefined : 'no contact is selected'),
      run: (here) => {
        const contact = contactHere(here);
        return contact ? writeTo(contact, here.state) : [];
      },
    },
  ],
};
