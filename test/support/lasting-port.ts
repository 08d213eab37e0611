// Servers of tests that go away and come back on the port that they had.
import { randomInt } from 'node:crypto';
import type { Server } from 'node:net';

/** Ports below those that the system gives away by itself (Linux: 32768 and more): nobody takes one while nobody listens. */
const [lowest, beyond] = [15_000, 32_000];

/** Has a server listen on the port that it had, or on one that it can have again; gives the port. */
export async function listenAgain(server: Server, had: number, address = '127.0.0.1'): Promise<number> {
  for (;;) {
    const port = had || randomInt(lowest, beyond);
    const failed = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      server.once('error', resolve);
      server.listen(port, address, () => {
        server.off('error', resolve);
        resolve(undefined);
      });
    });
    if (!failed) return port;
    if (had || failed.code !== 'EADDRINUSE') throw failed;
  }
}
