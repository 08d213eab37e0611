// What the API server streams both ways over a WebSocket: exec and attach (v5.channel.k8s.io and v4), port-forwards (v4).
// The first byte of a message is its channel.
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { locate } from '../http.ts';
import { acceptWebSocket, refuseUpgrade, type WebSocket, wantsWebSocket } from '../websocket.ts';
import { authenticate, authorize, type User } from './access.ts';
import { hasProgram, startShell } from './container-shell.ts';
import type { Container, Pod } from './object.ts';
import { type Route, route } from './resources.ts';
import { failure, notFound, Refusal } from './status.ts';
import type { Store } from './store.ts';

const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** What a stream needs of the API server. */
type Api = { store: Store; users: ReadonlyMap<string, User>; now(): number };

/** The subresources that stream. */
export const streamed = ['exec', 'attach', 'portforward'];

/** The port of this machine that stands for one of a pod; undefined: nothing listens there. */
export type PortOf = (pod: Pod, port: number) => number | undefined;

/** Answers a request that upgrades. */
export function upgradeHandler(api: Api, portOf: PortOf) {
  return (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    try {
      const { pathname, searchParams } = locate(request);
      const asked = route(pathname);
      const user = authenticate(request.headers.authorization, api.users);
      if (!asked?.subresource || !streamed.includes(asked.subresource)) throw new Refusal('NotFound', 'not a stream');
      // As Kubernetes from 1.35 on demands of WebSockets too.
      authorize(user, 'create', asked);
      const pod = podAt(api, asked);
      if (!wantsWebSocket(request)) refuseUpgrade(socket, 400, 'the drill streams over WebSockets only');
      else if (asked.subresource === 'portforward') forward(request, socket, head, pod, searchParams, portOf);
      else enter(api, { request, socket, head }, pod, asked.subresource, searchParams);
    } catch (error) {
      const status = error instanceof Refusal ? error.status : failure('InternalError', String(error));
      refuseUpgrade(socket, status.code, status);
    }
  };
}

/** The pod of a route; Refusal 404 where it is not. */
export function podAt({ store }: Pick<Api, 'store'>, { namespace, name = '', resource }: Route): Pod {
  const found = store.get('pods', namespace, name);
  if (!found) throw notFound(resource.plural, name, resource.group);
  return found;
}

type Upgrade = { request: IncomingMessage; socket: Duplex; head: Buffer };

function enter(api: Api, { request, socket, head }: Upgrade, pod: Pod, what: string, query: URLSearchParams): void {
  const ephemeral = pod.spec.ephemeralContainers ?? [];
  const named = query.get('container') || pod.spec.containers[0]?.name;
  const container = [...pod.spec.containers, ...ephemeral].find(({ name }) => name === named);
  if (!container) throw new Refusal('BadRequest', `container ${named} is not valid for pod ${pod.metadata.name}`);
  if (pod.status.phase !== 'Running')
    throw new Refusal(
      'BadRequest',
      `cannot exec into a container in a completed pod; current phase is ${pod.status.phase}`,
    );
  const wire = acceptWebSocket(request, socket, head, ['v5.channel.k8s.io', 'v4.channel.k8s.io']);
  if (!wire) return;
  const argv = what === 'attach' ? ['sh'] : query.getAll('command');
  const [program = ''] = argv;
  const say = (channel: number, text: string) => wire.send(Buffer.concat([Buffer.of(channel), Buffer.from(text)]));
  const isDebug = ephemeral.some(({ name }) => name === container.name);
  if (!isDebug && !hasProgram(program, container.image)) {
    say(channels.error, JSON.stringify(noProgram(program)));
    wire.close();
    return;
  }
  let isOver = false;
  const shell = startShell({
    pod,
    container,
    argv,
    tty: query.get('tty') === 'true',
    out: (text) => say(channels.stdout, text),
    end: (code) => {
      if (isOver) return;
      isOver = true;
      if (isDebug) endEphemeral(api, pod, container, code);
      say(channels.error, JSON.stringify(ended(code)));
      wire.close();
    },
  });
  wire.onMessage((data) => {
    if (data[0] === channels.stdin) shell.input(data.subarray(1));
    if (data[0] === channels.close && data[1] === channels.stdin) shell.eof();
  });
}

