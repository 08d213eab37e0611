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
  [/^NOAUTH/, 'forbidden', 'a password is required', 'set REDIS_PASSWORD, or add it to REDIS_URL'],
  [
    /^WRONGPASS|invalid password|invalid username-password/i,
    'forbidden',
    'user or password not accepted',
    'compare REDIS_URL and REDIS_PASSWORD with ACL LIST on the server',
  ],
  [
    /without any password configured|no password is set/i,
    'forbidden',
    'a password was given, but the server has none',
    'unset REDIS_PASSWORD',
  ],
  [/^LOADING/, 'refused', 'loading its data from disk', 'wait: redis-cli INFO persistence tells for how long'],
  [
    /^MISCONF/,
    'refused',
    'cannot save to disk, rejects commands',
    'free disk space, then check its log (stop-writes-on-bgsave-error)',
  ],
  [
    /max(imum)? number of clients/i,
    'refused',
    'maximum number of clients reached',
    'find the clients: redis-cli CLIENT LIST',
  ],
  [/^READONLY/, 'refused', 'this is a replica: read-only', 'point REDIS_URL at the primary (redis-cli ROLE)'],
  [/^OOM/, 'refused', 'out of memory and noeviction: writes are rejected', 'evict old data, or raise maxmemory'],
  [
    /^(MOVED|ASK|CROSSSLOT|TRYAGAIN)\b/,
    'refused',
    'this is a Redis Cluster node, and the key belongs to another node or slot',
    'run it by hand on each node: redis-cli -c',
  ],
  [/^CLUSTERDOWN/, 'refused', 'the Redis Cluster is down: some slots have no node', 'redis-cli CLUSTER INFO'],
  [/^NOREPLICAS/, 'refused', 'too few replicas connected: writes are rejected', 'redis-cli INFO replication'],
  [/^MASTERDOWN/, 'refused', 'its master is unreachable', 'check the master'],
  [/^BUSY .*FUNCTION KILL/, 'refused', 'busy with a function', 'redis-cli FUNCTION KILL, or wait if it has written'],
  [/^BUSY /, 'refused', 'busy with a script', 'redis-cli SCRIPT KILL, or wait if it has written'],
  [
    /^DENIED|protected mode/i,
    'forbidden',
    'protected mode refuses connections from elsewhere',
    'set a password on the server, or connect from its host',
  ],
];

/** A port of TLS that is spoken to in clear hangs up without a word. */
const cutInClear = 'the server or a proxy closed it: check its log; if it uses TLS, set rediss://';
const cutInTls = 'the server or a proxy closed it: check its log; if it has no TLS, set redis://';
/** redis:// alone does not choose to go in clear where TLS is required. */
const tlsRequired = 'TLS is required: turn it on on the server, or set redis.tls=disable to connect unencrypted';

/** Hint when a server answers but does not speak the expected protocol. */
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
      return {
        kind: 'forbidden',
        where,
        what: `${user} is not allowed to access these keys`,
        hint: `ACL SETUSER ${user} ~*`,
      };
    if (/\bchannels?\b/.test(said) && command === undefined)
      return {
        kind: 'forbidden',
        where,
        what: `${user} is not allowed to use these channels`,
        hint: `ACL SETUSER ${user} &*`,
      };
    const hint = `ACL SETUSER ${user} ${command ? `+${command.toLowerCase()}` : '+ping +info'}`;
    return {
      kind: 'forbidden',
      where,
      what: `${user} is not allowed to run ${(command ?? 'info').toUpperCase()}`,
      hint,
    };
  }
  if (error instanceof IsSentinel)
    return {
      kind: 'unconfigured',
      where,
      what: 'this is a Sentinel, not a Redis server',
      hint: 'use the server address: redis-cli -p 26379 SENTINEL MASTERS',
    };
  if (error instanceof SilentInTls) {
    const hint = redis.url.startsWith('rediss:') ? 'it may be frozen; if it has no TLS, set redis://' : tlsRequired;
    return { kind: 'timeout', where, what: 'connected, but no answer to TLS', hint };
  }
  const hint = 'another service listens on that port: check the port';
  if (error instanceof EndlessAnswer) return { kind: 'malformed', where, what: 'answer too long', hint };
  // An answer that the client's parser breaks on (nested without end) is not Redis' either.
  if (error instanceof NotInfo || error instanceof RangeError || /Protocol error|RESP type/i.test(said))
    return { kind: 'malformed', where, what: 'not a Redis answer', hint };
  if (/Command timed out|^connect ETIMEDOUT/.test(said))
    return { kind: 'timeout', where, what: 'no answer in time', hint: 'the host is slow, frozen or behind a firewall' };
  if (/Connection is closed|Stream isn't writeable/.test(said))
    return { kind: 'unreachable', where, what: 'connection closed', hint: cutHint(redis) };
  if (error instanceof NoAuthority)
    return { kind: 'unconfigured', where, what: said, hint: 'set redis.caFile to a readable file' };
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === undefined && error instanceof Error && error.name === 'ReplyError')
    return { kind: 'malformed', where, what: said, hint: 'try it by hand: redis-cli INFO' };
  const { kind, what, hint: next, certificate } = explainNetworkError(error);
  if (certificate === 'authority')
    return { kind, where, what, hint: 'trust its CA: redis.caFile, or NODE_EXTRA_CA_CERTS' };
  if (/^(ECONNRESET|EPROTO|ERR_SSL_)/.test(String(code))) return { kind, where, what, hint: cutHint(redis) };
  return { kind, where, what, hint: next };
}
