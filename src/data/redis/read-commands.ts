// Which commands only read: what the server says of them (COMMAND, the flag `readonly`), and what it cannot say.

/** Read nothing of the data, or only the server's state: allowed as they are. A second word narrows a container down. */
const harmless: ReadonlySet<string> = new Set([
  ...['PING', 'ECHO', 'INFO', 'TIME', 'ROLE', 'LASTSAVE', 'SELECT', 'QUIT', 'COMMAND', 'DBSIZE'],
  ...['CLIENT LIST', 'CLIENT INFO', 'CLIENT ID', 'CLIENT GETNAME', 'CLIENT SETINFO', 'CLIENT SETNAME'],
  ...['CONFIG GET', 'SLOWLOG GET', 'SLOWLOG LEN', 'LATENCY LATEST', 'LATENCY HISTORY', 'LATENCY DOCTOR'],
  ...['MEMORY USAGE', 'MEMORY STATS', 'MEMORY DOCTOR', 'OBJECT IDLETIME', 'OBJECT FREQ', 'OBJECT ENCODING'],
  ...['OBJECT REFCOUNT', 'XINFO STREAM', 'XINFO GROUPS', 'XINFO CONSUMERS', 'ACL WHOAMI', 'ACL CAT'],
  ...['CLUSTER INFO', 'CLUSTER NODES', 'CLUSTER SLOTS', 'CLUSTER SHARDS'],
]);

/** Commands whose second word says what is done. */
const containers: ReadonlySet<string> = new Set(
  [...harmless].flatMap((name) => (name.includes(' ') ? [name.split(' ', 1)[0] ?? ''] : [])),
);

const script = 'a script blocks the server for as long as it runs: this session is read-only';

/** They read, and stop the server for as long as they do. */
const heavy: Readonly<Record<string, string>> = {
  KEYS: 'KEYS blocks the server: use SCAN',
  SORT: 'SORT may write: use SORT_RO',
  EVAL_RO: script,
  EVALSHA_RO: script,
  FCALL_RO: script,
};

/** The commands that the server flags as reading, in capitals; of an answer that is no list, none. */
export function readingCommands(answer: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  if (!Array.isArray(answer)) return found;
  for (const one of answer) {
    if (!Array.isArray(one)) continue;
    const [name, , flags]: readonly unknown[] = one;
    if (typeof name !== 'string' || !Array.isArray(flags)) continue;
    const all = flags.map(String);
    if (all.includes('readonly') && !all.includes('write')) found.add(name.toUpperCase());
  }
  return found;
}

/** Why a command does not pass; undefined: it only reads. `reading`: what the server flags so. */
export function refusalOf(words: readonly string[], reading: ReadonlySet<string>): string | undefined {
  const [name = '', sub = ''] = words.map((word) => word.toUpperCase());
  const why = heavy[name];
  if (why !== undefined) return why;
  const passes = containers.has(name) ? harmless.has(`${name} ${sub}`) : harmless.has(name) || reading.has(name);
  return passes ? undefined : 'this session is read-only: arm it to change data';
}
