// A Redis server for the drill: enough for ioredis, redis-cli and the cockpit's reads and evictions.
import { randomBytes } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { expire, fill, glob, type Keyspace, memoryOf, put } from './keyspace.ts';
import { array, bulk, commandReader, encode, error, integer, ok, type Reply } from './protocol.ts';

/** maxmemory of the drill, in bytes. */
const maxMemory = 256 * 1024 * 1024;

export type RedisServer = { host: string; port: number; password: string; stop(): Promise<void> };

type Session = { authenticated: boolean; protocol: 2 | 3; name: string; id: number };

/** Starts it on a free port of loopback, `fill` (0–1) of its memory in use. */
export async function startRedis(options: { fill: number }): Promise<RedisServer> {
  const password = randomBytes(12).toString('hex');
  const keys = fill(maxMemory * options.fill, Date.now());
  const sockets = new Set<Socket>();
  const startedAt = Date.now();
  let evicted = 0;
  let sessions = 0;
  const state = {
    keys,
    password,
    clients: () => sockets.size,
    startedAt,
    runId: randomBytes(20).toString('hex'),
    evicted: () => evicted,
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    sessions += 1;
    const session: Session = { authenticated: false, protocol: 2, name: '', id: sessions };
    const read = commandReader();
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (bytes) => {
      const { commands, broken } = read(bytes);
      const replies = commands.map((words) => {
        const reply = answer(words, session, state);
        return encode(reply, session.protocol);
      });
      if (replies.length > 0) socket.write(replies.join(''));
      if (broken) socket.end(encode(error(`ERR Protocol error: ${broken}`), session.protocol));
      else if (commands.some(([word]) => word?.toUpperCase() === 'QUIT')) socket.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  // The cache lives: keys are used, come and go, and the memory wanders a little.
  const wander = setInterval(() => {
    const now = Date.now();
    expire(keys, now);
    const name = `cache:response:live${Math.floor(now / 1000) % 40}`;
    if (memoryOf(keys) < maxMemory * 0.99) put(keys, name, { bytes: 180_000, lastUsed: now, value: '' });
    else evicted += 1;
    if (Math.random() < 0.5) keys.delete(`cache:response:live${Math.floor(Math.random() * 40)}`);
  }, 1000);
  return {
    host: '127.0.0.1',
    port,
    password,
    stop() {
      clearInterval(wander);
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

type ServerState = {
  keys: Keyspace;
  password: string;
  clients(): number;
  startedAt: number;
  runId: string;
  evicted(): number;
};

function answer(words: readonly string[], session: Session, state: ServerState): Reply {
  const [name = '', ...args] = words;
  const command = name.toUpperCase();
  if (command === 'AUTH') return authenticate(args.at(-1), session, state);
  if (command === 'HELLO') return hello(args, session, state);
  if (command === 'QUIT') return ok;
  if (!session.authenticated) return error('NOAUTH Authentication required.');
  const run = commands[command];
  return run
    ? run(args, state, session)
    : error(`ERR unknown command '${name.slice(0, 60)}', with args beginning with: `);
}

function authenticate(password: string | undefined, session: Session, state: ServerState): Reply {
  session.authenticated = password === state.password;
  return session.authenticated ? ok : error('WRONGPASS invalid username-password pair or user is disabled.');
}

function hello(args: readonly string[], session: Session, state: ServerState): Reply {
  const [version = '2'] = args;
  if (version !== '2' && version !== '3') return error('NOPROTO unsupported protocol version');
  const at = args.findIndex((word) => word.toUpperCase() === 'AUTH');
  if (at >= 0 && authenticate(args[at + 2], session, state).kind === 'error')
    return error('WRONGPASS invalid username-password pair or user is disabled.');
  if (!session.authenticated)
    return error(
      'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client',
    );
  session.protocol = version === '3' ? 3 : 2;
  return {
    kind: 'map',
    entries: [
      ['server', bulk('redis')],
      ['version', bulk(redisVersion)],
      ['proto', integer(session.protocol)],
      ['id', integer(session.id)],
      ['mode', bulk('standalone')],
      ['role', bulk('master')],
      ['modules', array([])],
    ],
  };
}

const redisVersion = '7.4.1';

/** Keys that one call of SCAN visits without COUNT. */
const scanCount = 10;

type Run = (args: readonly string[], state: ServerState, session: Session) => Reply;

const commands: Readonly<Record<string, Run>> = {
  PING: ([text]) => (text === undefined ? { kind: 'simple', text: 'PONG' } : bulk(text)),
  ECHO: ([text = '']) => bulk(text),
  SELECT: () => ok,
  CLIENT: ([sub = '', ...rest], _, session) => {
    const word = sub.toUpperCase();
    if (word === 'SETNAME') session.name = rest[0] ?? '';
    if (word === 'ID') return integer(session.id);
    if (word === 'GETNAME') return bulk(session.name);
    return ok;
  },
  COMMAND: ([sub]) => (sub === undefined ? array(Object.keys(commands).map(described)) : array([])),
  READONLY: () => error('ERR This instance has cluster support disabled'),
  DBSIZE: (_, { keys }) => integer(keys.size),
  INFO: (sections, state) => bulk(info(sections, state)),
  CONFIG: ([sub = '', ...names]) => {
    if (sub.toUpperCase() !== 'GET') return error('ERR the drill’s configuration cannot be changed');
    const settings: Record<string, string> = {
      maxmemory: String(maxMemory),
      'maxmemory-policy': 'noeviction',
      save: '3600 1 300 100 60 10000',
    };
    const wanted = names.map(glob);
    const found = Object.entries(settings).filter(([key]) => wanted.some((w) => w.test(key)));
    return { kind: 'map', entries: found.map(([key, value]) => [key, bulk(value)]) };
  },
  SCAN: ([cursor = '0', ...rest], { keys }) => {
    const option = (name: string) => rest[rest.findIndex((word) => word.toUpperCase() === name) + 1];
    const has = (name: string) => rest.some((word) => word.toUpperCase() === name);
    const count = has('COUNT') ? Math.max(1, Number(option('COUNT'))) : scanCount;
    const wanted = has('MATCH') ? glob(option('MATCH') ?? '*') : undefined;
    const from = Number(cursor);
    const ahead = [...keys].filter(([, key]) => key.serial > from);
    const page = ahead.slice(0, count);
    const next = ahead.length > count ? (page.at(-1)?.[1].serial ?? 0) : 0;
    const names = page.map(([key]) => key).filter((key) => !wanted || wanted.test(key));
    return array([bulk(String(next)), array(names.map(bulk))]);
  },
  TYPE: ([name = ''], { keys }) => ({ kind: 'simple', text: keys.has(name) ? 'string' : 'none' }),
  EXISTS: (names, { keys }) => integer(names.filter((name) => keys.has(name)).length),
  GET: ([name = ''], { keys }) => bulk(keys.get(name)?.value ?? null),
  SET: ([name = '', value = ''], { keys }) => {
    put(keys, name, { bytes: 60 + value.length, lastUsed: Date.now(), value });
    return ok;
  },
  TTL: ([name = ''], { keys }) => {
    const key = keys.get(name);
    if (!key) return integer(-2);
    return integer(key.expiresAt === undefined ? -1 : Math.ceil((key.expiresAt - Date.now()) / 1000));
  },
  EXPIRE: ([name = '', seconds = '0'], { keys }) => {
    const key = keys.get(name);
    if (!key) return integer(0);
    key.expiresAt = Date.now() + Number(seconds) * 1000;
    return integer(1);
  },
  OBJECT: ([sub = '', name = ''], { keys }) => {
    const key = keys.get(name);
    if (!key) return bulk(null);
    return sub.toUpperCase() === 'IDLETIME' ? integer(Math.floor((Date.now() - key.lastUsed) / 1000)) : bulk('raw');
  },
  MEMORY: ([sub = '', name = ''], { keys }) => {
    if (sub.toUpperCase() !== 'USAGE') return error('ERR the drill answers MEMORY USAGE only');
    const key = keys.get(name);
    return key ? integer(key.bytes) : bulk(null);
  },
  DEL: remove,
  UNLINK: remove,
  LASTSAVE: () => integer(Math.floor(Date.now() / 1000) - 1800),
};

const reads = ['DBSIZE', 'SCAN', 'TYPE', 'EXISTS', 'GET', 'TTL', 'OBJECT', 'MEMORY'];
const writes = ['SET', 'EXPIRE', 'DEL', 'UNLINK'];

/** As COMMAND describes one: name, arity, flags, keys. */
function described(name: string): Reply {
  const flag = reads.includes(name) ? ['readonly'] : writes.includes(name) ? ['write', 'denyoom'] : ['loading'];
  const flags: readonly Reply[] = flag.map((text) => ({ kind: 'simple', text }));
  return array([bulk(name.toLowerCase()), integer(-1), array(flags), integer(0), integer(0), integer(0)]);
}

function remove(names: readonly string[], { keys }: ServerState): Reply {
  return integer(names.filter((name) => keys.delete(name)).length);
}

function info(sections: readonly string[], state: ServerState): string {
  const wanted = sections.map((s) => s.toLowerCase());
  const all = wanted.length === 0 || wanted.some((s) => ['all', 'default', 'everything'].includes(s));
  const used = memoryOf(state.keys);
  const expiring = [...state.keys.values()].filter((key) => key.expiresAt !== undefined).length;
  const human = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(2)}M`;
  const parts: Record<string, Record<string, string | number>> = {
    Server: {
      redis_version: redisVersion,
      redis_mode: 'standalone',
      run_id: state.runId,
      uptime_in_seconds: Math.floor((Date.now() - state.startedAt) / 1000),
    },
    Clients: { connected_clients: state.clients() + 17, blocked_clients: 0, maxclients: 10_000 },
    Memory: {
      used_memory: used,
      used_memory_human: human(used),
      used_memory_peak: Math.round(used * 1.1),
      maxmemory: maxMemory,
      maxmemory_human: human(maxMemory),
      maxmemory_policy: 'noeviction',
      mem_fragmentation_ratio: 1.07,
    },
    Persistence: {
      loading: 0,
      rdb_changes_since_last_save: 1204,
      rdb_last_save_time: Math.floor(Date.now() / 60_000) * 60 - 240,
      rdb_last_bgsave_status: 'ok',
      aof_enabled: 0,
      aof_last_write_status: 'ok',
    },
    Stats: { evicted_keys: state.evicted(), expired_keys: 4120, instantaneous_ops_per_sec: 212 },
    Replication: { role: 'master', connected_slaves: 0 },
    Keyspace: { db0: `keys=${state.keys.size},expires=${expiring},avg_ttl=0` },
  };
  return Object.entries(parts)
    .filter(([section]) => all || wanted.includes(section.toLowerCase()))
    .map(
      ([section, fields]) =>
        `# ${section}\r\n${Object.entries(fields)
          .map(([k, v]) => `${k}:${v}\r\n`)
          .join('')}`,
    )
    .join('\r\n');
}
