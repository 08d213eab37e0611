// A port-forward against API servers that do not behave: its client hears of it, and nothing else is harmed.
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, expect, test } from 'vitest';
import { acceptWebSocket, refuseUpgrade, type WebSocket } from '../../simulator/websocket.ts';
import { Cluster } from '../../src/data/kubernetes/client.ts';
import { openForward, type PortForward } from '../../src/data/kubernetes/port-forward.ts';
import { eventually } from '../support/eventually.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

type Seen = { open: number; total: number; fault: string | undefined };

/** An API server that answers an upgrade so, and a plain request with `status`. */
async function forwarding(
  upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void,
  status = 400,
  local = 0,
): Promise<{ made: Awaited<ReturnType<typeof openForward>>; seen: Seen }> {
  const server = createServer((_, response) => response.writeHead(status).end('{"message":"no\u001b[31m"}'));
  server.on('upgrade', upgrade);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const cluster = new Cluster({
    context: 'c',
    cluster: { name: 'c', server: `http://127.0.0.1:${port}`, skipTLSVerify: false },
    user: { name: 'u' },
  });
  const seen: Seen = { open: 0, total: 0, fault: undefined };
  const changed = (open: number, total: number, fault: string | undefined) =>
    Object.assign(seen, { open, total, fault });
  const to = { cluster, namespace: 'n', pod: 'api', port: 3000, local, changed };
  const made = await openForward(to, AbortSignal.timeout(60_000));
  ends.push(
    () => made.ok && made.value.stop(),
    () => cluster.close(),
    () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(done));
    },
  );
  return { made, seen };
}

const accepting = (then: (wire: WebSocket) => void) => (request: IncomingMessage, socket: Duplex, head: Buffer) => {
  const wire = acceptWebSocket(request, socket, head, ['v4.channel.k8s.io']);
  if (wire) then(wire);
};
const begin = (wire: WebSocket) => {
  for (const channel of [0, 1]) wire.send(Buffer.of(channel, 0xb8, 0x0b));
};

function dial(made: { ok: true; value: PortForward } | { ok: false }) {
  if (!made.ok) throw new Error('not opened');
  const socket = connect(Number(made.value.address.split(':')[1]), '127.0.0.1');
  const got: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => got.push(chunk));
  socket.on('error', () => {});
  const closed = new Promise<void>((done) => socket.once('close', () => done()));
  return { socket, closed, text: () => Buffer.concat(got).toString('utf8') };
}

test('bytes go both ways as they are, a megabyte too', async () => {
  const { made, seen } = await forwarding(
    accepting((wire) => {
      begin(wire);
      wire.onMessage((data) => wire.send(data));
    }),
  );
  const { socket, text } = dial(made);
  const sent = 'ä\u0000\r\n'.repeat(250_000);
  socket.write(sent);
  await eventually(() => expect(text().length).toBe(sent.length));
  expect(text() === sent).toBe(true);
  expect(seen).toMatchObject({ open: 1, total: 1, fault: undefined });
  socket.destroy();
});

test('an error of the pod is told, without its escape sequences, and ends the connection', async () => {
  const { made, seen } = await forwarding(
    accepting((wire) => {
      begin(wire);
      wire.send(Buffer.concat([Buffer.of(1), Buffer.from('\u001b[2Jrefused \u202ex')]));
    }),
  );
  await dial(made).closed;
  await eventually(() => expect(seen.fault).toBe('refused x'));
});

test.each([
  ['nothing at all', () => {}],
  ['empty messages', (wire: WebSocket) => wire.send(Buffer.alloc(0))],
  ['a channel that there is not', (wire: WebSocket) => wire.send(Buffer.of(9, 1, 2, 3, 4))],
])('%s, then the end: the client is closed, and the next one is served', async (_, send) => {
  const { made, seen } = await forwarding(
    accepting((wire) => {
      send(wire);
      wire.close();
    }),
  );
  await dial(made).closed;
  await dial(made).closed;
  await eventually(() => expect(seen).toMatchObject({ open: 0, total: 2 }));
});

test('a server that does not upgrade: the client is closed, and the reason is shown', async () => {
  const { made, seen } = await forwarding((_, socket) => refuseUpgrade(socket, 500, 'no'));
  await dial(made).closed;
  await eventually(() => expect(seen.fault).toBeDefined());
});

test.each([403, 404])('%i is told before anything listens', async (status) => {
  const { made } = await forwarding((_, socket) => socket.destroy(), status);
  expect(made).toMatchObject({ ok: false });
});

test('a local port that is taken is told', async () => {
  const { made } = await forwarding(accepting(begin));
  const taken = made.ok ? Number(made.value.address.split(':')[1]) : 0;
  const again = await forwarding(accepting(begin), 400, taken);
  expect(again.made).toMatchObject({ ok: false, fault: { what: `port ${taken} is in use on this host` } });
});

test('what is stopped closes its connections', async () => {
  const { made } = await forwarding(accepting(begin));
  const { closed } = dial(made);
  await new Promise((resolve) => setImmediate(resolve));
  if (made.ok) await made.value.stop();
  await closed;
});
