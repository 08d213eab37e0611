// Limits that a writable Redis can reach: connections, memory of its host, replicas that do not keep up.
import { formatAge, formatBytes, formatCount, formatPercent } from '../text/format.ts';
import type { Redis } from '../world/facts.ts';
import { decide, type Evaluation } from './rules/index.ts';
import { clientShare, hostShare } from './rules/redis.ts';

/** The worst first; undefined without any strain. */
export function evaluateStrain(redis: Redis): Evaluation | undefined {
  return ofClients(redis) ?? ofHost(redis) ?? ofReplicas(redis) ?? ofRewrite(redis);
}

function ofClients({ clients = 0, maxClients, rejectedPerMinute = 0 }: Redis): Evaluation | undefined {
  const remedy = 'find the clients: redis-cli CLIENT LIST';
  if (rejectedPerMinute > 0) {
    const says = `refuses connections: ${formatCount(rejectedPerMinute)} in a minute, ${clients} clients`;
    return { ...decide('redis/rejects'), short: 'refuses connections', says, remedy };
  }
  if (!maxClients || clients / maxClients <= clientShare) return undefined;
  return { ...decide('redis/clients'), says: `${clients} of at most ${maxClients} clients`, remedy };
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
