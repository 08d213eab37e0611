// Messages to people (runbook: Alert Channels; SEV1 step 1).
import type { Action, ActionId, Planned, Target } from '../core/actions/action.ts';
import type { Channel, ChannelCall } from '../core/actions/call.ts';
import type { Preflight } from '../core/actions/preflight.ts';
import { channelIds } from '../core/incident/channel.ts';
import { pagerDutyTexts, slackMessage } from '../core/text/markup.ts';
import { second } from '../core/time.ts';
import { findPage, pageField, statusPlan, statusProof } from './pages.ts';
import { fingerprint, given, itsAnswer, planned, refuse } from './plan.ts';

declare module '../core/actions/action.ts' {
  interface ActionIds {
    'acknowledge-page': true;
    notify: true;
    'resolve-page': true;
  }
}

/** By an event, the only way without a token of the REST API: to whatever alert has this key. */
async function eventPlan(
  verb: 'acknowledge' | 'resolve',
  target: Target,
  { says, undo, warnings = [] }: { says: string; undo: string; warnings?: readonly string[] },
  preflight: Preflight,
): Promise<Planned> {
  const key = given(target, 'page');
  const page = key ? { key, says: key } : preflight.incident();
  if (!page) return refuse('no incident is open, and no page is given', 'give its dedup_key');
  const body = JSON.stringify({ event_action: verb, dedup_key: page.key });
  return planned({
    impact: [`${page.says}.`, says],
    warnings,
    calls: [{ tool: 'channel', channel: 'pagerduty', url: preflight.context.targets.channels.pagerDuty, body }],
    undo,
    answered: [preflight.context.environment],
    preconditions: page.key,
  });
}

/** With a token of the REST API the page is found, changed and read back; without one, or without its answer, an event. */
function statusAction(
  id: ActionId,
  verb: 'acknowledge' | 'resolve',
  more: Pick<Action, 'title' | 'about' | 'next'> & { says: string },
): Action {
  const { says, ...rest } = more;
  const { undo } = more.about;
  return {
    id,
    ...rest,
    risk: 'reversible',
    fields: [pageField],
    names: (target) => given(target, 'page'),
    object: (target) => `page/${given(target, 'page')}`,
    needs: (_, { targets }) =>
      targets.channels.pagerApi ? [{ kind: 'pager' }] : [{ kind: 'channel', channel: 'pagerduty' }],
    async plan(target, preflight) {
      if (!preflight.context.targets.channels.pagerApi) return eventPlan(verb, target, { says, undo }, preflight);
      const found = await findPage(target, preflight);
      if ('page' in found) return statusPlan(verb, found.page, says, undo, preflight);
      // Without an answer, or of a key that no page has: an event does no harm, and may be what is meant.
      if (found.unreadable === undefined && !given(target, 'page')) return found.planned;
      const event = await preflight.allows({ kind: 'channel', channel: 'pagerduty' });
      if (!event.ok) return found.planned;
      const why = found.unreadable ?? found.planned.why;
      const warnings = [`Sent as an event, which nothing reads back: ${why}.`];
      return eventPlan(verb, target, { says, undo, warnings }, preflight);
    },
    verify: async (done, preflight) =>
      done.plan.baseline?.page === undefined ? itsAnswer(done) : statusProof(verb, done, preflight),
    within: 15 * second,
  };
}

export const acknowledgePage: Action = statusAction('acknowledge-page', 'acknowledge', {
  title: 'Acknowledge a page',
  says: 'PagerDuty stops notifying and escalating.',
  about: {
    does: 'acknowledges the page in PagerDuty and in the open incident',
    looksAt: 'PagerDuty is configured; the page, with a token of the REST API; else an incident is open',
    calls: 'curl -d {"event_action": "acknowledge", "dedup_key": …} PAGERDUTY',
    proof: 'PagerDuty shows it as acknowledged; without a token its answer',
    undo: 'reassign or escalate it in PagerDuty',
    runbook: 'SEV1 step 1; Alert Channels',
  },
});

export const resolvePage: Action = statusAction('resolve-page', 'resolve', {
  title: 'Resolve a page',
  says: 'PagerDuty resolves the alert. The incident in the cockpit stays open until you resolve it.',
  about: {
    does: 'resolves the alert in PagerDuty',
    looksAt: 'PagerDuty is configured; the page, with a token of the REST API; else an incident is open',
    calls: 'curl -d {"event_action": "resolve", "dedup_key": …} PAGERDUTY',
    proof: 'PagerDuty shows it as resolved; without a token its answer',
    undo: 'page again: notify --channel pagerduty',
    runbook: 'Alert Channels',
  },
});

function messageTo(channel: Channel, text: string, preflight: Preflight): ChannelCall {
  const { environment, targets } = preflight.context;
  if (channel !== 'pagerduty') return { tool: 'channel', channel, body: JSON.stringify(slackMessage(text)) };
  const { summary, details } = pagerDutyTexts(text);
  const incident = preflight.incident();
  const body = JSON.stringify({
    event_action: 'trigger',
    dedup_key: incident?.key,
    payload: {
      summary,
      source: `${environment} ${targets.namespace}`,
      severity: 'critical',
      custom_details: { text: details },
    },
  });
  return { tool: 'channel', channel, url: targets.channels.pagerDuty, body };
}

export const notify: Action = {
  id: 'notify',
  title: 'Notify a channel',
  also: 'slack',
  risk: 'reversible',
  about: {
    does: 'sends a message to a Slack channel, or pages through PagerDuty',
    looksAt: 'the channel is configured; the text',
    calls: 'curl -d {"text": …} WEBHOOK',
    proof: 'the channel’s answer',
    undo: 'none: send a correction',
    runbook: 'Alert Channels',
  },
  fields: [
    {
      name: 'channel',
      ask: 'which channel?',
      kind: 'choice',
      oneOf: channelIds,
      preset: 'slack-ops',
      choices: () => channelIds.map((value) => ({ value, says: value === 'pagerduty' ? 'pages people' : undefined })),
    },
    { name: 'text', ask: 'message?', kind: 'text', lines: true },
  ],
  names: (target) => given(target, 'channel'),
  object: (target) => `channel/${given(target, 'channel')}`,
  needs: (target) =>
    channelIds.filter((one) => one === given(target, 'channel')).map((channel) => ({ kind: 'channel', channel })),
  async plan(target, preflight) {
    const channel = channelIds.find((one) => one === given(target, 'channel'));
    if (!channel) return refuse('no such channel', channelIds.join(', '));
    const text = given(target, 'text');
    return planned({
      impact: [
        `To ${channel}:`,
        ...text.split('\n'),
        ...(channel === 'pagerduty'
          ? []
          : ['Sent as plain text: mentions such as @here notify no one, links show their full URL.']),
      ],
      warnings: channel === 'pagerduty' ? ['PagerDuty pages the on-call engineer.'] : [],
      calls: [messageTo(channel, text, preflight)],
      instead: 'send a correction',
      answered: [preflight.context.environment],
      preconditions: fingerprint(channel, text),
    });
  },
  verify: async (done) => itsAnswer(done),
  within: second,
};
