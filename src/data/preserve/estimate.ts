// How much there is to save, asked of the platform in a few seconds: pods, containers, and a sample of their logs.
import type { Settings } from '../../config/settings.ts';
import type { Preservable } from '../../core/preserve/archive.ts';
import { type Instant, type Ms, second } from '../../core/time.ts';
import { type Cluster, openCluster } from '../kubernetes/client.ts';
import { stampOf } from '../kubernetes/logs/log-cursor.ts';
import { networkFault } from '../network.ts';
import type { Result } from '../source.ts';
import { journalBytes } from './journal-files.ts';
import { podsOf, Refused } from './objects.ts';
import { type ContainerOf, logsOf } from './pods.ts';

/** Containers whose log is sampled, spread over all, and how many at once. */
const mostSampled = 40;
const atOnce = 8;
/** What is read at most of the beginning of a log, and at each point of a longer one. */
const beginBytes = 256 * 1024;
const pointBytes = 64 * 1024;
const points = 4;
const within: Ms = 5 * second;
/** For all of it: a plan is waited for. */
const allWithin: Ms = 30 * second;

export async function preservable(
  settings: Settings,
  since: Instant | undefined,
  signal: AbortSignal,
): Promise<Result<Preservable>> {
  const opened = await openCluster(settings.kubernetes);
  if (!opened.ok) return opened;
  const cluster = opened.value;
  const { namespace } = settings.kubernetes;
  const over = AbortSignal.any([signal, AbortSignal.timeout(allWithin)]);
  try {
    const all: ContainerOf[] = [];
    let pods = 0;
    for await (const pod of podsOf(cluster, namespace, over)) {
      pods += 1;
      all.push(...logsOf(pod));
    }
    const current = all.filter(({ previous }) => !previous);
    const step = Math.max(1, current.length / mostSampled);
    const chosen = current.filter((_, at) => Math.floor(at / step) > Math.floor((at - 1) / step));
    const sizes: number[] = [];
    const queue = [...chosen];
    const worker = async () => {
      for (let one = queue.shift(); one; one = queue.shift()) {
        const bytes = await sizeOf(cluster, namespace, one, since, over);
        if (bytes !== undefined) sizes.push(bytes);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    const each = sizes.length === 0 ? 0 : sizes.reduce((sum, bytes) => sum + bytes, 0) / sizes.length;
    const { directory } = settings.journal;
    return {
      ok: true,
      value: {
        pods,
        containers: current.length,
        previous: all.length - current.length,
        logBytes: Math.round(each * current.length),
        sampled: sizes.length,
        journalBytes: directory ? await journalBytes(directory) : 0,
      },
    };
  } catch (error) {
    if (over.aborted && !signal.aborted) {
      const what = `not all pods were listed within ${allWithin / second} s`;
      return { ok: false, fault: { kind: 'timeout', where: cluster.where, what, hint: 'check the API server' } };
    }
    if (error instanceof Refused)
      return {
        ok: false,
        fault: {
          kind: 'forbidden',
          where: cluster.where,
          what: error.message,
          hint: 'request permission to list pods',
        },
      };
    return { ok: false, fault: networkFault(error, cluster.where) };
  } finally {
    await cluster.close();
  }
}

/** Of one log: its beginning, which is all of a short one, and the pace of the rest at a few points of its time. */
async function sizeOf(
  cluster: Cluster,
  namespace: string,
  { pod, container }: ContainerOf,
  since: Instant | undefined,
  signal: AbortSignal,
): Promise<number | undefined> {
  const read = (from: Instant | undefined, limits: Readonly<Record<string, number>>) => {
    const sinceTime = from === undefined ? undefined : `${new Date(from).toISOString().slice(0, 19)}Z`;
    return head(cluster, namespace, pod, { container, timestamps: true, sinceTime, ...limits }, signal);
  };
  const oldest = await read(since, { limitBytes: beginBytes });
  if (oldest === undefined || oldest.length < beginBytes) return oldest?.length;
  const newest = await read(undefined, { tailLines: 1, limitBytes: pointBytes });
  const begin = paceOf(oldest)?.last;
  const end = newest && paceOf(newest)?.last;
  if (begin === undefined || end === undefined || end <= begin) return oldest.length;
  let rest = 0;
  for (let at = 0; at < points; at += 1) {
    const span = (end - begin) / points;
    const sample = await read(begin + at * span, { limitBytes: pointBytes });
    const pace = sample && paceOf(sample);
    // A sample that reaches farther holds all that its span does.
    if (sample && pace) rest += sample.length * Math.max(1, span / Math.max(1, pace.last - pace.first));
  }
  return oldest.length + rest;
}

/** The time of its first and last line. */
function paceOf(sample: Buffer): { first: Instant; last: Instant } | undefined {
  const stamps = sample
    .toString('utf8')
    .split('\n')
    .flatMap((line) => stampOf(line)?.at ?? []);
  const [first, last] = [stamps[0], stamps.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  return { first, last };
}

/** The beginning of an answer. */
async function head(
  cluster: Cluster,
  namespace: string,
  pod: string,
  query: Readonly<Record<string, string | number | boolean | undefined>>,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log`;
  const answer = await cluster.stream({ path, query, signal, timeout: within, to: `get pods/log in ${namespace}` });
  if (!answer.ok) return undefined;
  const chunks: Buffer[] = [];
  const late = setTimeout(() => answer.value.destroy(), within);
  try {
    for await (const chunk of answer.value as AsyncIterable<Buffer>) chunks.push(chunk);
  } catch {
    // What came in time is enough for an estimate.
  } finally {
    clearTimeout(late);
    answer.value.destroy();
  }
  return Buffer.concat(chunks);
}
