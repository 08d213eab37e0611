// Ends an incident: mitigated, resolved, or cancelled. One review names what is still open and who has to be told.
import { settle } from '../../core/actions/arming.ts';
import { isUnderWay } from '../../core/actions/run.ts';
import { severityName } from '../../core/incident/checklist.ts';
import type { Purpose } from '../../core/incident/event.ts';
import { likelyFix } from '../../core/incident/fix.ts';
import type { Incident } from '../../core/incident/incident.ts';
import { pageKey } from '../../core/incident/page.ts';
import { isSecurity } from '../../core/incident/security.ts';
import { stillOpen } from '../../runbook/ending.ts';
import { messageText, untoldChannels } from '../../runbook/messages.ts';
import type { Intent, State, Switch } from '../../store.ts';
import { dim, type Line, line, mark, wrap } from '../toolkit/line.ts';
import { send } from './asking.ts';

export type End = 'mitigate' | 'resolve' | 'cancel';

const titles: Readonly<Record<End, string>> = { mitigate: 'Mitigated', resolve: 'Resolve', cancel: 'Cancel' };

/** What `y` says, and what the record is called. */
const words: Readonly<Record<End, { y: string; record: string; ask: string }>> = {
  mitigate: { y: 'mitigated', record: 'record: mitigated. Fixed by:', ask: 'what fixed it? (recorded in the journal)' },
  resolve: { y: 'resolve', record: 'record: resolved. Fixed by:', ask: 'what fixed it? (recorded in the journal)' },
  cancel: { y: 'cancel the incident', record: 'record: cancelled. Reason:', ask: 'reason (recorded in the journal)' },
};

/** The review of an ending. Without a known reason, a form asks for it first. */
export function endIntent(what: End, { incident }: State): Intent {
  const reason = what === 'cancel' ? 'opened by mistake' : incident && likelyFix(incident);
  if (reason !== undefined) return review(what, reason);
  const title = `${titles[what]}. What fixed it?`;
  return {
    kind: 'form',
    form: {
      title,
      fields: [{ name: 'why', ask: 'reason (recorded in the journal)', kind: 'text' }],
      submit: ({ why = '' }) => (why.trim() ? [review(what, why)] : 'a reason is required'),
    },
  };
}

/** What is critical by readings from before the last action is asked for again, before its end is judged. */
export function freshReadings({ incident, world }: State): readonly Intent[] {
  const isUnread = incident && stillOpen('mitigate', incident, world).some(({ code }) => code === 'unread');
  return isUnread ? [{ kind: 'send', command: { kind: 'refresh' } }] : [];
}

/** What `y` does, and what it does it in spite of: for a mitigation, a figure that falls is nothing against it. */
function wordOf(what: End, { incident, world }: State): string {
  const { y } = words[what];
  const codes = incident && what !== 'cancel' ? stillOpen(what, incident, world).map(({ code }) => code) : [];
  if (what === 'mitigate' && codes.every((code) => code === 'falling')) return y;
  if (what === 'mitigate' && !codes.some((code) => code === 'critical' || code === 'run'))
    return `${y} without waiting for new readings`;
  return codes.length > 0 ? `${y} anyway` : y;
}

function review(what: End, reason: string): Intent {
  const { record, ask } = words[what];
  return {
    kind: 'switches',
    review: {
      title: titles[what],
      word: (state) => wordOf(what, state),
      lines: (state, columns) => about(what, state, columns),
      items: (state) => [
        { id: 'end', title: record, text: reason, edit: ask, on: true, always: true },
        ...(state.incident ? followUps(what, state.incident, state) : []),
        ...(what === 'mitigate' ? [] : disarmed(state)),
      ],
      // The messages go first: once it ended, another incident may be the one that is shown.
      submit: (on) => [
        ...on.filter(({ id }) => id !== 'end' && id !== 'disarm').map(sendOf(what)),
        ...on.filter(({ id }) => id === 'end').map(({ text = reason }) => send({ do: what, why: text })),
        ...on.filter(({ id }) => id === 'disarm').map((): Intent => ({ kind: 'send', command: { kind: 'disarm' } })),
      ],
    },
  };
}

/** What is still open, and what a cancellation means. */
function about(what: End, { incident, world }: State, columns: number): readonly Line[] {
  if (!incident) return [];
  const name = `${severityName(incident.severity)} ${incident.title}`;
  const lines = wrap(
    what === 'cancel' ? `${name}: it stays in the journal and counts in no statistics.` : name,
    columns - 4,
  ).map((part) => line('  ', dim(part)));
  const open = what === 'cancel' ? [] : stillOpen(what, incident, world);
  for (const { code, says } of open)
    wrap(says, columns - 6).forEach((part, at) => {
      lines.push(line('  ', at === 0 ? mark(code === 'critical' ? 'critical' : 'warning') : ' ', ` ${part}`));
    });
  return [...lines, []];
}

/** The purpose of what is sent: until the end it is an update. */
const purposeOf = (what: End): Purpose => (what === 'mitigate' ? 'update' : 'resolve');

/** A message for each channel that was told of the incident; a security incident tells nobody by default. */
function followUps(what: End, incident: Incident, { world }: State): readonly Switch[] {
  const then: Readonly<Record<End, Partial<Incident>>> = {
    mitigate: { mitigatedAt: world.now },
    resolve: { resolvedAt: world.now },
    cancel: { cancelledAt: world.now },
  };
  const after: Incident = { ...incident, ...then[what] };
  return untoldChannels(incident).flatMap(({ channel, name }): readonly Switch[] => {
    if (channel === 'pagerduty') {
      if (what === 'mitigate') return [];
      // A page that another tool opened stays, if the incident was the mistake.
      const isOurs = incident.messages.some((one) => one.channel === channel && one.purpose === 'trigger');
      const on = what === 'resolve' || isOurs;
      return [
        {
          id: channel,
          title: `resolve the page at ${name}, alert key:`,
          text: pageKey(incident),
          edit: 'alert key (dedup_key) of the page',
          on,
        },
      ];
    }
    // Short: a review is read in full before y.
    const text = messageText(after, world, what === 'mitigate' ? 'notify' : 'resolve');
    return [{ id: channel, title: `post to ${name}`, text, edit: `message to ${name}`, on: !isSecurity(incident) }];
  });
}

/** Read-only again with the end of what it was armed for, unless an action still runs. */
function disarmed({ arming, runs, world }: State): readonly Switch[] {
  if (settle(arming, world.now).state !== 'armed') return [];
  const isBusy = Object.values(runs).some(isUnderWay);
  const title = `disarm ${world.scope.environment}: read-only again now`;
  return [{ id: 'disarm', title, on: !isBusy, unless: isBusy ? 'an action still runs' : undefined }];
}

const sendOf =
  (what: End) =>
  ({ id, text = '' }: Switch): Intent => {
    if (id === 'pagerduty') return send({ do: 'notify', channel: id, purpose: 'resolve', text: '', key: text });
    const channel = id === 'slack-ops' ? 'slack-ops' : 'slack-alerts';
    return send({ do: 'notify', channel, purpose: purposeOf(what), text });
  };
