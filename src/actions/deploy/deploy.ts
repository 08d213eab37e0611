// Deploying updates (runbook: Deploying Updates).
import type { Action, Proof } from '../../core/actions/action.ts';
import type { Call, CommandCall } from '../../core/actions/call.ts';
import type { Preflight } from '../../core/actions/preflight.ts';
import { progressOf } from '../../core/actions/rollout-progress.ts';
import { type Ms, minute, second } from '../../core/time.ts';
import {
  answeredByCluster,
  commandWithin,
  counted,
  disproven,
  fingerprint,
  kubectlInherits,
  notYet,
  notYetBy,
  planned,
  proven,
  refuse,
  refusedBy,
} from '../plan.ts';
import { deploymentsOf, mayApply, untriable } from './manifests.ts';
import { beforeOf, changedDeployments, readBefore, rolloutsAhead, waysBack } from './production.ts';

declare module '../../core/actions/action.ts' {
  interface ActionIds {
    deploy: true;
  }
}

/** The objects and changed lines of kubectl diff, without fields that every apply increments. */
function differs(text: string): readonly string[] {
  const [, object] = /^diff .*\/([^/\s]+)$/.exec(text) ?? [];
  if (object) return [`${object}:`];
  return /^[+-](?![+-]{2} )/.test(text) && !/^[+-]\s+generation: \d+$/.test(text) ? [text] : [];
}

/** kubectl with the cluster and the directory of the configuration. */
function asking(preflight: Preflight) {
  const { kubectl, admin, targets } = preflight.context;
  const context = targets.context ? ['--context', targets.context] : [];
  const where = admin.directory ? { directory: admin.directory } : {};
  const environment = targets.kubeconfig ? { environment: { KUBECONFIG: targets.kubeconfig } } : {};
  const argv = (...words: readonly string[]) => [kubectl, ...words, ...context] as const;
  const place = { ...where, ...environment, inherits: kubectlInherits };
  return { argv, place, ask: (...words: readonly string[]) => preflight.output(argv(...words), place) };
}

/** A request whose answer was lost may still arrive within this time. */
const lateAnswer: Ms = 10 * second;

/** After a lost connection: how production differs from its manifests; undefined: not at all. */
async function whatIsMissing(preflight: Preflight, differed: boolean, late: boolean): Promise<Proof | undefined> {
  if (!differed) return { ...notYet('production had nothing to change: it proves nothing'), final: true };
  const { targets } = preflight.context;
  const diff = await asking(preflight).ask('diff', '-f', targets.manifests, '-n', targets.namespace);
  if (!diff.ok) return notYetBy(diff.fault);
  const { code, lines } = diff.value;
  if (code > 1) return notYet(`kubectl diff failed: ${lines.at(-1) ?? ''}`);
  if (code === 0) return undefined;
  const says = `production differs from its manifests: kubectl diff still has ${counted(lines.flatMap(differs).length, 'line')}`;
  return late ? disproven(says) : notYet(says);
}

