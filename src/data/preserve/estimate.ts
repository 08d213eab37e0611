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
/** The newest lines of a log, and what is read at most of its beginning and of these. */
const sampleLines = 500;
const sampleBytes = 256 * 1024;
const within: Ms = 5 * second;

export async function preservable(
  settings: Settings,
  since: Instant | undefined,
  signal: AbortSignal,
): Promise<Result<Preservable>> {
  const opened = await openCluster(settings.kubernetes);
  if (!opened.ok) return opened;
  const cluster = opened.value;
  const { namespace } = settings.kubernetes;
  try {
    const all: ContainerOf[] = [];
    let pods = 0;
    for await (const pod of podsOf(cluster, namespace, signal)) {
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
        const bytes = await sizeOf(cluster, namespace, one, since, signal);
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

/** Of one log: its beginning, which is all of a short one; of a longer one the pace there and at its end. */
async function sizeOf(
  cluster: Cluster,
  namespace: string,
  { pod, container }: ContainerOf,
  since: Instant | undefined,
  signal: AbortSignal,
): Promise<number | undefined> {
  const sinceTime = since === undefined ? undefined : `${new Date(since).toISOString().slice(0, 19)}Z`;
  const read = (query: Readonly<Record<string, number>>) =>
    head(
      cluster,
      namespace,
      pod,
      { container, timestamps: true, sinceTime, limitBytes: sampleBytes, ...query },
      signal,
    );
  const oldest = await read({});
  if (oldest === undefined || oldest.length < sampleBytes) return oldest?.length;
  const newest = await read({ tailLines: sampleLines });
  const [begin, end] = [paceOf(oldest), newest && paceOf(newest)];
  if (!begin || !end) return oldest.length;
  // The mean of the times, not of the rates: a burst at the end says little of all before it.
  const each = (begin.each + end.each) / 2;
  return each > 0 ? Math.max(oldest.length, (end.last - begin.first) / each) : oldest.length;
}

/** The time of its first and last line, and the milliseconds of one byte. */
function paceOf(sample: Buffer): { first: Instant; last: Instant; each: number } | undefined {
  const stamps = sample
    .toString('utf8')
    .split('\n')
    .flatMap((line) => stampOf(line)?.at ?? []);
  const [first, last] = [stamps[0], stamps.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  return { first, last, each: (last - first) / sample.length };
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
