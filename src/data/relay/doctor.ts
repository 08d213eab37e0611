// What `doctor` tries of the relay: it connects, takes every command that a shared incident needs, keeps what it is given,
// and has the same time.
import { redisByTls, type Settings } from '../../config/settings.ts';
import { type Checkup, faulty } from '../../core/health/checkup.ts';
import { formatAge, formatBytes, formatCount, formatCounted } from '../../core/text/format.ts';
import { sanitize } from '../../core/text/text.ts';
import { type Ms, second } from '../../core/time.ts';
import type { Redis } from '../../core/world/facts.ts';
import type { DoctorCheck } from '../doctor-check.ts';
import { clockSkew } from '../journal/plausible.ts';
import { redisWhere } from '../redis/faults.ts';
import { readRedis } from '../redis/info.ts';
import { sharedLooks } from '../shared-looks/doctor.ts';
import { connectRelay, type RelayConnection, type RelayOptions, relayFault, relayOptions } from './connect.ts';
import { lengthOf, openIncidents } from './stream.ts';
import { refusedBy, tryCommands } from './try-commands.ts';

const area = 'relay';

/** Incidents whose streams are measured, newest first. */
const measured = 20;
/** A share of its memory limit from which a relay is nearly full: it refuses entries at the limit. */
const nearlyFull = 0.9;

/** None where incidents are not shared. */
export function relayProbes(settings: Settings, timeout: Ms): readonly DoctorCheck[] {
  const options = relayOptions(settings);
  if (!options) return [];
  return [
    {
      area,
      what: 'answers',
      where: redisWhere(options.redis),
      // Without it each cockpit goes on alone.
      essential: false,
      run: (signal) => examined(options, settings, timeout, signal),
    },
  ];
}

async function examined(
  options: RelayOptions,
  settings: Settings,
  timeout: Ms,
  signal: AbortSignal,
): Promise<Checkup[]> {
  let connection: RelayConnection | undefined;
  try {
    connection = await connectRelay(options, timeout, signal);
    const { client } = connection;
    const tries: readonly [what: string, run: () => Promise<readonly Checkup[]>][] = [
      ['commands', async () => [await commands(client, options)]],
      ['memory and persistence', () => server(client, options)],
      ['open incidents', async () => [await streams(client, options)]],
      ['clock', async () => [clock(await clockOf(client))]],
      ['shared looks', async () => [await looks(client, options)]],
    ];
    const found: Checkup[] = [await answers(client, options), ...apart(options, settings)];
    for (const [what, run] of tries) {
      const about = { area, what };
      found.push(...(await run().catch((error: unknown) => [faulty(about, relayFault(error, options), false)])));
    }
    return found;
  } catch (error) {
    return [faulty({ area, what: 'answers' }, relayFault(error, options), false)];
  } finally {
    connection?.cut();
  }
}

type Client = RelayConnection['client'];

async function answers(client: Client, { redis, sentinel, cluster }: RelayOptions): Promise<Checkup> {
  const begun = performance.now();
  await client.ping();
  const took = Math.round(performance.now() - begun);
  const form = cluster ? ', Cluster' : sentinel ? `, master ${sanitize(sentinel, 60)} of a Sentinel` : '';
  const tls = redisByTls(redis) ? ', TLS' : '';
  return { area, what: 'answers', verdict: 'ok', answer: `${redisWhere(redis)}, ${took} ms${form}${tls}` };
}

/** Said only where the relay is the Redis of the platform, which may be the patient. */
function apart({ redis }: RelayOptions, settings: Settings): Checkup[] {
  if (redisWhere(redis) !== redisWhere(settings.redis)) return [];
  const answer = "is the platform's Redis: in its outage each cockpit is alone";
  return [{ area, what: 'separate server', verdict: 'warning', answer, todo: 'set incident.relay to another Redis' }];
}

async function commands(client: Client, options: RelayOptions): Promise<Checkup> {
  const about = { area, what: 'commands' };
  const { readOnly, redis } = options;
  const { refused, failed } = await tryCommands(client, options);
  if (failed) {
    const { what, hint } = relayFault(failed, options);
    return { ...about, verdict: 'warning', answer: what, todo: hint };
  }
  if (refused.length === 0) {
    const answer = readOnly
      ? 'reading allowed (observing: nothing was written)'
      : 'reading, writing and leases allowed';
    return { ...about, verdict: 'ok', answer };
  }
  const lacking = refused.filter(({ why }) => why === 'command').map(({ command }) => command);
  const keys = refused.length > lacking.length ? [`~${options.root}:*`] : [];
  const grants = [...keys, ...lacking.map((name) => `+${name.toLowerCase()}`)];
  return {
    ...about,
    verdict: 'warning',
    answer: `not allowed: ${[...lacking, ...keys.map((pattern) => `keys ${pattern.slice(1)}`)].join(', ')}`,
    todo: `ACL SETUSER ${userOf(redis)} ${grants.join(' ')}`,
  };
}

