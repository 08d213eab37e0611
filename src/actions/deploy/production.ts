// What production meets when its manifests are applied: the deployments that change, and what will stop their rollouts.
import type { Planned, Suggestion } from '../../core/actions/action.ts';
import type { DeploymentState, Preflight } from '../../core/actions/preflight.ts';
import { rolloutOutlook } from '../deployments/rollout-plan.ts';
import { refuse } from '../plan.ts';

/** The changed lines of each deployment, from kubectl diff: its files are named group.version.Kind.namespace.name. */
export function changedDeployments(lines: readonly string[], namespace: string): ReadonlyMap<string, string[]> {
  const changed = new Map<string, string[]>();
  let current: string[] | undefined;
  for (const text of lines) {
    const [, file] = /^diff .*\/([^/\s]+)$/.exec(text) ?? [];
    if (file !== undefined) {
      const [, name] = file.split(`.Deployment.${namespace}.`);
      current = name === undefined ? undefined : (changed.get(name) ?? []);
      if (current && name !== undefined) changed.set(name, current);
    } else if (/^[+-](?![+-]{2} )/.test(text)) current?.push(text);
  }
  return changed;
}

/** Lines after which the running pods predict too little. */
const resizes = /^[+-]\s*(cpu|memory|replicas|maxSurge|maxUnavailable|type): /;

/** Why the deploy is refused; else what speaks against it. */
export async function rolloutsAhead(
  preflight: Preflight,
  all: readonly DeploymentState[],
  changed: ReadonlyMap<string, readonly string[]>,
): Promise<{ refused: Planned } | { warnings: readonly string[] }> {
  const warnings: string[] = [];
  for (const [name, lines] of changed) {
    const d = all.find((one) => one.name === name);
    if (!d) continue;
    if (d.paused)
      return {
        refused: refuse(
          `deployment ${name} is paused: its rollout would not start`,
          `kubectl rollout resume deployment/${name} first`,
        ),
      };
    const ahead = await rolloutOutlook(preflight, d, undefined);
    if ('warnings' in ahead) warnings.push(...ahead.warnings.map((says) => `${name}: ${says}`));
    else if (lines.some((text) => resizes.test(text))) warnings.push(`${name}, by its current size: ${ahead.why}.`);
    else return { refused: refuse(ahead.why, ahead.hint) };
    warnings.push(...(await ownedReplicas(preflight, d, lines)));
  }
  return { warnings };
}

/** Manifests that set the replicas of an autoscaler: the apply resets what it has scaled to. */
async function ownedReplicas(preflight: Preflight, d: DeploymentState, lines: readonly string[]) {
  const [, replicas] = lines.map((text) => /^\+\s*replicas: (\d+)$/.exec(text)).find((one) => one !== null) ?? [];
  if (replicas === undefined) return [];
  const scaler = await preflight.autoscaler(d.name);
  if (!scaler.ok || !scaler.value) return [];
  const { name, min, max } = scaler.value;
  return [
    `${d.name}: the manifest sets ${replicas} replicas (${d.desired} now), the autoscaler ${name} (${min}–${max}) owns them.`,
  ];
}

/** A deployment before the deploy, as the journal keeps it. */
export type Before = readonly [name: string, generation: number, revision?: number, failed?: boolean];

export const beforeOf = (all: readonly DeploymentState[]): string =>
  JSON.stringify(all.map((d): Before => [d.name, d.generation, d.revision, d.stuck !== undefined]));

export const readBefore = (text: string | undefined): readonly Before[] => JSON.parse(text ?? '[]') as Before[];

/** Rolls every changed deployment back to its previous revision; a revision that failed before is not used. */
export async function waysBack(before: readonly Before[], preflight: Preflight): Promise<readonly Suggestion[]> {
  const found = await preflight.deployments();
  const generations = new Map(found.ok ? found.value.map((d) => [d.name, d.generation]) : []);
  return before.flatMap(([deployment, generation, revision = 0, failed]): Suggestion[] => {
    const now = generations.get(deployment);
    const changed = found.ok ? now !== undefined && now !== generation : true;
    if (!changed || revision === 0 || failed) return [];
    const target = { deployment, revision: String(revision) };
    return [
      { action: 'rollback-deployment', target, says: `roll ${deployment} back to revision ${revision}`, undo: true },
    ];
  });
}
