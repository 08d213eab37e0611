// ioredis, loaded with the first connection: a cockpit that is told of Redis by others needs none before it acts.
export { Cluster, Redis } from 'ioredis';
