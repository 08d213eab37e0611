// Connections to the relay: the Redis that carries shared incidents. One server, a Sentinel's master, or a Cluster.
import type { Cluster, Redis } from 'ioredis';
import { redisByTls, type Settings } from '../../config/settings.ts';
import { sanitize } from '../../core/text/text.ts';
import { hour, type Instant, type Ms } from '../../core/time.ts';
import type { Fault } from '../../core/world/reading.ts';
import { explainNetworkError } from '../network.ts';
import { boundAnswers, connectRedis, cutConnection, optionsFrom, SilentInTls } from '../redis/connect.ts';
import { redisFault } from '../redis/faults.ts';

export type RelayClient = Redis | Cluster;

/** Where the relay is, and how long it keeps what. */
export type RelayOptions = {
  redis: Settings['redis'];
  /** The name of a master; then the URL is that of a Sentinel. */
  sentinel?: string;
  cluster: boolean;
  /** What all keys begin with; their hash tag keeps them in one slot of a Cluster. */
  root: string;
  /** Only observes: nothing is written. */
  readOnly?: boolean;
  /** For tests: the wall clock of this host. */
  now?(): Instant;
  /** How long an incident is kept after its last entry, and how many entries of it. */
  keeps: { time: Ms; entries: number };
};

/** The relay of the configuration; undefined: incidents are not shared. */
export function relayOptions({ incident, environment }: Settings): RelayOptions | undefined {
  const { relay, relayTls, relayUsername, relayPassword, relayCaFile, relaySentinel, relayCluster } = incident;
  if (relay === undefined) return undefined;
  return {
    redis: { url: relay, tls: relayTls, username: relayUsername, password: relayPassword, caFile: relayCaFile },
    sentinel: relaySentinel,
    cluster: relayCluster,
    readOnly: environment.observe,
    root: `{${incident.prefix}:${environment.name.replace(/[^\w.-]+/g, '_').slice(0, 60)}}`,
    keeps: { time: incident.retentionHours * hour, entries: incident.retentionEntries },
  };
}

export type RelayConnection = {
  client: RelayClient;
  /** Ends it at once: a server that hangs is not waited for. */
  cut(): void;
};

/** Connects, or throws what went wrong (`relayFault` converts it). `timeout`: of connecting, and of each command. */
export async function connectRelay(options: RelayOptions, timeout: Ms, signal: AbortSignal): Promise<RelayConnection> {
  if (options.cluster) return connectCluster(options, timeout, signal);
  const { redis, sentinel } = options;
  const { client } = await connectRedis(redis, timeout, signal, sentinel ? bySentinel(options, sentinel) : {});
  return { client, cut: () => cutConnection(client) };
}

function bySentinel({ redis }: RelayOptions, name: string) {
  const { host, port, tls } = optionsFrom(redis);
  return {
    sentinels: [{ host, port }],
    name,
    host: undefined,
    port: undefined,
    enableTLSForSentinelMode: redisByTls(redis),
    sentinelTLS: tls,
    sentinelRetryStrategy: () => null,
    sentinelReconnectStrategy: () => null,
  };
}

async function connectCluster({ redis }: RelayOptions, timeout: Ms, signal: AbortSignal): Promise<RelayConnection> {
  const client = await import('../redis/client.ts');
  signal.throwIfAborted();
  const { host, port, lazyConnect: _, enableOfflineQueue: __, ...node } = optionsFrom(redis);
  const cluster = new client.Cluster([{ host, port }], {
    redisOptions: { ...node, db: undefined, connectTimeout: timeout, commandTimeout: timeout },
    lazyConnect: true,
    clusterRetryStrategy: () => null,
    slotsRefreshTimeout: timeout,
    maxRedirections: 4,
  });
  let said: unknown;
  cluster.on('error', (error: unknown) => {
    said ??= error;
  });
  cluster.on('node error', (error: unknown) => {
    said ??= error;
  });
  cluster.on('+node', (client: Redis) => void boundAnswers(client));
  const cut = () => {
    cluster.disconnect();
    for (const each of cluster.nodes('all')) cutConnection(each);
  };
  // A cluster of which no slot is served is never ready, and holds no connection: the timer keeps the process waiting.
  let timer: NodeJS.Timeout | undefined;
  const isLate = new Promise<never>((_, reject) => {
    const late = () => reject(said ?? new Error('Command timed out'));
    timer = setTimeout(late, timeout * 2);
    signal.addEventListener('abort', late, { once: true });
  });
  isLate.catch(() => {});
  try {
    await Promise.race([cluster.connect(), isLate]);
  } catch (error) {
    cut();
    throw said ?? error;
  } finally {
    clearTimeout(timer);
  }
  return { client: cluster, cut };
}

