// Commands of clients that the server refused before it ran them, counted by itself: rights, memory, a read-only server.
// What the state of the server does not tell, this does: it is what users get.
import type { Redis as Client } from 'ioredis';
import { sanitize } from '../../core/text/text.ts';
import type { RefusedCalls } from '../../core/world/facts.ts';
import { numberOf } from './number.ts';
import { isRefused } from './writes.ts';

type Info = ReadonlyMap<string, string>;

/** What looks after a server, cockpits too, and no application: one that may not is no outage. */
const upkeep = new Set(
  `acl auth bgrewriteaof bgsave client cluster command config dbsize debug failover flushall flushdb function hello info
   keys lastsave latency lolwut memory migrate module monitor object pfcount ping psync quit readonly readwrite replconf
   replicaof reset role save scan script select shutdown slaveof slowlog swapdb sync time type wait`.split(/\s+/),
);

/** Why a server refuses a command that it knows, by its own code; `MOVED` and `ASK` send a client elsewhere. */
const codes =
  `NOPERM WRONGPASS NOAUTH OOM MISCONF READONLY NOREPLICAS CLUSTERDOWN LOADING MASTERDOWN BUSY EXECABORT`.split(' ');

/** `info`: the default sections, with errorstats. Undefined before Redis 6.2, and where it may not be asked. */
export async function refusedCallsOf(
  client: Client,
  info: Info,
  parse: (text: string) => Info,
): Promise<RefusedCalls | undefined> {
  try {
    return refusedCallsFrom(parse(await client.info('commandstats')), info);
  } catch (error) {
    if (!isRefused(error)) throw error;
    return undefined;
  }
}

/** The two sections as a count, and by code. */
export function refusedCallsFrom(commands: Info, errors: Info): RefusedCalls | undefined {
  let refused: number | undefined;
  for (const [name, value] of commands) {
    const command = name.replace(/^cmdstat_/, '');
    const count = numberIn(value, 'rejected_calls');
    if (count === undefined) continue;
    refused = (refused ?? 0) + (command.includes('|') || upkeep.has(command) ? 0 : count);
  }
  if (refused === undefined) return undefined;
  const of = (code: string) => numberIn(errors.get(`errorstat_${code}`) ?? '', 'count') ?? 0;
  const byCode = codes.map((code) => ({ code: sanitize(code, 20), count: of(code) })).filter(({ count }) => count > 0);
  // A password that is refused is no command that is refused.
  return { count: Math.max(0, refused - of('MOVED') - of('ASK')) + of('WRONGPASS'), byCode };
}

/** `calls=4,rejected_calls=1`: the number behind one name. */
function numberIn(value: string, name: string): number | undefined {
  const field = value.split(',').find((one) => one.startsWith(`${name}=`));
  return numberOf(field?.slice(name.length + 1));
}

/** The code that grew most between two looks; undefined where none did. */
export function whyRefused(before: RefusedCalls, now: RefusedCalls): string | undefined {
  const grown = now.byCode.map(({ code, count }) => ({
    code,
    by: count - (before.byCode.find((one) => one.code === code)?.count ?? 0),
  }));
  const [most] = grown.filter(({ by }) => by > 0).toSorted((a, b) => b.by - a.by);
  return most?.code;
}
