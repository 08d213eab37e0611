// Messages to people (runbook: Alert Channels; SEV1 step 1).
import type { Action, ActionId, Field, Target } from '../core/actions/action.ts';
import type { Channel, ChannelCall } from '../core/actions/call.ts';
import type { OpenIncident, Preflight } from '../core/actions/preflight.ts';
import { channelIds } from '../core/incident/channel.ts';
import { pagerDutyTexts, slackMessage } from '../core/text/markup.ts';
import { second } from '../core/time.ts';
import { fingerprint, given, itsAnswer, planned, refuse } from './plan.ts';

declare module '../core/actions/action.ts' {
  interface ActionIds {
    'acknowledge-page': true;
    notify: true;
    'resolve-page': true;
  }
}

/** The key that all pages about one incident share. */
const pageField: Field = {
  name: 'page',
  ask: 'dedup_key of the page?',
  empty: 'the open incident’s',
  kind: 'text',
  optional: true,
};

function pageOf(target: Target, incident: OpenIncident | undefined): { key: string; says: string } | undefined {
  const key = given(target, 'page');
  return key ? { key, says: key } : incident;
}

function pageAction(
  id: ActionId,
  verb: 'acknowledge' | 'resolve',
  more: Pick<Action, 'title' | 'about' | 'next'> & { says: string },
): Action {
  const { says, ...rest } = more;
  return {
    id,
    ...rest,
    risk: 'reversible',
    fields: [pageField],
    names: (target) => given(target, 'page'),
    object: (target) => `page/${given(target, 'page')}`,
    needs: () => [{ kind: 'channel', channel: 'pagerduty' }],
    async plan(target: Target, preflight: Preflight) {
      const page = pageOf(target, preflight.incident());
      if (!page) return refuse('no incident is open, and no page is given', 'give its dedup_key');
      const body = JSON.stringify({ event_action: verb, dedup_key: page.key });
      return planned({
        impact: [`${page.says}.`, says],
        calls: [{ tool: 'channel', channel: 'pagerduty', url: preflight.context.targets.channels.pagerDuty, body }],
        undo: more.about.undo,
        answered: [preflight.context.environment],
        preconditions: page.key,
      });
    },
    verify: async (done) => itsAnswer(done),
    within: second,
  };
}

export const acknowledgePage: Action = pageAction('acknowledge-page', 'acknowledge', {
  title: 'Acknowledge a page',
  says: 'PagerDuty stops notifying and escalating.',
  about: {
    does: 'acknowledges the page in PagerDuty and in the open incident',
    looksAt: 'PagerDuty is configured; an incident is open',
    calls: 'curl -d {"event_action": "acknowledge", "dedup_key": …} PAGERDUTY',
    proof: 'PagerDuty’s answer',
    undo: 'reassign or escalate it in PagerDuty',
    runbook: 'SEV1 step 1; Alert Channels',
  },
});

export const resolvePage: Action = pageAction('resolve-page', 'resolve', {
  title: 'Resolve a page',
  says: 'PagerDuty resolves the alert. The incident in the cockpit stays open until you resolve it.',
  about: {
    does: 'resolves the alert in PagerDuty',
    looksAt: 'PagerDuty is configured; an incident is open',
    calls: 'curl -d {"event_action": "resolve", "dedup_key": …} PAGERDUTY',
    proof: 'PagerDuty’s answer',
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