async function looks(client: Client, options: RelayOptions): Promise<Checkup> {
  const about = { area, what: 'shared looks' };
  try {
    return { ...about, ...(await sharedLooks(client, options, await clockOf(client))) };
  } catch (error) {
    const refused = refusedBy(error, '');
    if (!refused) throw error;
    const { command, why } = refused;
    const grant = why === 'keys' ? `~${options.root}:*` : `+${command.toLowerCase()}`;
    return {
      ...about,
      verdict: 'warning',
      answer: `not shared: ${why === 'keys' ? `keys ${grant.slice(1)}` : command} not allowed; each host asks itself`,
      todo: `ACL SETUSER ${userOf(options.redis)} ${grant}`,
    };
  }
}

const userOf = ({ username }: RelayOptions['redis']): string => sanitize(username ?? 'default', 60);

/** Whether it keeps what it is given: its own words, where the user may read them. */
async function server(client: Client, { redis, cluster }: RelayOptions): Promise<Checkup[]> {
  // A Cluster answers for whichever node is asked.
  const node = 'nodes' in client ? client.nodes('master')[0] : client;
  const about = { area, what: cluster ? 'memory of one node' : 'memory' };
  if (!node) return [];
  const seen = await readRedis(node, redisWhere(redis));
  const cannot = seen.untold?.find(({ what }) => what === 'INFO');
  if (cannot) {
    const todo = `ACL SETUSER ${userOf(redis)} +info`;
    return [{ ...about, what: 'memory and persistence', verdict: 'unknown', answer: cannot.why, todo }];
  }
  return [
    { ...about, ...memory(seen) },
    { area, what: 'persistence', ...persistence(seen) },
  ];
}

type Answer = Omit<Checkup, 'area' | 'what'>;

function memory({ policy = '', maxBytes, usedBytes }: Redis): Answer {
  if (maxBytes === undefined || usedBytes === undefined)
    return { verdict: 'unknown', answer: 'INFO does not tell the memory', todo: 'redis-cli INFO memory' };
  if (maxBytes === 0) return { verdict: 'ok', answer: `${formatBytes(usedBytes)} used, no limit` };
  const answer = `${formatBytes(usedBytes)} of ${formatBytes(maxBytes)}, ${policy || 'policy unknown'}`;
  if (policy !== 'noeviction')
    return {
      verdict: 'warning',
      answer: `${answer}: entries and leases may be evicted`,
      todo: 'CONFIG SET maxmemory-policy noeviction',
    };
  if (usedBytes > maxBytes * nearlyFull)
    return { verdict: 'warning', answer: `${answer}: refuses entries when full`, todo: 'CONFIG SET maxmemory' };
  return { verdict: 'ok', answer };
}

/** Journals keep everything; a relay that starts empty gets it again from the cockpits that run. */
function persistence({ persistence: kept }: Redis): Answer {
  const todo = 'CONFIG SET appendonly yes';
  if (!kept) return { verdict: 'unknown', answer: 'not reported', todo: 'redis-cli INFO persistence' };
  const { appendOnly, appended, saved } = kept;
  if (appendOnly && appended === false)
    return { verdict: 'warning', answer: 'the last append to its file failed', todo: 'free disk space on the relay' };
  if (appendOnly) return { verdict: 'ok', answer: 'append-only file' };
  if (saved === false)
    return { verdict: 'warning', answer: 'the last snapshot failed', todo: `free disk space on the relay; ${todo}` };
  const answer = 'no append-only file: a restart loses leases, and entries until cockpits send them again';
  return { verdict: 'warning', answer, todo };
}

async function streams(client: Client, options: RelayOptions): Promise<Checkup> {
  const about = { area, what: 'open incidents' };
  const { incidents } = await openIncidents(client, options);
  const lengths: number[] = [];
  for (const incident of incidents.slice(0, measured)) lengths.push(await lengthOf(client, options, incident));
  const { entries: most } = options.keeps;
  const longest = Math.max(0, ...lengths);
  if (incidents.length === 0) return { ...about, verdict: 'ok', answer: 'none' };
  const sum = lengths.reduce((all, one) => all + one, 0);
  const answer = `${incidents.length}: ${formatCounted(sum, 'entry', 'entries')}, the longest ${formatCount(longest)} of ${formatCount(most)}`;
  if (longest < most) return { ...about, verdict: 'ok', answer };
  return {
    ...about,
    verdict: 'warning',
    answer: `${answer}: the oldest are dropped, journals keep them`,
    todo: 'raise incident.retentionEntries on one host, the most of any counts',
  };
}

/** By how much it is ahead of this host's. */
async function clockOf(client: Client): Promise<Ms> {
  const begun = Date.now();
  const [seconds, micros] = await client.time();
  return Math.round(Number(seconds) * second + Number(micros) / 1000 - (begun + Date.now()) / 2);
}

function clock(by: Ms): Checkup {
  const about = { area, what: 'clock' };
  const apart = Math.abs(by);
  const answer = `${by < 0 ? 'behind' : 'ahead of'} this host by ${apart < second ? `${apart} ms` : formatAge(apart)}`;
  if (apart <= clockSkew) return { ...about, verdict: 'ok', answer };
  return { ...about, verdict: 'warning', answer, todo: 'compare both clocks: timedatectl, chronyc tracking' };
}
