// What an error of Redis, of its client or of the network below means, in the on-call's words.
import { redisByTls, type Settings } from '../../config/settings.ts';
import { sanitize } from '../../core/text/text.ts';
import type { Fault, FaultKind } from '../../core/world/reading.ts';
import { explainNetworkError } from '../network.ts';
import { EndlessAnswer, NoAuthority, SilentInTls } from './connect.ts';
import { IsSentinel, NotInfo } from './info.ts';

type RedisSettings = Settings['redis'];

/** `host:port`. */
export function redisWhere({ url }: Pick<RedisSettings, 'url'>): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port || 6379}`;
}

type Known = readonly [pattern: RegExp, kind: FaultKind, what: string, hint: string];

/** The first word of Redis' errors says what they are. */
const answers: readonly Known[] = [
  [/^NOAUTH/, 'forbidden', 'a password is wanted', 'set REDIS_PASSWORD, or put it into REDIS_URL'],
  [
    /^WRONGPASS|invalid password|invalid username-password/i,
    'forbidden',
    'user or password not accepted',
    'compare REDIS_URL and REDIS_PASSWORD with the server’s ACL LIST',
  ],
  [
    /without any password configured/i,
    'forbidden',
    'the server has no password, and one was given',
    'unset REDIS_PASSWORD',
  ],
  [/^LOADING/, 'refused', 'loading its data from disk', 'it answers when it is done; it is tried again'],
  [
    /^MISCONF/,
    'refused',
    'cannot save to disk and refuses commands',
    'free disk space, then look at its log (stop-writes-on-bgsave-error)',
  ],
  [
    /max(imum)? number of clients/i,
    'refused',
    'no connection left: maximum number of clients reached',
    'find the clients: redis-cli CLIENT LIST',
  ],
  [/^READONLY/, 'refused', 'this is a replica: it takes no writes', 'point REDIS_URL at the primary (redis-cli ROLE)'],
  [
    /^OOM/,
    'refused',
    'no memory left, and the policy evicts nothing: writes are refused',
    'evict old data, or raise maxmemory',
  ],
  [
    /^(MOVED|ASK|CROSSSLOT|TRYAGAIN)\b/,
    'refused',
    'this is a node of a Redis Cluster, and the key is of another node or slot',
    'do it by hand, node by node: redis-cli -c',
  ],
  [/^CLUSTERDOWN/, 'refused', 'the Redis Cluster is down: some of its slots have no node', 'redis-cli CLUSTER INFO'],
  [/^NOREPLICAS/, 'refused', 'too few replicas are connected: writes are refused', 'redis-cli INFO replication'],
  [/^MASTERDOWN/, 'refused', 'its master is away', 'look at the master'],
  [/^BUSY /, 'refused', 'busy with a script', 'redis-cli SCRIPT KILL, or wait'],
  [
    /^DENIED|protected mode/i,
    'forbidden',
    'protected mode refuses connections from elsewhere',
    'set a password on the server, or connect from its host',
  ],
];

/** A port of TLS that is spoken to in clear hangs up without a word. */
const cutInClear = 'the server or a proxy ended it: look at its log; where it speaks TLS, say rediss://';
const cutInTls = 'the server or a proxy ended it: look at its log; where it speaks no TLS, say redis://';
/** redis:// alone does not choose to go in clear where TLS is required. */
const tlsRequired =
  'the server may speak no TLS, which is required here: turn it on there; redis.tls=disable goes in clear';

/** What to look at where somebody is there, and does not speak as we do. */
function cutHint(redis: RedisSettings): string {
  if (redis.url.startsWith('rediss:')) return cutInTls;
  return redisByTls(redis) ? tlsRequired : cutInClear;
}

/** Converts whatever a connection or a command failed with. */
export function redisFault(error: unknown, redis: RedisSettings): Fault {
  const where = redisWhere(redis);
  const said = sanitize(error instanceof Error ? error.message : error, 300);
  const known = answers.find(([pattern]) => pattern.test(said));
  if (known) return { kind: known[1], where, what: known[2], hint: known[3] };
  if (/^NOPERM/.test(said)) {
    const user = redis.username ?? 'default';
    // `can't run this command …` before Redis 7; `… no permissions to access one of the keys` for keys.
    const [, command] = /'([\w|]+)'/.exec(said) ?? [];
    if (/\bkeys?\b/.test(said) && command === undefined)
      return { kind: 'forbidden', where, what: `${user} may not touch these keys`, hint: `ACL SETUSER ${user} ~*` };
    const hint = `ACL SETUSER ${user} ${command ? `+${command.toLowerCase()}` : '+ping +info'}`;
    return { kind: 'forbidden', where, what: `${user} may not run ${(command ?? 'info').toUpperCase()}`, hint };
  }
  if (error instanceof IsSentinel)
    return {
      kind: 'unconfigured',
      where,
      what: 'that is a Sentinel, not the server itself',
      hint: 'name the server: redis-cli -p 26379 SENTINEL MASTERS',
    };
  if (error instanceof SilentInTls) {
    const hint = redis.url.startsWith('rediss:')
      ? 'it may be frozen; where it speaks no TLS, say redis://'
      : tlsRequired;
    return { kind: 'timeout', where, what: 'connected, but TLS is not answered', hint };
  }
  const hint = 'something else listens on that port: compare it';
  if (error instanceof EndlessAnswer) return { kind: 'malformed', where, what: 'an answer without end', hint };
  // An answer that the client's parser breaks on (nested without end) is not Redis' either.
  if (error instanceof NotInfo || error instanceof RangeError || /Protocol error|RESP type/i.test(said))
    return { kind: 'malformed', where, what: 'the answer is not Redis’', hint };
  if (/Command timed out|^connect ETIMEDOUT/.test(said))
    return { kind: 'timeout', where, what: 'no answer in time', hint: 'the host is slow, frozen or behind a firewall' };
  if (/Connection is closed|Stream isn't writeable/.test(said))
    return { kind: 'unreachable', where, what: 'connection cut', hint: cutHint(redis) };
  if (error instanceof NoAuthority)
    return { kind: 'unconfigured', where, what: said, hint: 'set redis.caFile to a file that can be read' };
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === undefined && error instanceof Error && error.name === 'ReplyError')
    return { kind: 'malformed', where, what: said, hint: 'try it by hand: redis-cli INFO' };
  const { kind, what, hint: next, certificate } = explainNetworkError(error);
  if (certificate === 'authority')
    return { kind, where, what, hint: 'trust its authority: redis.caFile, or NODE_EXTRA_CA_CERTS' };
  if (/^(ECONNRESET|EPROTO|ERR_SSL_)/.test(String(code))) return { kind, where, what, hint: cutHint(redis) };
  return { kind, where, what, hint: next };
}
