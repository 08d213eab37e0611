// An address that has moved: what was the primary's leads to the server that is primary now, as the name
// db-primary.bentham.io does after a failover.
import { connect, createServer, type Socket } from 'node:net';

export type Moved = { stop(): Promise<void> };

/** Listens at `from` and hands every connection on to `to`, both on loopback. Fails when `from` is taken. */
export async function moveAddress(from: number, to: number): Promise<Moved> {
  const open = new Set<Socket>();
  const server = createServer((incoming) => {
    const outgoing = connect(to, '127.0.0.1');
    for (const socket of [incoming, outgoing]) {
      open.add(socket);
      socket.setNoDelay(true);
      socket.on('close', () => open.delete(socket));
    }
    incoming.on('error', () => outgoing.destroy()).on('close', () => outgoing.destroy());
    outgoing.on('error', () => incoming.destroy()).on('close', () => incoming.destroy());
    incoming.pipe(outgoing).pipe(incoming);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(from, '127.0.0.1', resolve);
  });
  return {
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
