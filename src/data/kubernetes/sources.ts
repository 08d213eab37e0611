// The Kubernetes facts: who answers (cluster), and what it runs (pods, deployments).
import type { Settings } from '../../config/settings.ts';
import { type Instant, type Ms, second } from '../../core/time.ts';
import type { Facts } from '../../core/world/facts.ts';
import { trafficSource } from '../gateway/traffic.ts';
import type { Source, SourceUpdate } from '../source.ts';
import { Connection, staleAfterBeat } from './connection.ts';
import { toDeployment } from './deployments.ts';
import { PodOwnership } from './pod-ownership.ts';
import { toPod } from './pods.ts';
import { type Collection, Reflector } from './reflector.ts';
import { workloadsSource } from './workloads-source.ts';

/** Pods and deployments are watched, not polled; one connection carries all, the gateway's logs too. */
export function kubernetesSources(settings: Settings, { once = false } = {}): readonly Source[] {
  const connection = new Connection(settings);
  const { namespace, podSelector } = settings.kubernetes;
  const inNamespace = encodeURIComponent(namespace);
  const belonging = new PodOwnership();
  let tellPods = () => {};
  return [
    clusterSource(connection),
    watched(
      connection,
      'pods',
      {
        path: `/api/v1/namespaces/${inNamespace}/pods`,
        query: { labelSelector: podSelector },
        noun: `pods in ${namespace}`,
        read: (wire) => belonging.pod(wire, toPod(wire)),
      },
      {
        shown: (pods) => belonging.settle(pods),
        started: (tell) => {
          tellPods = tell;
        },
      },
    ),
    watched(
      connection,
      'deployments',
      {
        path: `/apis/apps/v1/namespaces/${inNamespace}/deployments`,
        noun: `deployments in ${namespace}`,
        read: (wire) => belonging.deployment(wire, toDeployment(wire)),
      },
      {
        heard: (deployments) => {
          belonging.know(deployments);
          tellPods();
        },
      },
    ),
    workloadsSource(connection, settings),
    ...(settings.prometheus ? [] : [trafficSource(settings, connection, { once })]),
  ];
}

/** The header has whole seconds, and an answer takes its time: below this it is no difference. */
const clocksAgree: Ms = 10 * second;

function clusterSource(connection: Connection): Source {
  return {
    id: 'kubernetes',
    facts: ['cluster'],
    start(tell, signal) {
      connection.onBeat((beat) => {
        if (!beat.ok) tell({ fact: 'cluster', fault: beat.fault, at: beat.at, retryAt: beat.retryAt });
        else {
          const { cluster, version, latency, at } = beat;
          const { context, server } = cluster;
          const from = `kubernetes ${context}`;
          const { clockOffset } = cluster;
          const apart = Math.abs(clockOffset) < clocksAgree ? {} : { clockOffset };
          const value = { context, server, version, latency, ...apart };
          tell({ fact: 'cluster', value, at, staleAfter: staleAfterBeat, from });
        }
      }, signal);
      return { refresh: () => connection.refresh(), ended: closed(connection, signal) };
    },
  };
}

type Beside<T> = {
  /** What is told of what was read. */
  shown?(values: readonly T[]): readonly T[];
  /** Hears what was read. */
  heard?(values: readonly T[]): void;
  /** Gets what tells the values once more. */
  started?(again: () => void): void;
};

/** A fact that is a whole collection. It is live while it is watched and the server shows signs of life. */
function watched<F extends 'pods' | 'deployments'>(
  connection: Connection,
  fact: F,
  what: Collection<Facts[F][number]>,
  { shown = (values) => values, heard, started }: Beside<Facts[F][number]> = {},
): Source {
  return {
    id: `kubernetes ${fact}`,
    facts: [fact],
    start(tell, signal) {
      // The generic F hides that fact and value belong together.
      const say = (news: { fact: F; at: Instant } & Record<string, unknown>) => tell(news as unknown as SourceUpdate);
      let values: readonly Facts[F][number][] | undefined;
      let told: Facts[F] | undefined;
      const live = () => {
        if (!values || signal.aborted) return;
        const from = `kubernetes ${connection.context}`;
        told = shown(values) as Facts[F];
        say({ fact, value: told, at: Date.now(), staleAfter: staleAfterBeat, from });
      };
      let lost = false;
      started?.(() => {
        if (lost || !follower.watching || !values || !told) return;
        const before = told;
        if (shown(values).some((value, at) => value !== before[at])) live();
      });
      const follower = new Reflector<Facts[F][number]>(connection, what, {
        changed(now) {
          values = now;
          heard?.(now);
          live();
        },
        // While the server is away its pulse says why; a list that fails for it would only say it in other words.
        failed: (fault, retryAt) => {
          if (!lost) say({ fact, fault, at: Date.now(), retryAt });
        },
      });
      connection.onBeat((beat) => {
        if (!beat.ok) {
          lost = true;
          say({ fact, fault: beat.fault, at: beat.at, retryAt: beat.retryAt });
        } else if (lost) {
          // Its watch may have died with it, or its versions may have begun anew.
          lost = false;
          follower.renew();
        } else if (follower.watching) live();
      }, signal);
      const ended = follower.run(signal).then(() => closed(connection, signal));
      return {
        refresh: () => {
          connection.refresh();
          follower.renew();
        },
        ended,
      };
    },
  };
}

/** Resolves when the signal was aborted and the connection let go. */
async function closed(connection: Connection, signal: AbortSignal): Promise<void> {
  if (!signal.aborted)
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  await connection.close();
}