export const deploy: Action = {
  id: 'deploy',
  title: 'Deploy: staging, then production',
  also: 'release ship apply',
  risk: 'data',
  about: {
    does: 'applies the staging manifests, waits for their rollouts, checks staging’s health, applies the production manifests, follows their rollouts',
    looksAt:
      'kubectl diff, current images, an open incident; quotas, limit ranges, nodes, budgets and autoscalers of each deployment that changes; permission to read, create and patch each object of the manifests; a dry run in staging; kubectl is installed',
    calls:
      'kubectl apply -f k8s/staging/ …; kubectl rollout status … of each deployment; curl staging’s health; kubectl apply -f k8s/production/ …; kubectl rollout status … of each deployment',
    proof: 'every rollout is complete, the health check passes',
    undo: 'roll back every deployment that changed',
    runbook: 'Deploying Updates',
  },
  fields: [],
  names: (_, { targets }) => targets.namespace,
  object: (_, { targets }) => `namespace/${targets.namespace}`,
  // Only kubectl knows the objects of the manifests: the plan checks the permissions for each of them.
  needs: (_, { kubectl, admin }) => [{ kind: 'tool', command: kubectl, directory: admin.directory }],
  async plan(_, preflight) {
    const { targets } = preflight.context;
    const who = await answeredByCluster(preflight);
    if (!who.ok) return refusedBy(who.fault);
    const { argv: words, place: where, ask } = asking(preflight);
    const all = await preflight.deployments();
    if (!all.ok) return refusedBy(all.fault);
    const gateway = all.value.find((d) => d.name === targets.deployments.gateway);
    if (!gateway)
      return refuse(`there is no deployment ${targets.deployments.gateway}`, 'check kubernetes.deployments');
    const incident = preflight.incident();
    const { staging } = targets;
    const inStaging = await mayApply(preflight, { files: staging.manifests, namespace: staging.namespace }, ask);
    if ('refused' in inStaging) return inStaging.refused;
    const inProduction = await mayApply(preflight, { files: targets.manifests, namespace: targets.namespace }, ask);
    if ('refused' in inProduction) return inProduction.refused;
    const [rehearsed, diff] = await Promise.all([
      ask('apply', '--dry-run=server', '-f', staging.manifests, '-n', staging.namespace),
      ask('diff', '-f', targets.manifests, '-n', targets.namespace),
    ]);
    if (!rehearsed.ok) return refusedBy(rehearsed.fault);
    if (!diff.ok) return refusedBy(diff.fault);
    const untold = [rehearsed, diff].flatMap(({ value }) => untriable(value.lines) ?? []);
    if (rehearsed.value.code !== 0 && !untriable(rehearsed.value.lines))
      return refuse(
        `the API server would refuse this in ${staging.namespace}: ${rehearsed.value.lines.at(-1) ?? ''}`,
        'check the manifests of staging',
      );
    // kubectl diff: 0 no difference, 1 differences, more: it failed.
    if (diff.value.code > 1 && !untriable(diff.value.lines))
      return refuse(`kubectl diff failed: ${diff.value.lines.at(-1) ?? ''}`, 'check the manifests and admin.directory');
    const compared = diff.value.code <= 1;
    const run = (...argv: readonly string[]): CommandCall => ({
      tool: 'command',
      argv: words(...argv),
      ...where,
      within: commandWithin,
      reaches: 'kubernetes',
    });
    const calls: readonly Call[] = [
      run('apply', '-f', staging.manifests, '-n', staging.namespace),
      ...rolledOut(deploymentsOf(inStaging.objects), staging.namespace),
      { tool: 'http', url: staging.healthUrl },
      run('apply', '-f', targets.manifests, '-n', targets.namespace),
      ...rolledOut(deploymentsOf(inProduction.objects), targets.namespace),
    ];
    const ahead = await rolloutsAhead(
      preflight,
      all.value,
      changedDeployments(compared ? diff.value.lines : [], targets.namespace),
    );
    if ('refused' in ahead) return ahead.refused;
    const changed = compared ? diff.value.lines.flatMap(differs) : [];
    return planned({
      impact: [
        !compared
          ? 'The changes in production are unknown: kubectl diff was denied.'
          : changed.length === 0
            ? 'Production would not change: kubectl diff is empty.'
            : `kubectl diff for production, ${counted(changed.length, 'line')}:`,
        ...changed.slice(0, 60),
        ...(changed.length > 60 ? [`… ${changed.length - 60} more: kubectl diff -f ${targets.manifests}`] : []),
        ...all.value.map((d) => `Current: ${d.name} revision ${d.revision}, ${d.images.join(', ')}.`),
        'Production is applied only when every rollout in staging is complete and staging reports healthy.',
      ],
      warnings: [
        ...ahead.warnings,
        ...untold.map((why) => `Whether the API server accepts it is unknown until it runs: ${why}`),
        ...(incident ? [`An incident is open: ${incident.says}. Deploy only its fix.`] : []),
        ...all.value.flatMap((d) => (d.stuck ? [`The rollout of ${d.name} is already stuck: ${d.stuck}`] : [])),
      ],
      calls,
      undo: `roll each changed deployment back to its current revision (${gateway.name}: ${gateway.revision}); database migrations stay`,
      answered: [who.says],
      preconditions: fingerprint(
        all.value.map((d) => [d.name, d.uid, d.generation]),
        changed,
      ),
      baseline: {
        gateway: gateway.name,
        revision: String(gateway.revision),
        differed: String(changed.length),
        before: beforeOf(all.value),
      },
    });
  },
  async verify({ plan, uncertainty, startedAt }, preflight) {
    const { targets } = preflight.context;
    const found = await preflight.deployments();
    if (!found.ok) return notYetBy(found.fault);
    const before = new Map(readBefore(plan.baseline?.before).map(([name, generation]) => [name, generation]));
    const touched = found.value.filter((d) => d.generation !== before.get(d.name));
    if (uncertainty !== undefined) {
      const not = await whatIsMissing(
        preflight,
        plan.baseline?.differed !== '0',
        preflight.now() - startedAt > lateAnswer,
      );
      if (not) return not;
    }
    for (const { name } of touched) {
      const seen = await preflight.deployment(name);
      if (!seen.ok) return notYetBy(seen.fault);
      const open = await progressOf(seen.value, preflight, startedAt);
      if (open) return { ...open, because: `${name}: ${open.because}` };
    }
    const health = await preflight.health(`${targets.gatewayUrl}${targets.healthPath}`, true);
    if (!health.ok || !health.value.healthy) return notYet('rolled out; the health check does not pass yet');
    const names = touched.map((d) => `${d.name} revision ${d.revision}`).join(', ');
    return proven(`${names || 'nothing'} rolled out, health answers ${health.value.statusCode}`);
  },
  within: 5 * minute,
  next: ({ plan }, preflight) => waysBack(readBefore(plan.baseline?.before), preflight),
  wayBack: ({ plan }, preflight) => waysBack(readBefore(plan.baseline?.before), preflight),
};

/** Waits for rollouts, where there are any. */
function rolledOut(deployments: readonly string[], namespace: string): readonly Call[] {
  return deployments.length > 0 ? [{ tool: 'rollout', deployments, namespace, within: 10 * minute }] : [];
}
