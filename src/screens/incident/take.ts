// Takes an incident: one review opens it, acknowledges the page, tells people and, on request, arms.
import { armedFor } from '../../core/actions/arming.ts';
import type { ChannelId } from '../../core/incident/channel.ts';
import { type ProcedureId, type Severity, severityName } from '../../core/incident/checklist.ts';
import type { IncidentContext } from '../../core/incident/context.ts';
import { projectIncident } from '../../core/incident/incident.ts';
import { shortAge } from '../../core/text/format.ts';
import { checklist, checklistFor } from '../../runbook/checklists.ts';
import { messageText } from '../../runbook/messages.ts';
import type { Intent, State, Switch } from '../../store.ts';
import { send } from './asking.ts';

type Opening = { severity: Severity; procedure: ProcedureId | undefined; title: string; why: string };

/** The review of all that taking an incident does; `why` is recorded with it. */
export function takeIntent(severity: Severity, procedure: ProcedureId | undefined, why: string): Intent {
  const title = procedure === 'security' ? 'Security incident' : checklistFor(severity).title;
  const opening: Opening = { severity, procedure, title, why };
  const name = `${severityName(severity)} ${title}`;
  return {
    kind: 'switches',
    review: {
      title: `Take ${name}`,
      word: 'take it',
      items: (state) => effects(state, opening, name),
      submit: (on) => [...atFirstStep(opening), ...on.flatMap((one) => effect(one, opening))],
    },
  };
}

/** The checklist replaces the severities on the same screen: neither their filter nor their marker holds there. */
function atFirstStep({ severity, procedure }: Opening): readonly Intent[] {
  const list = procedure ? checklist(procedure) : checklistFor(severity);
  const [first] = list.steps;
  if (!first) return [];
  return [
    { kind: 'filter', text: '', filtering: false },
    { kind: 'select', row: first.id },
  ];
}

function effects(state: State, opening: Opening, name: string): readonly Switch[] {
  const { incidentContext, arming } = state;
  return [
    { id: 'open', title: 'open the incident, with you as commander and in control', on: true, always: true },
    ...(incidentContext ? [acknowledge(incidentContext), tell(state, incidentContext, opening)] : []),
    ...(arming.state === 'read-only' ? [arm(state, name)] : []),
  ];
}

function effect({ id, text = '' }: Switch, { severity, procedure, title, why }: Opening): readonly Intent[] {
  switch (id) {
    case 'open':
      return [send({ do: 'open', severity, why, procedure, title })];
    case 'acknowledge':
      return [send({ do: 'notify', channel: 'pagerduty', purpose: 'acknowledge', text: '', key: text || undefined })];
    case 'arm':
      return [{ kind: 'send', command: { kind: 'arm', reason: text } }];
    default:
      return [send({ do: 'notify', channel: channelFor(severity), purpose: 'notify', text })];
  }
}

/** SEV1 to SEV3 reach stakeholders on #alerts, SEV4 is for the next business day (runbook, Alert Channels). */
const channelFor = (severity: Severity): ChannelId => (severity === 4 ? 'slack-ops' : 'slack-alerts');

const unset = ({ channels }: IncidentContext, id: ChannelId): string | undefined =>
  channels.find((one) => one.id === id)?.configured ? undefined : 'not configured';

function acknowledge(context: IncidentContext): Switch {
  const unless = unset(context, 'pagerduty');
  return {
    id: 'acknowledge',
    title: 'acknowledge the page at PagerDuty',
    edit: 'alert key (dedup_key) of the page; empty: the key of this incident',
    isOptional: true,
    on: unless === undefined,
    unless,
  };
}

/** The message to stakeholders; for a security incident only if you switch it on (runbook, Security). */
function tell(state: State, context: IncidentContext, opening: Opening): Switch {
  const channel = channelFor(opening.severity);
  const name = context.channels.find((one) => one.id === channel)?.name ?? channel;
  const unless = unset(context, channel);
  return {
    id: 'tell',
    title: `post to ${name}`,
    text: firstMessage(state, context, opening),
    edit: `message to ${name}`,
    on: unless === undefined && opening.procedure !== 'security',
    unless,
  };
}

/** The first message, written about the incident as it will be. */
function firstMessage(
  { world }: State,
  { self }: IncidentContext,
  { severity, title, why, procedure }: Opening,
): string {
  const incident = projectIncident('draft', [
    {
      id: '0',
      at: world.now,
      writer: self,
      environment: world.scope.environment,
      drill: world.scope.drill,
      incident: 'draft',
      // Its id is bound to no key: it is not written.
      own: true,
      event: { kind: 'opened', title, severity, why, procedure },
    },
  ]);
  return incident ? messageText(incident, world, 'notify') : '';
}

function arm({ world }: State, name: string): Switch {
  return {
    id: 'arm',
    title: `arm ${world.scope.environment} for ${shortAge(armedFor)}, reason:`,
    text: name,
    edit: 'reason (recorded in the journal)',
    on: false,
  };
}
