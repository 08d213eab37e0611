// The figures of the gateway's logs, shared: of the cockpits of one user on one host that reach the same API server by the
// same means one follows the logs, the others are told.
import type { Settings } from '../../config/settings.ts';
import { type Ms, second } from '../../core/time.ts';
import type { Traffic } from '../../core/world/facts.ts';
import type { KubeTarget } from '../kubernetes/kubeconfig.ts';
import { followed } from '../shared-looks/schemas.ts';
import type { Sharing } from '../source.ts';

/** What whoever begins to follow needs beside reading the past, on a busy machine: code to load, the list of pods. */
const slack: Ms = 2 * second;
/** Who follows tells its figures without asking anybody: one that is this much late is not waited for. */
const longestPatience: Ms = 2 * second;

/** `past`: how long reading the past may take. Undefined where nothing can be shared. */
export async function shareTraffic(
  settings: Settings,
  target: KubeTarget,
  past: Ms,
): Promise<Sharing<Traffic> | undefined> {
  // What a single look does not load.
  const [{ shareLooks }, { wayTo }] = await Promise.all([
    import('../shared-looks/shared-looks.ts'),
    import('../kubernetes/shared-beats.ts'),
  ]);
  const { kubernetes, gateway, intervals, logFields, traffic } = settings;
  return shareLooks(settings, {
    fact: 'traffic',
    parts: [
      wayTo(target),
      kubernetes.namespace,
      kubernetes.deployments.gateway,
      [gateway.healthPath, gateway.detailedHealthPath, traffic, logFields],
    ],
    value: followed,
    every: intervals.traffic,
    timeout: intervals.timeout,
    patience: Math.min(intervals.traffic, longestPatience),
    beginning: past + slack,
  });
}
