// kubectl rollout status deployment/NAME: follows a rollout until it is complete, or its deadline is over.
import { setTimeout as after } from 'node:timers/promises';
import type { Deployment } from '../kubernetes/object.ts';
import { Refused } from './entry.ts';
import type { Verb } from './verb.ts';

const every = 300;

export const rolloutStatus: Verb = async ({ entry, namespace, names, print, signal }) => {
  const [, name = ''] = /^deployments?(?:\.apps)?\/(.+)$/.exec(names[0] ?? '') ?? [];
  if (!name) throw new Refused('error: name a deployment: rollout status deployment/NAME');
  const path = `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/deployments/${encodeURIComponent(name)}`;
  let said = '';
  while (!signal.aborted) {
    const found = await entry.ask<Deployment>('GET', path);
    if (!found) throw new Refused(`Error from server (NotFound): deployments.apps "${name}" not found`);
    const waits = waitsFor(found, name);
    if (waits === undefined) {
      print(`deployment "${name}" successfully rolled out`);
      return 0;
    }
    if (waits !== said) print(waits);
    said = waits;
    await after(every, undefined, { signal }).catch(() => undefined);
  }
  return 1;
};

/** In kubectl's words; undefined once nothing is waited for. */
function waitsFor({ metadata, spec, status }: Deployment, name: string): string | undefined {
  const waiting = `Waiting for deployment "${name}" rollout to finish:`;
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0))
    return 'Waiting for deployment spec update to be observed...';
  const progressing = status.conditions?.find((one) => one.type === 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded')
    throw new Refused(`error: deployment "${name}" exceeded its progress deadline`);
  const { updatedReplicas: updated = 0, replicas = 0, availableReplicas: available = 0 } = status;
  if (updated < spec.replicas) return `${waiting} ${updated} out of ${spec.replicas} new replicas have been updated...`;
  if (replicas > updated) return `${waiting} ${replicas - updated} old replicas are pending termination...`;
  if (available < updated) return `${waiting} ${available} of ${updated} updated replicas are available...`;
  return undefined;
}