/** What to do about each kind of fault, in the relay's own options. */
const hints: Partial<Record<Fault['kind'], string>> = {
  forbidden: 'check incident.relayUsername, BENTHAM_INCIDENT_RELAY_PASSWORD and the ACL on the relay',
  unconfigured: 'check incident.relay and incident.relayCaFile',
};

/**
 * What Redis' own words mean for a relay, and what to do. `short`: in the header of every frame, behind `relay`; `what`
 * where the words for any Redis do not fit.
 */
const answers: readonly { word: RegExp; short: string; what?: string; hint?: string }[] = [
  {
    word: /^WRONGTYPE/,
    short: 'keys taken',
    what: 'another program uses its keys',
    hint: 'set another incident.prefix',
  },
  {
    word: /^READONLY/,
    short: 'read-only',
    hint: 'point incident.relay at the primary, or set incident.relaySentinel',
  },
  {
    word: /^OOM/,
    short: 'out of memory',
    what: 'it takes no entries',
    hint: 'raise maxmemory on the relay: CONFIG SET maxmemory',
  },
  { word: /^MISCONF/, short: 'cannot save', hint: 'free disk space on the relay' },
  { word: /^LOADING/, short: 'loading', hint: 'wait: INFO persistence on the relay tells for how long' },
  { word: /^NOREPLICAS/, short: 'lacks replicas', hint: 'bring the replicas of the relay back: INFO replication' },
  {
    word: /^MASTERDOWN/,
    short: 'lost its master',
    hint: 'start the master of the relay, or point incident.relay at another server',
  },
  { word: /^CLUSTERDOWN/, short: 'cluster down', hint: 'CLUSTER INFO and CLUSTER NODES on the relay' },
  { word: /^BUSY /, short: 'busy', hint: 'SCRIPT KILL or FUNCTION KILL on the relay' },
  {
    word: /max(imum)? number of clients/i,
    short: 'has no connection left',
    hint: 'CLIENT LIST on the relay; raise maxclients',
  },
  {
    word: /^(MOVED|ASK|CROSSSLOT|TRYAGAIN)\b/,
    short: 'is a cluster',
    what: 'this is a node of a Redis Cluster',
    hint: 'set incident.relayCluster',
  },
  {
    word: /^ERR unknown command/,
    short: 'unsuitable',
    what: 'this is no Redis with streams',
    hint: 'Redis 6.2 or newer; of a Sentinel set incident.relaySentinel',
  },
  { word: /NOPERM/, short: 'lacks rights', hint: 'bentham-cockpit doctor names the missing ACL rules' },
  { word: /^(?:WRONGPASS|NOAUTH|DENIED)|invalid password|without any password/i, short: 'refuses the login' },
  {
    word: /^All sentinels are unreachable/,
    short: 'Sentinels away',
    what: 'no Sentinel answers',
    hint: 'check incident.relay (a Sentinel without a password) and incident.relaySentinel (the name of its master)',
  },
  {
    word: /cluster support disabled/,
    short: 'is no cluster',
    what: 'this is no node of a Redis Cluster',
    hint: 'unset incident.relayCluster',
  },
  { word: /^the relay has lost its data/, short: 'lost its data', hint: 'entries are sent again; was it restarted?' },
];

/** What to do where TLS, or the lack of it, keeps the two apart. */
function tlsHint(error: unknown, redis: RelayOptions['redis']): string | undefined {
  const { certificate } = explainNetworkError(error);
  if (certificate === 'authority') return 'set incident.relayCaFile to the CA of the relay';
  if (certificate !== undefined) return 'use the host that the certificate names in incident.relay, or renew it';
  if (error instanceof SilentInTls) return 'if the relay has no TLS: redis://, and incident.relayTls=disable';
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!/^(ECONNRESET|EPROTO|ERR_SSL_)/.test(code)) return undefined;
  return redisByTls(redis)
    ? 'if the relay has no TLS: redis://, and incident.relayTls=disable'
    : 'if the relay uses TLS: rediss://';
}

/** Whether the relay answered, and did not do it: a right is missing, its memory is full. */
export const isRefusal = (error: unknown): boolean => error instanceof Error && error.name === 'ReplyError';

/** Converts whatever a connection or a command failed with. */
export function relayFault(error: unknown, { redis }: RelayOptions): Fault {
  const fault = redisFault(error, redis);
  const says = error instanceof Error ? error.message : '';
  const known = answers.find(({ word }) => word.test(says));
  const hint =
    known?.hint ?? tlsHint(error, redis) ?? hints[fault.kind] ?? 'check incident.relay, the network and the server';
  return { ...fault, what: known?.what ?? sanitize(fault.what, 200), short: known?.short ?? fault.short, hint };
}
