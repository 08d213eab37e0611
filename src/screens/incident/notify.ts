// Messages to people: those due come first; each can be read and edited before it is sent.
import { type ChannelId, calledBy } from '../../core/incident/channel.ts';
import { type ChannelState, isInControl } from '../../core/incident/context.ts';
import type { Purpose } from '../../core/incident/event.ts';
import type { Incident, Message } from '../../core/incident/incident.ts';
import { pageKey } from '../../core/incident/page.ts';
import { formatAge, formatClock, shortClock } from '../../core/text/format.ts';
import { minute } from '../../core/time.ts';
import { messageLines, messageText } from '../../runbook/messages.ts';
import { wordsOf } from '../../runbook/timeline-text.ts';
import type { Intent, State } from '../../store.ts';
import type { Row, Screen } from '../screen.ts';
import { markerIn } from '../shell/reducer.ts';
import { bold, dim, type Line, line, mark, span, wrap } from '../toolkit/line.ts';
import { toHeight } from '../toolkit/list.ts';
import { send } from './asking.ts';

type Draft = { channel: ChannelId; purpose: Purpose; about: string };

const drafts: readonly Draft[] = [
  { channel: 'pagerduty', purpose: 'acknowledge', about: 'stop the page: you have it' },
  { channel: 'slack-alerts', purpose: 'notify', about: 'tell stakeholders the current state' },
  { channel: 'slack-alerts', purpose: 'update', about: 'conditions, actions, needs' },
  { channel: 'pagerduty', purpose: 'trigger', about: 'page people' },
  { channel: 'slack-ops', purpose: 'notify', about: 'post for the next business day' },
  { channel: 'pagerduty', purpose: 'resolve', about: 'close the page' },
  { channel: 'slack-alerts', purpose: 'resolve', about: 'announce the end' },
];

const sameAs = (draft: Draft) => (m: Message) => m.channel === draft.channel && m.purpose === draft.purpose;

const isSent = (incident: Incident, draft: Draft): boolean =>
  incident.messages.some((m) => sameAs(draft)(m) && (m.delivery === 'sent' || m.delivery === 'not-sent'));

/** It was sent; an update is sent again and again. */
const isDone = (incident: Incident, draft: Draft): boolean => draft.purpose !== 'update' && isSent(incident, draft);

/** Unsent messages first, in the order in which they are due; once mitigated, those that end the incident. */
function ordered(incident: Incident): readonly Draft[] {
  const ends = (d: Draft) => d.purpose === 'resolve';
  const over = incident.mitigatedAt !== undefined;
  const rank = (d: Draft) => (over && ends(d) && !isSent(incident, d) ? 0 : isDone(incident, d) ? 2 : 1);
  return drafts.toSorted((a, b) => rank(a) - rank(b));
}

export const notifyScreen: Screen = {
  id: 'notify',
  title: () => 'MESSAGES',
  palette: 'messages',
  also: 'slack pagerduty stakeholders update',
  view(state) {
    const { incident, incidentContext } = state;
    if (!incident || !incidentContext)
      return { rows: [], empty: [line(dim('messages need an incident; i opens one'))] };
    return {
      says: line(dim('you see and can edit each message before it is sent')),
      rows: rowsOf(state, incident, incidentContext.channels),
    };
  },
  aside: {
    // The list keeps what it has on a terminal of 80 columns.
    columns: (total) => Math.min(total - 80, 100),
    draw(state, place, { columns, rows: height }) {
      const { incident, incidentContext } = state;
      const rows = incident && incidentContext ? rowsOf(state, incident, incidentContext.channels) : [];
      const row = rows[markerIn(place, rows)];
      return incident && row && toHeight(previewLines(state, incident, row.id, columns), height);
    },
  },
  keys: [
    {
      id: 'arrived',
      keys: ['o'],
      title: 'received',
      about: 'show what the drill’s PagerDuty and Slack received',
      footer: 11,
      unless: ({ state }) =>
        state.world.scope.drill === undefined ? 'only a drill shows received messages' : undefined,
      run: () => [{ kind: 'open', screen: 'received' }],
    },
  ],
};

