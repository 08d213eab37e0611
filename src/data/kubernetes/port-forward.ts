// A port of a pod at an address of loopback, as `kubectl port-forward` makes it; within this process, so that it ends with
// the cockpit, however that ends. Kubernetes' channel protocol over a WebSocket (v4.channel.k8s.io): the first byte of a
// message is its channel, 0 for data and 1 for an error; the first message of each channel holds the port.
import { createServer, type Socket } from 'node:net';
import { sanitize } from '../../core/text/text.ts';
import { type Ms, second } from '../../core/time.ts';
import type { Fault } from '../../core/world/reading.ts';
import type { Result } from '../source.ts';
import type { Cluster } from './client.ts';

const protocol = 'v4.channel.k8s.io';
const within: Ms = 10 * second;
/** After the client has said all, the pod may be silent for this long. */
const silence: Ms = 10 * second;
/** Bytes that wait for a client that does not read, and for an API server that does not. */
const mostWaiting = 64 * 1024 * 1024;
const mostUnsent = 4 * 1024 * 1024;
const mostConnections = 200;

export type PortForward = {
  /** `127.0.0.1:41234`. */
  address: string;
  stop(): Promise<void>;
};

export type ForwardOptions = {
  cluster: Cluster;
  namespace: string;
  pod: string;
  port: number;
  /** On this host; 0: any free one. */
  local: number;
  /** Open connections now, all so far, why the last one failed. */
  changed(open: number, total: number, fault: string | undefined): void;
};

const pathOf = ({ namespace, pod, port }: Pick<ForwardOptions, 'namespace' | 'pod' | 'port'>) =>
  `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/portforward?ports=${port}`;

/** Listens, once the API server knows the pod and allows it. */
export async function openForward(options: ForwardOptions, signal: AbortSignal): Promise<Result<PortForward>> {
  const { cluster, namespace, pod, port, local } = options;
  const refused = await whyRefused(options, signal);
  if (refused) return { ok: false, fault: refused };
  const sockets = new Set<Socket>();
  let total = 0;
  let fault: string | undefined;
  const tell = () => options.changed(sockets.size, total, fault);
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    total += 1;
    tell();
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      sockets.delete(socket);
      tell();
    });
    join(socket, cluster, pathOf({ namespace, pod, port }), async (why) => {
      fault = why ?? (await whyRefused(options, signal))?.what ?? 'the connection to the pod was lost';
      tell();
    });
  });
  server.maxConnections = mostConnections;
  try {
    await new Promise<void>((done, failed) => server.once('error', failed).listen(local, '127.0.0.1', done));
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    const what = isTaken ? `port ${local} is in use on this host` : sanitize(error, 200);
    return { ok: false, fault: { kind: 'refused', where: '127.0.0.1', what, hint: 'choose another local port' } };
  }
  const address = server.address();
  const listening = typeof address === 'object' && address ? address.port : local;
  return {
    ok: true,
    value: {
      address: `127.0.0.1:${listening}`,
      async stop() {
        for (const socket of sockets) socket.destroy();
        await new Promise<void>((done) => server.close(() => done()));
      },
    },
  };
}

/** Asked without an upgrade: a server that would stream says that one is required; a refusal has its reason. */
async function whyRefused(
  { cluster, namespace, pod, port }: ForwardOptions,
  signal: AbortSignal,
): Promise<Fault | undefined> {
  const path = pathOf({ namespace, pod, port });
  const to = `get pods/portforward in ${namespace}`;
  const answer = await cluster.send({ path, timeout: within, signal, to });
  if (answer.ok || answer.status === 400 || (answer.status ?? 0) >= 500) return undefined;
  return answer.fault;
}

/** One connection of a client, over a WebSocket of its own. `failed`: with the reason, where it is known. */
function join(client: Socket, cluster: Cluster, path: string, failed: (why?: string) => void): void {
  const over = new AbortController();
  const late = setTimeout(() => over.abort(), within);
  client.pause();
  client.on('close', () => over.abort());
  cluster
    .webSocket(path, protocol, over.signal)
    .then((socket) => carry(client, socket, over.signal, late, failed))
    .catch((error: unknown) => {
      clearTimeout(late);
      if (!client.destroyed) failed(sanitize(error instanceof Error ? error.message : error, 200));
      client.destroy();
    });
}

type Wire = Awaited<ReturnType<Cluster['webSocket']>>;

function carry(
  client: Socket,
  wire: Wire,
  over: AbortSignal,
  late: NodeJS.Timeout,
  failed: (why?: string) => void,
): void {
  const begun = [false, false];
  let isOpen = false;
  let ending: NodeJS.Timeout | undefined;
  wire.binaryType = 'arraybuffer';
  const end = () => {
    clearTimeout(late);
    clearTimeout(ending);
    if (wire.readyState < wire.CLOSING) wire.close();
    client.destroySoon();
  };
  over.addEventListener('abort', end, { once: true });
  if (over.aborted) end();
  wire.onopen = () => {
    isOpen = true;
    clearTimeout(late);
    client.resume();
  };
  wire.onerror = () => {
    if (!isOpen && !client.destroyed) failed();
    client.destroy();
  };
  wire.onclose = end;
  wire.onmessage = ({ data }) => {
    if (!(data instanceof ArrayBuffer)) return;
    const bytes = Buffer.from(data);
    const channel = bytes[0] === 0 ? 0 : 1;
    let from = 1;
    if (!begun[channel]) {
      begun[channel] = true;
      from = 3;
    }
    const said = bytes.subarray(from);
    if (said.length === 0) return;
    if (channel === 1) {
      failed(sanitize(said.toString('utf8'), 300));
      return client.destroy();
    }
    ending?.refresh();
    client.write(said);
    if (client.writableLength > mostWaiting) {
      failed('the client reads too slowly');
      client.destroy();
    }
  };
  client.on('data', (chunk) => {
    wire.send(Buffer.concat([Buffer.of(0), Buffer.from(chunk)]));
    if (wire.bufferedAmount > mostUnsent) drained(client, wire);
  });
  // The protocol has no word for it: what the pod still answers is waited for.
  client.on('end', () => {
    ending = setTimeout(end, silence);
  });
}

/** Reads on from the client when half of what waits is sent. */
function drained(client: Socket, wire: Wire): void {
  client.pause();
  const look = setInterval(() => {
    if (wire.bufferedAmount > mostUnsent / 2 && !client.destroyed) return;
    clearInterval(look);
    client.resume();
  }, 20);
}
