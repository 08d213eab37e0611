// One deployment, as `kubectl describe deployment` and `kubectl rollout history` tell it.
import type { V1Deployment, V1ReplicaSet } from '@kubernetes/client-node';
import type { DeployedRevision, DeploymentDetail } from '../../core/queries/deployment-detail.ts';
import { type Ms, second } from '../../core/time.ts';
import type { Result } from '../source.ts';
import { type ApiList, type ApiObject, count, items, words } from './api-object.ts';
import type { Connection } from './connection.ts';
import { revisionAnnotation } from './deployments.ts';
import { eventsAbout, newestFirst } from './events.ts';
import { conditionsOf } from './pod-query.ts';
import { toRevision } from './revisions.ts';

const within: Ms = 5 * second;
/** Events of the newest replica sets only: older ones have none. */
const setsWithEvents = 2;

/** Queries a deployment by its name. */
export async function queryDeployment(
  connection: Connection,
  name: string,
  signal: AbortSignal,
): Promise<Result<DeploymentDetail>> {
  const opened = await connection.open();
  if (!opened.ok) return opened;
  const cluster = opened.value;
  const { namespace } = connection.settings.kubernetes;
  const apps = `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}`;
  const ask = { timeout: within, signal };
  const [found, sets] = await Promise.all([
    cluster.get<ApiObject<V1Deployment>>({
      ...ask,
      path: `${apps}/deployments/${encodeURIComponent(name)}`,
      to: `get deployments in ${namespace}`,
    }),
    cluster.get<ApiList<V1ReplicaSet>>({
      ...ask,
      path: `${apps}/replicasets`,
      to: `list replicasets in ${namespace}`,
    }),
  ]);
  if (!found.ok) return found;
  const { metadata, spec, status } = found.value;
  const active = metadata?.annotations?.[revisionAnnotation] ?? undefined;
  const revisions = (sets.ok ? items(sets.value?.items) : [])
    .filter((set) => items(set.metadata?.ownerReferences).some((owner) => owner.uid === metadata?.uid))
    .map((set): DeployedRevision & { uid: string } => ({
      ...toRevision(set, spec?.template, active),
      ready: count(set.status?.readyReplicas),
      uid: set.metadata?.uid ?? '',
    }))
    .filter(({ revision }) => revision > 0)
    .sort((a, b) => b.revision - a.revision);
  const told = await Promise.all(
    [metadata?.uid ?? '', ...revisions.slice(0, setsWithEvents).map(({ uid }) => uid)]
      .filter(Boolean)
      .map((uid) => eventsAbout(cluster, namespace, { uid }, signal)),
  );
  const refused = told.find((events) => !events.ok);
  return {
    ok: true,
    value: {
      strategy: strategySays(spec?.strategy),
      conditions: conditionsOf(status?.conditions),
      revisions: revisions.map(({ uid: _, ...revision }) => revision),
      events: newestFirst(told.flatMap((events) => (events.ok ? events.value : []))),
      missing: [
        ...(sets.ok ? [] : [{ part: 'revisions' as const, why: sets.fault.what }]),
        ...(refused && !refused.ok ? [{ part: 'events' as const, why: refused.fault.what }] : []),
      ],
    },
  };
}

function strategySays(strategy: NonNullable<ApiObject<V1Deployment>['spec']>['strategy']): string {
  const { type, rollingUpdate } = strategy ?? {};
  if (type === 'Recreate') return 'all pods stop before new ones start (Recreate)';
  const [more, away] = [rollingUpdate?.maxSurge ?? '25%', rollingUpdate?.maxUnavailable ?? '25%'];
  return `rolling: max surge ${words(String(more))}, max unavailable ${words(String(away))}`;
}
