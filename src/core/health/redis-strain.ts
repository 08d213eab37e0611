// Limits that a writable Redis can reach: connections, memory of its host, replicas that do not keep up.
import { formatAge, formatBytes, formatCount, formatPercent } from '../text/format.ts';
import type { Redis } from '../world/facts.ts';
import { decide, type Evaluation } from './rules/index.ts';
import { clientShare, hostShare } from './rules/redis.ts';

/** The worst first; undefined without any strain. */
export function evaluateStrain(redis: Redis): Evaluation | undefined {
  return (
    ofRejects(redis) ?? ofCommands(redis) ?? ofClients(redis) ?? ofHost(redis) ?? ofReplicas(redis) ?? ofRewrite(redis)
  );
}

const findClients = 'find the clients: redis-cli CLIENT LIST';

function ofRejects({ clients = 0, rejectedPerMinute = 0 }: Redis): Evaluation | undefined {
  if (rejectedPerMinute <= 0) return undefined;
  const says = `refuses connections: ${formatCount(rejectedPerMinute)} in a minute, ${clients} clients`;
  return { ...decide('redis/rejects'), short: 'refuses connections', says, remedy: findClients };
}

/** What to look at, by the server's own code. */
const refusedRemedies: Readonly<Record<string, string>> = {
  NOPERM: 'redis-cli ACL LOG names user and command; ACL SETUSER gives the right back',
  WRONGPASS: 'a client has an old password: redis-cli ACL LOG names it; was one rotated?',
  NOAUTH: 'a client logs in without a password: redis-cli CLIENT LIST',
};

function ofCommands({ refusing }: Redis): Evaluation | undefined {
  if (!refusing || refusing.perMinute <= 0) return undefined;
  const { perMinute, code } = refusing;
  return {
    ...decide('redis/refuses-commands'),
    short: code ? `refuses clients (${code})` : 'refuses commands',
    says: `refuses what clients ask: ${formatCount(perMinute)} in a minute${code ? `, with ${code}` : ''}`,
    remedy: refusedRemedies[code ?? ''] ?? 'redis-cli INFO errorstats; redis-cli INFO commandstats (rejected_calls)',
  };
}

function ofClients({ clients = 0, maxClients }: Redis): Evaluation | undefined {
  if (!maxClients || clients / maxClients <= clientShare) return undefined;
  return { ...decide('redis/clients'), says: `${clients} of at most ${maxClients} clients`, remedy: findClients };
}

function ofHost({ usedBytes = 0, maxBytes, systemBytes }: Redis): Evaluation | undefined {
  if (maxBytes !== 0 || !systemBytes || usedBytes / systemBytes <= hostShare) return undefined;
  return {
    ...decide('redis/host-memory'),
    short: 'host memory nearly full',
    says: `uses ${formatPercent((usedBytes / systemBytes) * 100)} of its host’s ${formatBytes(systemBytes)}, and has no maxmemory`,
    remedy: 'CONFIG SET maxmemory, and evict old data',
  };
}

function ofReplicas({ replicas }: Redis): Evaluation | undefined {
  if (!replicas || replicas.late === 0) return undefined;
  const says = `${replicas.late} of ${replicas.connected} replicas do not keep up`;
  return { ...decide('redis/replicas-late'), says, remedy: 'redis-cli INFO replication; check their log and network' };
}

function ofRewrite({ persistence }: Redis): Evaluation | undefined {
  if (!persistence?.appendOnly || persistence.rewritten !== false) return undefined;
  const says = 'the last rewrite of its append-only file failed: the file grows';
  return {
    ...decide('redis/rewrite-failed'),
    short: 'last rewrite failed',
    says,
    remedy: 'free disk space, check its log',
  };
}

/** It answers no command but INFO until all is read. */
export function evaluateLoading({ loading }: Redis): Evaluation | undefined {
  if (!loading) return undefined;
  const left = loading.left === undefined ? '' : `, about ${formatAge(loading.left)} left`;
  const says = `loads its data from disk and answers nothing until then${left}`;
  return { ...decide('redis/loading'), short: 'loading its data', says, remedy: 'wait: redis-cli INFO persistence' };
}
