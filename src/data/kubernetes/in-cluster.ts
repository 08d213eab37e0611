// The service account of a pod, as client-node finds it. Imported on demand, as auth-provider.ts is.
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import type { Cluster } from '@kubernetes/client-node/dist/config_types.js';

/** Where KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are set. */
export function serviceAccount(): { cluster: Cluster; user: { name: string; tokenFile: string } } | undefined {
  const config = new KubeConfig();
  config.loadFromCluster();
  const [[cluster], [user]] = [config.clusters, config.users];
  if (!cluster || !user) return undefined;
  return { cluster, user: { name: 'service account', tokenFile: user.authProvider.config.tokenFile } };
}
