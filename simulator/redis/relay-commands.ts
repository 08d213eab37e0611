// The commands of the drill's relay: as Redis answers them (redis.io/commands), as many as a shared incident and its doctor
// use. Streams are in `stream-commands.ts`.
import { notWhole, syntax, wrongType } from './errors.ts';
import { array, bulk, error, integer, ok, type Reply } from './protocol.ts';
import type { Command, Content, Records } from './records.ts';
import { bytesOf, streamCommands } from './stream-commands.ts';

const whole = (text: string | undefined): number | undefined =>
  text !== undefined && /^-?\d{1,15}$/.test(text) ? Number(text) : undefined;

/** The members of a set, empty where there is none; undefined: it is something else. */
function membersOf(records: Records, key: string): Set<string> | undefined {
  const found = records.get(key);
  if (found === undefined) return new Set();
  return found.kind === 'set' ? found.members : undefined;
}

/** Units of a time to live, in ms. */
const units: Readonly<Record<string, number>> = { EX: 1000, PX: 1 };

function set([key = '', value = '', ...options]: readonly string[], records: Records): Reply {
  const words = options.map((word) => word.toUpperCase());
  const found = records.get(key);
  let expiresAt: number | undefined;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const unit = units[word];
    if (unit !== undefined) {
      at += 1;
      const time = whole(options[at]);
      if (time === undefined || time <= 0)
        return time === undefined ? notWhole : error("ERR invalid expire time in 'set' command");
      expiresAt = Date.now() + time * unit;
    } else if (word === 'KEEPTTL') expiresAt = records.expiryOf(key);
    else if (word !== 'NX' && word !== 'XX' && word !== 'GET') return syntax;
  }
  if (words.includes('GET') && found && found.kind !== 'string') return wrongType;
  const refused = (words.includes('NX') && found) || (words.includes('XX') && !found);
  if (!refused) records.put(key, { kind: 'string', value }, expiresAt);
  if (words.includes('GET')) return bulk(found?.kind === 'string' ? found.value : null);
  return refused ? bulk(null) : ok;
}

function timeToLive(unit: number): Command['run'] {
  return ([key = ''], records) => {
    if (records.get(key) === undefined) return integer(-2);
    const expiresAt = records.expiryOf(key);
    return integer(expiresAt === undefined ? -1 : Math.ceil((expiresAt - Date.now()) / unit));
  };
}

function expireIn(unit: number): Command['run'] {
  return ([key = '', text], records) => {
    const time = whole(text);
    if (time === undefined) return notWhole;
    return integer(records.expire(key, Date.now() + time * unit) ? 1 : 0);
  };
}

/** Members that were added or removed. */
function changeMembers(change: (members: Set<string>, one: string) => boolean): Command['run'] {
  return ([key = '', ...given], records) => {
    const members = membersOf(records, key);
    if (!members) return wrongType;
    const count = given.filter((one) => change(members, one)).length;
    if (count === 0) return integer(0);
    if (members.size === 0) records.delete(key);
    else records.put(key, { kind: 'set', members }, records.expiryOf(key));
    return integer(count);
  };
}

const sizeOf = (content: Content): number => {
  if (content.kind === 'string') return 60 + Buffer.byteLength(content.value);
  if (content.kind === 'set') return [...content.members].reduce((sum, one) => sum + 60 + Buffer.byteLength(one), 60);
  return bytesOf(content.entries);
};

const remove: Command['run'] = (keys, records) =>
  integer(keys.filter((key) => records.get(key) !== undefined && records.delete(key)).length);

/** Of a server that keeps everything in memory until the drill ends. */
const configuration: Readonly<Record<string, string>> = {
  maxmemory: '0',
  'maxmemory-policy': 'noeviction',
  save: '',
  appendonly: 'no',
  appendfsync: 'everysec',
};

