// The other primaries of a Redis Cluster: each holds a part of the keys, and may refuse writes alone.
import type { Redis as Client } from 'ioredis';
import { redisByTls, type Settings } from '../../config/settings.ts';
import { sanitize } from '../../core/text/text.ts';
import type { RedisNode, RedisNodes } from '../../core/world/facts.ts';
import type { RedisConnection } from './connect.ts';
import { numberOf } from './number.ts';
import { isRefused, refusalsOf } from './writes.ts';

export type NodeAddress = { host: string; port: number };

/** Opens a connection to one of them, with our own login. */
export type ConnectToNode = (at: NodeAddress) => Promise<RedisConnection>;

/** More are not asked: each look opens a connection to each. */
const mostNodes = 50;

/**
 * The primaries with slots in an answer to CLUSTER NODES, without the node that answered and without those that failed:
 * CLUSTER INFO counts the slots of these. As a text: an address that cannot be asked.
 */
export function otherPrimaries(text: string): readonly (NodeAddress | string)[] {
  return text.split(/\r?\n/).flatMap((line): (NodeAddress | string)[] => {
    const [, address = '', flags = '', ...rest] = line.split(' ');
    const roles = flags.split(',');
    if (!roles.includes('master') || rest.length < 6) return [];
    if (['myself', 'fail', 'handshake'].some((one) => roles.includes(one))) return [];
    // `10.0.0.7:6379@16379,name`: IPv6 addresses have colons of their own.
    const [at = ''] = address.split('@', 1);
    const colon = at.lastIndexOf(':');
    const [host, port] = [at.slice(0, colon), Number(at.slice(colon + 1))];
    const isAddress = /^[\da-fA-F.:]{2,45}$/.test(host) && Number.isInteger(port) && port > 0 && port < 65_536;
    return [isAddress ? { host, port } : sanitize(at, 60) || 'a node without an address'];
  });
}

/** Our settings, for another node: encrypted as the connection to the first one is, whatever the node's address. */
export function settingsOfNode(redis: Settings['redis'], { host, port }: NodeAddress): Settings['redis'] {
  const url = `${redisByTls(redis) ? 'rediss' : 'redis'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return { ...redis, url };
}

/** What each of the other primaries says of itself; undefined where CLUSTER NODES may not be asked. */
export async function otherNodes(
  client: Client,
  connect: ConnectToNode,
  parse: (text: string) => ReadonlyMap<string, string>,
): Promise<RedisNodes | undefined> {
  let all: readonly (NodeAddress | string)[];
  try {
    all = otherPrimaries(String(await client.call('CLUSTER', 'NODES')));
  } catch (error) {
    if (!isRefused(error)) throw error;
    return undefined;
  }
  const looks = await Promise.all(all.slice(0, mostNodes).map((at) => lookAt(at, connect, parse)));
  const seen = looks.filter((one) => 'refusals' in one);
  const silent = looks.flatMap((one) => ('silent' in one ? [one.silent] : []));
  return { seen, silent: [...silent, ...all.slice(mostNodes).map(nameOf)] };
}

const nameOf = (at: NodeAddress | string) => (typeof at === 'string' ? at : sanitize(`${at.host}:${at.port}`, 60));

async function lookAt(
  at: NodeAddress | string,
  connect: ConnectToNode,
  parse: (text: string) => ReadonlyMap<string, string>,
): Promise<RedisNode | { silent: string }> {
  const where = nameOf(at);
  if (typeof at === 'string') return { silent: where };
  let connection: RedisConnection | undefined;
  try {
    connection = await connect(at);
    const info = parse(await connection.client.info());
    const [usedBytes, maxBytes] = [numberOf(info.get('used_memory')), numberOf(info.get('maxmemory'))];
    // An answer that tells neither proves nothing.
    if (usedBytes === undefined || maxBytes === undefined) return { silent: where };
    // What it refuses as a replica is its primary's to take: it was one when CLUSTER NODES was asked.
    const refusals = info.get('role') === 'slave' ? [] : await refusalsOf(connection.client, info);
    return { where, refusals, usedBytes, maxBytes };
  } catch {
    // Why does not matter here: it is unknown. That it is down tells the cluster itself.
    return { silent: where };
  } finally {
    await connection?.close();
  }
}
