import { second } from '../../time.ts';
import { declare, inWords } from './rule.ts';

/** Of the connections it may have (redis_exporter, RedisTooManyConnections). */
export const clientShare = 0.9;
/** Of its host's memory, without maxmemory (redis_exporter, RedisOutOfSystemMemory). */
export const hostShare = 0.9;
/** A replica without data for this long is late. */
export const replicaLate = 30 * second;

export const redisRules = declare({
  'redis/ok': { verdict: 'ok', when: 'PING is answered, and nothing is known to refuse writes', from: 'PING, INFO' },
  'redis/cluster-down': {
    verdict: 'critical',
    when: 'the cluster’s state is not ok',
    from: 'CLUSTER INFO (cluster_state)',
    source: 'redis_exporter, RedisClusterDown',
  },
  'redis/slots-unserved': {
    verdict: 'critical',
    when: 'slots of the cluster are unassigned or failing',
    from: 'CLUSTER INFO (cluster_slots_assigned, cluster_slots_fail)',
  },
  'redis/slots-suspected': {
    verdict: 'warning',
    when: 'slots of the cluster are suspected',
    from: 'cluster_slots_pfail',
  },
  'redis/replica': {
    verdict: 'critical',
    when: 'it is a replica that takes no writes',
    from: 'INFO (role, slave_read_only)',
    source: 'redis_exporter, RedisMissingMaster',
  },
  'redis/writable-replica': { verdict: 'warning', when: 'it is a replica that takes writes', from: 'INFO (role)' },
  'redis/append-failed': {
    verdict: 'critical',
    when: 'its append-only file takes no writes',
    from: 'INFO (aof_last_write_status)',
  },
  'redis/save-stops-writes': {
    verdict: 'critical',
    when: 'its last save failed, and stop-writes-on-bgsave-error is on or may not be read',
    from: 'INFO (rdb_last_bgsave_status), CONFIG GET',
  },
  'redis/save-failed': {
    verdict: 'warning',
    when: 'its last save failed, and writes are accepted',
    from: 'INFO (rdb_last_bgsave_status)',
    source: 'redis_exporter, RedisMissingBackup',
  },
  'redis/memory-full': {
    verdict: 'critical',
    when: 'memory is at maxmemory, and the policy evicts nothing',
    from: 'INFO (used_memory, maxmemory, maxmemory_policy)',
    source: 'redis_exporter, RedisOutOfConfiguredMaxmemory',
  },
  'redis/few-replicas': {
    verdict: 'critical',
    when: 'fewer replicas are connected than min-replicas-to-write',
    from: 'INFO (min_slaves_good_slaves), CONFIG GET',
  },
  'redis/loading': { verdict: 'critical', when: 'it loads its data from disk', from: 'INFO (loading)' },
  'redis/paused': {
    verdict: 'critical',
    when: 'writes are paused (CLIENT PAUSE, a failover)',
    from: 'INFO (paused_actions); before Redis 7.4: PFCOUNT of a key that does not exist is not answered, and PING is',
  },
  'redis/cluster-replica-cut': {
    verdict: 'warning',
    when: 'it is a replica of a cluster, cut off from its primary',
    from: 'INFO (master_link_status)',
    source: 'redis_exporter, RedisReplicationBroken',
  },
  'redis/rejects': {
    verdict: 'critical',
    when: 'it refused connections since the last look',
    from: 'INFO (rejected_connections)',
    source: 'redis_exporter, RedisRejectedConnections',
  },
  'redis/refuses-commands': {
    verdict: 'warning',
    when: 'it refused commands or logins of clients since the last look',
    from: 'INFO commandstats (rejected_calls, without commands of administration), errorstats',
    source: 'redis_exporter, redis_commands_rejected_calls_total',
  },
  'redis/clients': {
    verdict: 'warning',
    when: `more than ${clientShare * 100} % of maxclients are connected`,
    from: 'INFO (connected_clients, maxclients)',
    source: 'redis_exporter, RedisTooManyConnections',
  },
  'redis/host-memory': {
    verdict: 'warning',
    when: `without maxmemory, it uses more than ${hostShare * 100} % of its host’s memory`,
    from: 'INFO (used_memory, total_system_memory)',
    source: 'redis_exporter, RedisOutOfSystemMemory',
  },
  'redis/replicas-late': {
    verdict: 'warning',
    when: `a connected replica is not online, or was not heard for ${inWords(replicaLate)}`,
    from: 'INFO (slave0 …)',
    source: 'redis_exporter, RedisDisconnectedSlaves',
  },
  'redis/rewrite-failed': {
    verdict: 'warning',
    when: 'the last rewrite of its append-only file failed',
    from: 'INFO (aof_last_bgrewrite_status)',
  },
  'redis/untold': {
    verdict: 'unknown',
    when: 'it refuses INFO, CLUSTER INFO or CLUSTER NODES to our user, or another primary of its cluster does not answer us',
    from: 'INFO, CLUSTER INFO, CLUSTER NODES',
  },
});