function config([sub = '', ...names]: readonly string[]): Reply {
  if (sub.toUpperCase() !== 'GET') return error('ERR the configuration of the drill’s relay cannot be changed');
  const found = Object.entries(configuration).filter(([key]) => names.some((name) => name === key || name === '*'));
  return { kind: 'map', entries: found.map(([key, value]) => [key, bulk(value)]) };
}

export const relayVersion = '7.4.1';

function info(records: Records): string {
  const keys = records.keys();
  const used = keys.reduce((sum, key) => {
    const content = records.get(key);
    return content ? sum + sizeOf(content) : sum;
  }, 1_900_000);
  const sections: Readonly<Record<string, Readonly<Record<string, string | number>>>> = {
    Server: { redis_version: relayVersion, redis_mode: 'standalone' },
    Memory: { used_memory: used, maxmemory: 0, maxmemory_policy: 'noeviction' },
    Persistence: { loading: 0, rdb_last_bgsave_status: 'ok', aof_enabled: 0, aof_last_write_status: 'ok' },
    Replication: { role: 'master', connected_slaves: 0 },
    Keyspace: { db0: `keys=${keys.length},expires=0,avg_ttl=0` },
  };
  const lines = Object.entries(sections).map(
    ([name, fields]) =>
      `# ${name}\r\n${Object.entries(fields)
        .map(([field, value]) => `${field}:${value}\r\n`)
        .join('')}`,
  );
  return lines.join('\r\n');
}

export const relayCommands: Readonly<Record<string, Command>> = {
  ...streamCommands,
  GET: {
    least: 1,
    run: ([key = ''], records) => {
      const found = records.get(key);
      return found && found.kind !== 'string' ? wrongType : bulk(found?.value ?? null);
    },
  },
  MGET: {
    least: 1,
    run: (keys, records) =>
      array(
        keys.map((key) => {
          const found = records.get(key);
          return bulk(found?.kind === 'string' ? found.value : null);
        }),
      ),
  },
  SET: { least: 2, run: set },
  DEL: { least: 1, run: remove },
  UNLINK: { least: 1, run: remove },
  EXISTS: { least: 1, run: (keys, records) => integer(keys.filter((key) => records.get(key)).length) },
  TYPE: { least: 1, run: ([key = ''], records) => ({ kind: 'simple', text: records.get(key)?.kind ?? 'none' }) },
  EXPIRE: { least: 2, run: expireIn(1000) },
  PEXPIRE: { least: 2, run: expireIn(1) },
  TTL: { least: 1, run: timeToLive(1000) },
  PTTL: { least: 1, run: timeToLive(1) },
  SADD: { least: 2, run: changeMembers((members, one) => !members.has(one) && Boolean(members.add(one))) },
  SREM: { least: 2, run: changeMembers((members, one) => members.delete(one)) },
  SMEMBERS: {
    least: 1,
    run: ([key = ''], records) => {
      const members = membersOf(records, key);
      return members ? { kind: 'set', items: [...members].map(bulk) } : wrongType;
    },
  },
  TIME: {
    least: 0,
    run: () => {
      const now = Date.now();
      return array([bulk(String(Math.floor(now / 1000))), bulk(String((now % 1000) * 1000))]);
    },
  },
  DBSIZE: { least: 0, run: (_, records) => integer(records.keys().length) },
  KEYS: { least: 1, run: ([pattern], records) => array(records.keys(pattern).map(bulk)) },
  FLUSHALL: {
    least: 0,
    run: (_, records) => {
      records.clear();
      return ok;
    },
  },
  INFO: { least: 0, run: (_, records) => bulk(info(records)) },
  CONFIG: { least: 1, run: config },
  COMMAND: { least: 0, run: () => array([]) },
  MEMORY: {
    least: 2,
    run: ([sub = '', key = ''], records) => {
      if (sub.toUpperCase() !== 'USAGE') return error('ERR the drill’s relay answers MEMORY USAGE only');
      const found = records.get(key);
      return found ? integer(sizeOf(found)) : bulk(null);
    },
  },
};