const rowsOf = (state: State, incident: Incident, channels: readonly ChannelState[]): readonly Row[] => [
  ...ordered(incident).map((draft) => draftRow(state, draft, channels)),
  ...incident.messages.toReversed().map(sentRow),
];

const draftId = ({ channel, purpose }: Draft): string => `${channel}/${purpose}`;

/** What the selected message says, or would say now. PagerDuty gets a key instead of a text. */
function previewLines(state: State, incident: Incident, id: string, columns: number): readonly Line[] {
  const draft = drafts.find((one) => draftId(one) === id);
  const sent = incident.messages.find(({ message }) => message === id);
  if (sent)
    return [line(bold(`${sent.purpose}: ${sent.delivery}`)), ...wrap(wordsOf(sent), columns).map((part) => line(part))];
  if (!draft) return [];
  const text = isBare(draft) ? [`alert key ${pageKey(incident)}`] : messageLines(incident, state.world, draft.purpose);
  return [
    line(bold('PREVIEW'), '  ', span('enter', 'key'), dim(' edits it')),
    ...text.flatMap((part) => wrap(part, columns)).map((part) => line(part)),
  ];
}

/** PagerDuty's acknowledge and resolve carry a key instead of a text. */
const isBare = ({ channel, purpose }: Draft): boolean => channel === 'pagerduty' && purpose !== 'trigger';

function draftRow(state: State, draft: Draft, channels: readonly ChannelState[]): Row {
  const { channel, purpose, about } = draft;
  const found = channels.find((one) => one.id === channel);
  const name = found?.name ?? channel;
  const last = state.incident?.messages.findLast(sameAs(draft));
  const says = last ? line(deliveryMark(last), dim(` ${shortClock(last.at)} ${last.delivery}`)) : undefined;
  return {
    id: draftId(draft),
    text: `${name} ${purpose} ${about}`,
    isDone: state.incident !== undefined && isDone(state.incident, draft),
    draw: () => [
      line(
        `${purpose.padEnd(12)}`,
        span(name.padEnd(18), found?.configured ? 'plain' : 'dim'),
        dim(found?.configured ? about.padEnd(30) : 'not configured: copy only'.padEnd(30)),
        '  ',
        says,
      ),
    ],
    opens: whyNotFromHere(state) ?? compose(state, draft, name, found?.configured === true),
    copies: {
      text: state.incident ? messageLines(state.incident, state.world, purpose).join('\n') : '',
      what: 'the message',
    },
  };
}

/** A person who is not in control sees that before writing a message, not after. */
function whyNotFromHere({ incidentContext, incident }: State): Intent | undefined {
  if (!incidentContext || !incident || isInControl(incidentContext, incident)) return undefined;
  const says = incidentContext.observing
    ? 'this cockpit only observes; y copies the text'
    : `${incident.control.person} is in control: W takes control, y copies the text`;
  return { kind: 'notice', says: `messages: ${says}`, verdict: 'unknown' };
}

/**
 * The message in a field, then the question whether to send it; `written`: what was written before.
 */
function compose(state: State, draft: Draft, name: string, configured: boolean, written?: string): Intent {
  const { channel, purpose } = draft;
  const { incident, world } = state;
  const text = incident ? messageText(incident, world, purpose) : '';
  const again = (value: string) => (later: State) => [compose(later, draft, name, configured, value)];
  const bare = configured && isBare(draft);
  const says = (...parts: readonly string[]) => ({
    lines: (_: State, columns: number) => [
      ...parts.flatMap((part) => wrap(part, columns - 4).map((row) => line('  ', dim(row)))),
      [],
    ],
  });
  const title = `${purpose} · ${name}`;
  if (bare)
    return {
      kind: 'form',
      form: {
        title,
        fields: [
          { name: 'key', ask: 'alert key', kind: 'text', value: written ?? (incident ? pageKey(incident) : '') },
        ],
        ...says(
          `${name} gets “${purpose}” for the alert with this key. enter previews it, then y sends it.`,
          ...(incident && !isPaged(incident)
            ? ['A page from another tool has its own key (dedup_key): enter it here.']
            : []),
        ),
        submit: ({ key = '' }) =>
          key.trim().length > longestKey
            ? `a key has at most ${longestKey} characters`
            : [
                askSend(
                  { channel, purpose, text, key: key.trim() },
                  { name, shown: `alert key ${key.trim()}`, cancelled: again(key) },
                ),
              ],
      },
    };
  return {
    kind: 'form',
    form: {
      title,
      fields: [{ name: 'text', ask: 'message', kind: 'text', value: written ?? text, lines: true }],
      ...says(
        configured
          ? `${name} gets this text. You can edit it. enter previews it, then y sends it. Mentions and links stay plain text.`
          : `${name} is not configured. enter copies the text, so that you can send it, and records it as not sent.`,
      ),
      submit: ({ text: message = '' }) => {
        if (message.trim() === '') return 'the message is empty';
        if (configured)
          return [askSend({ channel, purpose, text: message }, { name, shown: message, cancelled: again(message) })];
        return [
          { kind: 'copy', text: message, what: 'the message' },
          send({ do: 'notify', channel, purpose, text: message }),
        ];
      },
    },
  };
}

