// The drill's own relay, where redis-server is not installed: what a shared incident needs of Redis, in memory.
import { createServer, type Socket } from 'node:net';
import { wrongCount } from './errors.ts';
import { array, bulk, commandReader, encode, error, integer, noArray, ok, type Reply } from './protocol.ts';
import { Records } from './records.ts';
import { relayCommands, relayVersion } from './relay-commands.ts';
import { newsOf, readReading } from './stream-commands.ts';

export type RelayServer = {
  port: number;
  /** Runs a command as a client would that is logged in. */
  run(words: readonly string[]): Reply;
  stop(): Promise<void>;
};

type Session = {
  id: number;
  socket: Socket;
  authenticated: boolean;
  protocol: 2 | 3;
  name: string;
  /** The versions of the keys that a transaction depends on. */
  watched: Map<string, number>;
  /** Commands between MULTI and EXEC; `broken`: one of them cannot be run. */
  queued?: { commands: (readonly string[])[]; broken: boolean };
};

/** Starts it on loopback, on a free port if none is given. Without a password everybody is let in, as Redis does. */
export async function startRelayServer({
  password,
  port: wanted = 0,
}: {
  password?: string;
  port?: number;
} = {}): Promise<RelayServer> {
  const records = new Records();
  const sessions = new Set<Session>();
  let count = 0;
  const server = createServer((socket) => {
    count += 1;
    const session: Session = {
      id: count,
      socket,
      authenticated: password === undefined,
      protocol: 2,
      name: '',
      watched: new Map(),
    };
    sessions.add(session);
    const read = commandReader();
    let turn: Promise<void> = Promise.resolve();
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sessions.delete(session));
    socket.on('data', (bytes) => {
      const { commands, broken } = read(bytes);
      for (const words of commands)
        turn = turn.then(async () => {
          if (socket.destroyed) return;
          const reply = await answer(words, session, { records, password });
          socket.write(encode(reply, session.protocol));
          if (words[0]?.toUpperCase() === 'QUIT') socket.end();
        });
      if (broken)
        turn = turn.then(() => void socket.end(encode(error(`ERR Protocol error: ${broken}`), session.protocol)));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(wanted, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    run: (words) => perform(words, records),
    stop() {
      for (const { socket } of sessions) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

type Server = { records: Records; password: string | undefined };

async function answer(words: readonly string[], session: Session, server: Server): Promise<Reply> {
  const [name = '', ...args] = words;
  const command = name.toUpperCase();
  const connection = connectionCommands[command];
  if (command === 'AUTH' || command === 'HELLO' || command === 'QUIT')
    return connection ? connection(args, session, server) : ok;
  if (!session.authenticated) return error('NOAUTH Authentication required.');
  const { queued } = session;
  if (queued && !['EXEC', 'DISCARD', 'MULTI', 'WATCH'].includes(command)) {
    const why = refusal(words);
    if (why) queued.broken = true;
    else queued.commands.push(words);
    return why ?? { kind: 'simple', text: 'QUEUED' };
  }
  if (connection) return connection(args, session, server);
  if (command === 'XREAD' && !refusal(words)) return wait(args, session, server.records);
  return perform(words, server.records);
}

/** Why a command is not run at all. */
function refusal([name = '', ...args]: readonly string[]): Reply | undefined {
  const command = relayCommands[name.toUpperCase()];
  if (!command) return error(`ERR unknown command '${name.slice(0, 60)}', with args beginning with: `);
  return args.length < command.least ? wrongCount(name) : undefined;
}

function perform(words: readonly string[], records: Records): Reply {
  const [name = '', ...args] = words;
  return refusal(words) ?? relayCommands[name.toUpperCase()]?.run(args, records) ?? ok;
}

/** XREAD; with BLOCK it waits for news as long as the client stays. */
async function wait(args: readonly string[], { socket }: Session, records: Records): Promise<Reply> {
  const reading = readReading(args, records);
  if ('kind' in reading) return reading;
  const now = newsOf(reading, records);
  if (now.kind !== 'no array' || reading.wait === undefined) return now;
  return new Promise((resolve) => {
    const finish = (reply: Reply) => {
      stop();
      clearTimeout(timer);
      socket.off('close', gone);
      resolve(reply);
    };
    const gone = () => finish(noArray);
    const stop = records.watch(() => {
      const news = newsOf(reading, records);
      if (news.kind !== 'no array') finish(news);
    });
    const timer = reading.wait === 0 ? undefined : setTimeout(gone, reading.wait);
    socket.once('close', gone);
  });
}

type Connection = (args: readonly string[], session: Session, server: Server) => Reply;

const connectionCommands: Readonly<Record<string, Connection>> = {
  AUTH: (args, session, { password }) => {
    session.authenticated = password === undefined || args.at(-1) === password;
    return session.authenticated ? ok : error('WRONGPASS invalid username-password pair or user is disabled.');
  },
  HELLO: hello,
  QUIT: () => ok,
  PING: ([text]) => (text === undefined ? { kind: 'simple', text: 'PONG' } : bulk(text)),
  ECHO: ([text = '']) => bulk(text),
  SELECT: () => ok,
  CLIENT: ([sub = '', ...rest], session) => {
    const word = sub.toUpperCase();
    if (word === 'SETNAME') session.name = rest[0] ?? '';
    if (word === 'ID') return integer(session.id);
    if (word === 'GETNAME') return bulk(session.name);
    return ok;
  },
  WATCH: (keys, session, { records }) => {
    if (session.queued) return error('ERR WATCH inside MULTI is not allowed');
    for (const key of keys) if (!session.watched.has(key)) session.watched.set(key, records.versionOf(key));
    return ok;
  },
  UNWATCH: (_, session) => {
    session.watched.clear();
    return ok;
  },
  MULTI: (_, session) => {
    if (session.queued) return error('ERR MULTI calls can not be nested');
    session.queued = { commands: [], broken: false };
    return ok;
  },
  DISCARD: (_, session) => {
    if (!session.queued) return error('ERR DISCARD without MULTI');
    session.queued = undefined;
    session.watched.clear();
    return ok;
  },
  EXEC: (_, session, { records }) => {
    const { queued, watched } = session;
    if (!queued) return error('ERR EXEC without MULTI');
    const isChanged = [...watched].some(([key, version]) => records.versionOf(key) !== version);
    session.queued = undefined;
    watched.clear();
    if (queued.broken) return error('EXECABORT Transaction discarded because of previous errors.');
    return isChanged ? noArray : array(queued.commands.map((words) => perform(words, records)));
  },
};

function hello(args: readonly string[], session: Session, server: Server): Reply {
  const [version = String(session.protocol), ...options] = args;
  if (version !== '2' && version !== '3') return error('NOPROTO unsupported protocol version');
  const at = options.findIndex((word) => word.toUpperCase() === 'AUTH');
  if (at >= 0) {
    const login = connectionCommands.AUTH?.(options.slice(at + 1, at + 3), session, server) ?? ok;
    if (login.kind === 'error') return login;
  }
  if (!session.authenticated) return error('NOAUTH HELLO must be called with the client already authenticated');
  session.protocol = version === '3' ? 3 : 2;
  return {
    kind: 'map',
    entries: [
      ['server', bulk('redis')],
      ['version', bulk(relayVersion)],
      ['proto', integer(session.protocol)],
      ['id', integer(session.id)],
      ['mode', bulk('standalone')],
      ['role', bulk('master')],
      ['modules', array([])],
    ],
  };
}
