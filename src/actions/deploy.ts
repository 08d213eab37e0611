// Deploying updates, and messages (runbook: Deploying Updates; Alert Channels).
import type { Action } from '../core/action.ts';
import type { Call, CommandCall } from '../core/call.ts';
import { minute, second } from '../core/time.ts';
import {
  answeredByCluster,
  commandWithin,
  disproven,
  given,
  notYet,
  notYetBy,
  planned,
  proven,
  refuse,
  refusedBy,
} from './plan.ts';

export const deploy: Action = {
  id: 'deploy',
  title: 'Deploy: staging, then production',
  risk: 'data',
  about: {
    does: 'applies the staging manifests, asks staging’s health, applies production’s, follows the rollout',
    looksAt: 'kubectl diff, current images; the manifests and kubectl are there',
    calls:
      'kubectl apply -f k8s/staging/ …; curl staging’s health; kubectl apply -f k8s/production/ …; kubectl rollout status …',
    proof: 'the rollout is complete, health answers',
    undo: 'roll back',
    runbook: 'Deploying Updates',
  },
  fields: [],
  names: (_, { targets }) => targets.namespace,
  object: (_, { targets }) => `namespace/${targets.namespace}`,
  needs: (_, { kubectl, admin, targets: { namespace } }) => [
    { kind: 'tool', command: kubectl, ...(admin.directory ? { directory: admin.directory } : {}) },
    { kind: 'kubernetes', verb: 'patch', group: 'apps', resource: 'deployments', namespace },
  ],
  async plan(_, survey) {
    const { kubectl, admin, targets } = survey.ground;
    const who = await answeredByCluster(survey);
    if (!who.ok) return refusedBy(who.fault);
    const context = targets.context ? ['--context', targets.context] : [];
    const before = await survey.deployment(targets.deployments.gateway);
    if (!before.ok) return refusedBy(before.fault);
    const diff = await survey.output(
      [kubectl, 'diff', '-f', targets.manifests, '-n', targets.namespace, ...context],
      admin.directory,
    );
    if (!diff.ok) return refusedBy(diff.fault);
    // kubectl diff: 0 no difference, 1 differences, more: it failed.
    if (diff.value.code > 1)
      return refuse(`kubectl diff failed: ${diff.value.lines.at(-1) ?? ''}`, 'check the manifests and admin.directory');
    const run = (...argv: readonly string[]): CommandCall => ({
      tool: 'command',
      argv: [kubectl, ...argv, ...context],
      ...(admin.directory ? { directory: admin.directory } : {}),
      within: commandWithin,
    });
    const calls: readonly Call[] = [
      run('apply', '-f', targets.staging.manifests, '-n', targets.staging.namespace),
      { tool: 'http', url: targets.staging.healthUrl },
      run('apply', '-f', targets.manifests, '-n', targets.namespace),
      {
        ...run('rollout', 'status', `deployment/${targets.deployments.gateway}`, '-n', targets.namespace),
        within: 10 * minute,
      },
    ];
    const changed = diff.value.lines.filter((text) => /^[+-][^+-]/.test(text));
    return planned({
      impact: [
        changed.length === 0
          ? 'Production would not change: kubectl diff finds nothing.'
          : `kubectl diff for production, ${changed.length} lines:`,
        ...changed.slice(0, 30),
        `Now: ${before.value.images.join(', ')}, revision ${before.value.revision}.`,
        'Production is applied only when staging calls itself healthy.',
      ],
      warnings: before.value.stuck ? [`A rollout is stuck already: ${before.value.stuck}`] : [],
      calls,
      undo: `roll ${before.value.name} back to revision ${before.value.revision}`,
      answered: [who.says],
      rests: `${before.value.uid} ${before.value.generation} ${changed.length}`,
      memo: { revision: String(before.value.revision) },
    });
  },
  async verify(_, survey) {
    const { targets } = survey.ground;
    const found = await survey.deployment(targets.deployments.gateway);
    if (!found.ok) return notYetBy(found.fault);
    const d = found.value;
    if (d.stuck) return disproven(`the rollout is stuck: ${d.stuck}`);
    if (d.updated < d.desired || d.available < d.desired || d.observed < d.generation)
      return notYet(`${d.available} of ${d.desired} available`);
    const health = await survey.health(`${targets.gatewayUrl}${targets.healthPath}`);
    if (!health.ok || !health.value.healthy) return notYet('rolled out; health does not answer healthy yet');
    return proven(`revision ${d.revision} is available, health answers ${health.value.statusCode}`);
  },
  within: 5 * minute,
  next: ({ plan, target }) => [
    {
      action: 'rollback-deployment',
      target: { deployment: given(target, 'deployment') || 'api-gateway', revision: plan.memo?.revision ?? '' },
      says: `roll back to revision ${plan.memo?.revision}`,
    },
  ],
};

const channels = ['slack-alerts', 'slack-ops'] as const;

export const notify: Action = {
  id: 'notify',
  title: 'Notify a channel',
  risk: 'reversible',
  about: {
    does: 'sends a message to a Slack channel; an incident’s own screen also acknowledges and resolves in PagerDuty',
    looksAt: 'the channel is configured; the text',
    calls: 'curl -d {"text": …} WEBHOOK',
    proof: 'the channel’s answer',
    undo: 'send a correction',
    runbook: 'Alert Channels',
  },
  fields: [
    {
      name: 'channel',
      ask: 'which channel?',
      kind: 'choice',
      preset: 'slack-ops',
      choices: () => channels.map((value) => ({ value })),
    },
    { name: 'text', ask: 'what?', kind: 'text' },
  ],
  names: (target) => given(target, 'channel'),
  object: (target) => `channel/${given(target, 'channel')}`,
  needs: (target) =>
    channels.filter((one) => one === given(target, 'channel')).map((channel) => ({ kind: 'channel', channel })),
  async plan(target, survey) {
    const channel = channels.find((one) => one === given(target, 'channel'));
    if (!channel) return refuse('there is no such channel', channels.join(' or '));
    const text = given(target, 'text');
    return planned({
      impact: [`To ${channel}:`, text],
      calls: [{ tool: 'channel', channel, body: JSON.stringify({ text }) }],
      undo: 'send a correction',
      answered: [survey.ground.environment],
      rests: text,
    });
  },
  verify: async ({ output }) => proven(output.at(-1) ?? 'it was taken'),
  within: second,
};
