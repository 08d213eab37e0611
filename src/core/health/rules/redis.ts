import { declare } from './rule.ts';

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
  'redis/untold': {
    verdict: 'unknown',
    when: 'it refuses INFO or CLUSTER INFO to our user',
    from: 'INFO, CLUSTER INFO',
  },
});
