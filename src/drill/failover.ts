// What scripts/db-failover.sh does: fences the primary, promotes the replica, and moves the primary's name to it.
import { connect, createServer, type Socket } from 'node:net';
import type { Cluster } from './postgres/cluster.ts';
import { recovered } from './remedies.ts';
import type { Weather } from './scenario.ts';

export type Failover = { run(): Promise<string[]>; stop(): Promise<void> };

/** Where the primary was, connections go on to the promoted replica, as when its DNS name is moved. */
export function createFailover(cluster: Cluster, weather: Weather): Failover {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  };
  const name = createServer((from) => {
    const to = connect(cluster.replicaPort, cluster.host);
    keep(from);
    keep(to);
    from.on('error', () => to.destroy());
    to.on('error', () => from.destroy());
    from.on('close', () => to.destroy());
    to.on('close', () => from.destroy());
    from.pipe(to);
    to.pipe(from);
  });
  return {
    async run() {
      if (cluster.promoted()) return ['db-replica is the primary already'];
      await cluster.stopPrimary();
      await cluster.promote();
      await new Promise<void>((resolve, reject) => {
        name.once('error', reject);
        name.listen(cluster.primaryPort, cluster.host, resolve);
      });
      recovered(weather);
      return [
        'Fencing db-primary … done',
        'Promoting db-replica … done',
        'Moving db-primary to the new primary … done',
        'db-replica is now the primary. The former primary must not be started again.',
      ];
    },
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        if (name.listening) name.close(() => resolve());
        else resolve();
      }),
  };
}
