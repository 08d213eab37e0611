// Servers that keep every byte they are sent: what a secret must not be among. 0.0.0.0 leads to this machine, and is no
// loopback address to the cockpit: it stands for a host across the network.
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach } from 'vitest';

export const elsewhere = '0.0.0.0';

export type Recording = { port: number; text(): string };

const open: { server: Server; sockets: Set<Socket> }[] = [];
afterEach(async () => {
  for (const { server, sockets } of open.splice(0)) {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** Listens on every address of this machine. `answer` hears each piece that comes, with its number on the connection. */
export async function record(answer: (socket: Socket, count: number, chunk: Buffer) => void): Promise<Recording> {
  const received: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    let count = 0;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      received.push(chunk);
      answer(socket, count++, chunk);
    });
  });
  open.push({ server, sockets });
  await new Promise<void>((resolve) => server.listen(0, elsewhere, resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, text: () => Buffer.concat(received).toString('latin1') };
}