/** In the words of containerd. */
function noProgram(program: string) {
  const why = `exec: "${program}": executable file not found in $PATH`;
  const message = `Internal error occurred: error executing command in container: failed to exec in container: failed to start exec: OCI runtime exec failed: exec failed: unable to start container process: ${why}: unknown`;
  return { metadata: {}, status: 'Failure', message, reason: 'InternalError', code: 500 };
}

function ended(code: number) {
  if (code === 0) return { metadata: {}, status: 'Success' };
  const details = { causes: [{ reason: 'ExitCode', message: String(code) }] };
  const message = `command terminated with non-zero exit code: exit status ${code}`;
  return { metadata: {}, status: 'Failure', message, reason: 'NonZeroExitCode', details };
}

/** `kubectl debug` adds one, and finds it running. What is there stays. */
export function addEphemeral({ store, now }: Pick<Api, 'store' | 'now'>, asked: Route, body: unknown): Pod {
  const pod = podAt({ store }, asked);
  const { spec } = body as { spec?: { ephemeralContainers?: readonly Container[] } };
  const before = pod.spec.ephemeralContainers ?? [];
  const added = (spec?.ephemeralContainers ?? []).filter(({ name }) => before.every((one) => one.name !== name));
  const startedAt = new Date(now()).toISOString().replace(/\.\d+Z$/, 'Z');
  const statuses = added.map(({ name, image }) => ({
    name,
    image,
    imageID: '',
    ready: false,
    restartCount: 0,
    state: { running: { startedAt } },
    lastState: {},
  }));
  return store.put('pods', {
    ...pod,
    spec: { ...pod.spec, ephemeralContainers: [...before, ...added] },
    status: {
      ...pod.status,
      ephemeralContainerStatuses: [...(pod.status.ephemeralContainerStatuses ?? []), ...statuses],
    },
  });
}

function endEphemeral(
  { store, now }: Pick<Api, 'store' | 'now'>,
  { metadata }: Pod,
  { name }: Pick<Container, 'name'>,
  exitCode: number,
): void {
  const pod = store.get('pods', metadata.namespace, metadata.name);
  if (!pod) return;
  const at = new Date(now()).toISOString().replace(/\.\d+Z$/, 'Z');
  const terminated = { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', startedAt: at, finishedAt: at };
  const statuses = (pod.status.ephemeralContainerStatuses ?? []).map((one) =>
    one.name === name ? { ...one, state: { terminated } } : one,
  );
  store.put('pods', { ...pod, status: { ...pod.status, ephemeralContainerStatuses: statuses } });
}

/** One port: channel 0 its data, channel 1 its error; the first message of each names the port. */
function forward(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  pod: Pod,
  query: URLSearchParams,
  portOf: PortOf,
): void {
  const port = Number(query.getAll('ports')[0]);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Refusal('BadRequest', 'query parameter "port" is required');
  const wire = acceptWebSocket(request, socket, head, ['v4.channel.k8s.io']);
  if (!wire) return;
  const named = Buffer.alloc(2);
  named.writeUInt16LE(port);
  for (const channel of [0, 1]) wire.send(Buffer.concat([Buffer.of(channel), named]));
  const there = portOf(pod, port);
  if (there === undefined) {
    refusePort(wire, pod, port);
    return;
  }
  const target = connect(there, '127.0.0.1');
  target.on('data', (data) => wire.send(Buffer.concat([Buffer.of(0), data])));
  target.on('error', () => refusePort(wire, pod, port));
  target.on('close', () => wire.close());
  wire.onMessage((data) => {
    if (data[0] === 0) target.write(data.subarray(1));
  });
  wire.onClose(() => target.destroy());
}

function refusePort(wire: WebSocket, { metadata }: Pod, port: number): void {
  const why = `error forwarding port ${port} to pod ${metadata.name}: failed to connect to localhost:${port} inside namespace: connect: connection refused`;
  wire.send(Buffer.concat([Buffer.of(1), Buffer.from(why)]));
  wire.close();
}
