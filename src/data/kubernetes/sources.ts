// The Kubernetes facts: who answers (cluster), and what it runs. One connection carries all, the gateway's logs too.
import type { Settings } from '../../config/settings.ts';
import { type Ms, second } from '../../core/time.ts';
import { trafficSource } from '../gateway/traffic.ts';
import type { Source } from '../source.ts';
import { Connection, type ConnectionOptions, staleAfterBeat } from './connection.ts';
import { podsSource } from './pods-source.ts';
import { workloadsSource } from './workloads-source.ts';

/** With `once` they end after the first answer. */
export function kubernetesSources(settings: Settings, options: ConnectionOptions = {}): readonly Source[] {
  const connection = new Connection(settings, options);
  const { once, shared } = options;
  return [
    // Its logs come after two other answers, and are most of the work: a single look asks for them first.
    ...(settings.prometheus ? [] : [trafficSource(settings, connection, { once, shared })]),
    clusterSource(connection),
    podsSource(connection, settings),
    workloadsSource(connection, settings),
  ];
}

/** The header has whole seconds, and an answer has a delay: smaller values are no difference. */
const clocksAgree: Ms = 10 * second;

function clusterSource(connection: Connection): Source {
  return {
    id: 'kubernetes',
    facts: ['cluster'],
    start(emit, signal) {
      connection.onBeat((beat) => {
        if (!beat.ok) emit({ fact: 'cluster', fault: beat.fault, at: beat.at, retryAt: beat.retryAt });
        else {
          const { cluster, version, latency, at, by } = beat;
          const { context, server } = cluster;
          const from = `kubernetes ${context}${by === undefined ? '' : `, asked by ${by}`}`;
          const clockOffset = Math.abs(cluster.clockOffset) < clocksAgree ? undefined : cluster.clockOffset;
          const value = { context, server, version, latency, clockOffset };
          emit({ fact: 'cluster', value, at, staleAfter: staleAfterBeat, from });
        }
      }, signal);
      const aborted = signal.aborted
        ? Promise.resolve()
        : new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      return {
        refresh: () => connection.refresh(),
        begun: connection.once ? connection.open() : undefined,
        ended: aborted.then(() => connection.close()),
      };
    },
  };
}
