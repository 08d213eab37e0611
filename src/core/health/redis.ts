// A Redis that answers PING works only where it takes writes, and a cluster only where every slot is served.
import { formatCounted } from '../text/format.ts';
import type { Redis, RedisRefusal } from '../world/facts.ts';
import { inParts } from './finding.ts';
import { evaluateLoading, evaluateStrain } from './redis-strain.ts';
import { decide, type Evaluation, type RuleId } from './rules/index.ts';

const slots = 16_384;

type Memory = { used: number; most: number; of?: string };

/**
 * What it uses of what it may, in bytes; `most` 0 is no limit. Of a cluster: the fullest node, `of` where it is another
 * one. Undefined where it does not tell.
 */
export function redisMemory({ usedBytes, maxBytes, nodes }: Redis): Memory | undefined {
  if (usedBytes === undefined || maxBytes === undefined) return undefined;
  const share = ({ used, most }: Memory) => (most > 0 ? used / most : 0);
  return (nodes?.seen ?? [])
    .map(({ where, usedBytes: used, maxBytes: most }): Memory => ({ used, most, of: where }))
    .reduce((fullest, one) => (share(one) > share(fullest) ? one : fullest), { used: usedBytes, most: maxBytes });
}

/** By the worst of what it tells; what it answers stands first where all is well. */
export function evaluateRedis(r: Redis): Evaluation {
  const { role, clients, cluster, slots: nodes, refusals = [], persistence, untold = [], linkUp, nodes: others } = r;
  const answers = [
    'PONG',
    ...(role ? [`${role}${cluster ? ' of a cluster' : ''}`] : []),
    ...(clients === undefined ? [] : [formatCounted(clients, 'client', 'clients')]),
  ];
  if (nodes && nodes.state !== 'ok')
    return {
      ...decide('redis/cluster-down'),
      short: `cluster state ${nodes.state}`,
      says: `the cluster is in state ${nodes.state}: ${slots - nodes.assigned + nodes.failing} of ${slots} slots are not served`,
      remedy: 'redis-cli --cluster check; bring the nodes of those slots back',
    };
  if (nodes && (nodes.assigned < slots || nodes.failing > 0))
    return {
      ...decide('redis/slots-unserved'),
      says: `${slots - nodes.assigned + nodes.failing} of ${slots} slots of the cluster are not served`,
      remedy: 'redis-cli --cluster check; bring the nodes of those slots back',
    };
  const loading = evaluateLoading(r);
  if (loading) return loading;
  const [refusal] = refusals;
  if (refusal) {
    const link = linkUp === undefined ? '' : linkUp ? ', its primary answers it' : ', cut off from its primary';
    return { ...decide(refusalRules[refusal.why]), short: 'writes are refused', ...refusalSays(refusal, link) };
  }
  const alone = others?.seen.find((node) => node.refusals.length > 0);
  const [whyAlone] = alone?.refusals ?? [];
  if (alone && whyAlone) {
    const { says, remedy } = refusalSays(whyAlone, '');
    const node = { short: 'a node refuses writes', says: `node ${alone.where} of the cluster: ${says}`, remedy };
    return { ...decide(refusalRules[whyAlone.why]), ...node };
  }
  const strained = evaluateStrain(r);
  if (strained?.verdict === 'critical') return strained;
  if (role === 'slave' && cluster) {
    const cut = { ...decide('redis/cluster-replica-cut'), says: 'a replica of the cluster, cut off from its primary' };
    if (linkUp === false) return { ...cut, remedy: 'redis-cli CLUSTER NODES' };
  } else if (role === 'slave')
    return {
      ...decide('redis/writable-replica'),
      short: 'a replica that takes writes',
      says: 'a replica that takes writes: its primary never gets them',
      remedy: ofReplica,
    };
  if (persistence?.saved === false)
    return {
      ...decide('redis/save-failed'),
      short: 'last save failed',
      says: `its last save failed; writes are accepted${persistence.appendOnly ? '' : ': a restart loses them'}`,
      remedy: 'free disk space, check its log, then redis-cli BGSAVE',
    };
  if (nodes && nodes.suspected > 0)
    return {
      ...decide('redis/slots-suspected'),
      says: `${nodes.suspected} slots of the cluster are on nodes that do not answer some others`,
      remedy: 'redis-cli CLUSTER NODES',
    };
  if (strained) return strained;
  if (untold.length > 0)
    return {
      ...decide('redis/untold'),
      short: 'PONG, parts unknown',
      says: `PONG, but it refuses ${untold.map(({ what }) => what).join(' and ')}: ${untold.map(unknownParts).join('; ')}`,
      remedy: 'ACL SETUSER USER +info +config|get +cluster|info +cluster|nodes',
    };
  const [silent, ...more] = others?.silent ?? [];
  if (silent)
    return {
      ...decide('redis/untold'),
      short: 'nodes do not answer us',
      says: `PONG, but ${silent}${more.length > 0 ? ` and ${formatCounted(more.length, 'more node does', 'more nodes do')}` : ' does'} not answer us: whether ${more.length > 0 ? 'they take' : 'it takes'} writes is unknown`,
      remedy: 'reach the addresses of CLUSTER NODES from here, with the same login',
    };
  return { ...decide('redis/ok'), ...inParts(answers) };
}

const ofReplica = 'point REDIS_URL at the primary (redis-cli ROLE)';

const refusalRules: Readonly<Record<RedisRefusal['why'], RuleId>> = {
  replica: 'redis/replica',
  append: 'redis/append-failed',
  save: 'redis/save-stops-writes',
  memory: 'redis/memory-full',
  replicas: 'redis/few-replicas',
  paused: 'redis/paused',
};

function refusalSays(refusal: RedisRefusal, link: string): { says: string; remedy: string } {
  switch (refusal.why) {
    case 'replica':
      return { says: `a replica, takes no writes${link}`, remedy: ofReplica };
    case 'append':
      return {
        says: 'writes are refused: its append-only file cannot be written',
        remedy: 'free disk space, check its log',
      };
    case 'save':
      return {
        says: `its last save failed: writes are refused${refusal.perhaps ? ', unless stop-writes-on-bgsave-error is no' : ''}`,
        remedy: 'free disk space, check its log, then redis-cli BGSAVE',
      };
    case 'memory':
      return {
        says: 'writes are refused: memory is full, and its policy evicts nothing',
        remedy: 'evict old data, or raise maxmemory',
      };
    case 'paused':
      return {
        says: 'writes wait: CLIENT PAUSE, or a failover, holds them',
        remedy: 'if redis-cli INFO replication shows no failover: redis-cli CLIENT UNPAUSE',
      };
    case 'replicas':
      return {
        says: `writes are refused: ${refusal.there} of ${refusal.wanted} replicas are connected`,
        remedy: 'bring replicas back, or lower min-replicas-to-write',
      };
  }
}

const unknownParts = ({ what }: NonNullable<Redis['untold']>[number]): string =>
  ({
    INFO: 'role, memory and writes are unknown',
    'CLUSTER INFO': 'whether all slots are served is unknown',
    'CLUSTER NODES': 'whether the other nodes take writes is unknown',
  })[what];