/**
 * A message for the same purpose to the same channel within this time is most likely a slip of the finger. Its text may
 * differ: a draft names the measurements and the time of its own moment.
 */
const sameWithin = minute;

type Outgoing = Pick<Message, 'channel' | 'purpose' | 'text' | 'key'>;

/** The last step before a message is sent: enter alone, or held, sends nothing. */
function askSend(
  message: Outgoing,
  { name, shown, cancelled }: { name: string; shown: string; cancelled: (state: State) => readonly Intent[] },
): Intent {
  return {
    kind: 'confirm',
    ask: {
      title: `${message.purpose} · ${name}`,
      lines: (state, columns) => {
        const before = state.incident?.messages.findLast((one) => isRepeat(one, message));
        const age = before && state.world.now - before.at;
        return [
          ...wrap(shown, columns - 4).map((row) => line('  ', row)),
          ...(before && age !== undefined && age < sameWithin
            ? [
                [],
                line(
                  '  ',
                  mark('warning'),
                  ` ${before.text === message.text || message.key !== undefined ? 'The same message' : `Another ${message.purpose}`} went to ${name} ${formatAge(age)} ago: ${before.delivery}.`,
                ),
              ]
            : []),
        ];
      },
      accept: { by: 'key', word: 'send' },
      accepted: () => [send({ do: 'notify', ...message })],
      cancelled,
    },
  };
}

const isRepeat = (one: Outgoing, { channel, purpose, key }: Outgoing): boolean =>
  one.channel === channel && one.purpose === purpose && (key === undefined || one.key === key);

/** PagerDuty's limit for a dedup_key. */
const longestKey = 255;

/** Whether PagerDuty has an alert from here, or a message with another alert's key was sent. */
const isPaged = (incident: Incident): boolean =>
  incident.messages.some((one) => one.channel === 'pagerduty' && one.delivery === 'sent');

const deliveryMark = ({ delivery }: Message) =>
  mark(delivery === 'sent' ? 'ok' : delivery === 'failed' ? 'critical' : 'unknown');

function sentRow(message: Message): Row {
  return {
    id: message.message,
    text: `${calledBy(message)} ${message.purpose} ${message.text}`,
    draw: () => [
      line(
        deliveryMark(message),
        dim(` ${formatClock(message.at).slice(0, 8)} ${message.by} `),
        `${calledBy(message)} ${message.purpose} ${message.delivery}  `,
        dim(message.delivery === 'sent' ? wordsOf(message) : (message.detail ?? wordsOf(message))),
      ),
    ],
    opens: {
      kind: 'details',
      title: `${calledBy(message)} ${message.purpose}: ${message.delivery}`,
      lines: (_, columns) =>
        [
          wordsOf(message),
          ...(message.key && wordsOf(message) === message.text ? ['', `alert key ${message.key}`] : []),
          ...(message.detail ? ['', message.detail] : []),
        ].flatMap((part) => wrap(part, columns - 4).map((row) => line('  ', row))),
    },
    copies: { text: message.text, what: 'the message' },
  };
}
