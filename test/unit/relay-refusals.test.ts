// What a relay says that answers and does not do what it is asked: each has its own word for the header, and a remedy
// that is about the relay.
import { ReplyError } from 'ioredis';
import { expect, test } from 'vitest';
import { isRefusal, relayFault } from '../../src/data/relay/connect.ts';
import { relayAt } from '../support/relay.ts';

const options = relayAt(6379);

test.each([
  ["OOM command not allowed when used memory > 'maxmemory'.", 'out of memory', /maxmemory on the relay/],
  ["READONLY You can't write against a read only replica.", 'read-only', /primary/],
  ["NOPERM User ben has no permissions to run the 'xadd' command", 'lacks rights', /doctor/],
  [
    "EXECABORT Transaction discarded: NOPERM User ben has no permissions to run the 'set' command",
    'lacks rights',
    /doctor/,
  ],
  ['LOADING Redis is loading the dataset in memory', 'loading', /wait/],
  ['MISCONF Redis is configured to save RDB snapshots, but is unable to persist to disk', 'cannot save', /disk/],
  ['CLUSTERDOWN The cluster is down', 'cluster down', /CLUSTER INFO/],
  ["MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", 'lost its master', /master/],
  ['NOREPLICAS Not enough good replicas to write.', 'lacks replicas', /replica/],
  ['BUSY Redis is busy running a script.', 'busy', /SCRIPT KILL/],
  ['ERR max number of clients reached', 'has no connection left', /maxclients/],
  ['WRONGPASS invalid username-password pair or user is disabled.', 'refuses the login', /RELAY_PASSWORD/],
  ['NOAUTH Authentication required.', 'refuses the login', /RELAY_PASSWORD/],
  ['WRONGTYPE Operation against a key holding the wrong kind of value', 'keys taken', /incident\.prefix/],
  ['MOVED 3999 127.0.0.1:6381', 'is a cluster', /relayCluster/],
] as const)('%s', (says, short, hint) => {
  const error: unknown = new ReplyError(says);
  expect(isRefusal(error)).toBe(true);
  const fault = relayFault(error, options);
  expect(fault.short).toBe(short);
  expect(fault.hint).toMatch(hint);
  expect(fault.hint).not.toMatch(/REDIS_URL|the network and the server/);
});

test('a relay that does not answer is away', () => {
  expect(relayFault(new Error('Command timed out'), options).short).toBeUndefined();
});
