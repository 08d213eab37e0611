// The log of one container, followed through restarts, cuts and lost servers without losing or doubling a line.
// (client-node's Log class raises uncaught exceptions on abort: a plain stream here.)

import { type Instant, type Ms, minute, second } from '../../../core/time.ts';
import type { Fault } from '../../../core/world/reading.ts';
import { networkFault } from '../../network.ts';
import { backoff, pause } from '../../source.ts';
import type { Cluster } from '../client.ts';
import type { Connection } from '../connection.ts';
import { LineSplitter } from './line-splitter.ts';
import { Seen, stampOf } from './log-cursor.ts';
import { logFault, previousIsGone } from './log-fault.ts';

export type ContainerLog = {
  pod: string;
  container: string;
  /** The container's instance before the last restart. */
  previous?: boolean;
  /** From when on; absent: from the beginning. */
  since?: Instant;
  /** Maximum number of past lines. */
  tail?: number;
  /** Maximum number of bytes. */
  bytes?: number;
  follow: boolean;
};

export type LogListener = {
  /** One line without its end. `at`: the kubelet's time of it. `cut`: it was longer than `longestLine`. */
  line(text: string, at: Instant | undefined, cut: boolean): void;
  /**
   * With it, what the container said at its end is read too when a lost stream is taken up again after a restart. Its
   * lines come one by one, before those of the new container.
   */
  lastWords?(text: string, at: Instant | undefined, cut: boolean): void;
  /** Resolves when more may be read; until then the server keeps it. */
  ready?(): Promise<unknown> | undefined;
  /** A stream is taken up again; `gone`: why the container before the last restart has no log. */
  resuming?(gone?: string): void;
  /** The stream is open. `again`: it resumed. */
  opened?(again: boolean): void;
  /** The stream was lost and will be taken up again; absent fault: the container ended. */
  closed?(fault?: Fault): void;
};

/** A longer line is cut and marked so. */
export const longestLine = 256 * 1024;
/** After this number of failures in a row, the previous container's log is given up. */
const mostFailures = 5;
const openTime: Ms = 10 * second;
/** A kubelet sends no headers before the first line: a followed log that is silent for this long is open and empty. */
const silentAfter: Ms = 2 * second;
/** Interval to reopen a log without lines; its connection may be dead. */
const silentTime: Ms = 5 * minute;

/** Follows until the signal aborts; without `follow` until the log's end or a permanent fault. */
export async function readContainerLog(
  connection: Connection,
  log: ContainerLog,
  listener: LogListener,
  signal: AbortSignal,
): Promise<Fault | undefined> {
  const { namespace } = connection.settings.kubernetes;
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(log.pod)}/log`;
  const seen = new Seen();
  let before = false;
  let firstOpened: Instant | undefined;
  let unstamped: string | undefined;
  for (let failures = 0; !signal.aborted; ) {
    const opened = await connection.open();
    let told = false;
    const tellOpened = () => {
      if (told) return;
      told = true;
      listener.opened?.(before);
      before = true;
      if (opened.ok) firstOpened ??= Date.now() + opened.value.clockOffset;
    };
    const from = seen.last ?? firstOpened;
    if (listener.lastWords && log.follow && opened.ok && from !== undefined) {
      const lost = await readLastWords(opened.value, log, { from, seen, path, namespace }, listener, signal);
      if (signal.aborted) return undefined;
      // Otherwise the rest of it would be lost; only a log that is not available at all is skipped.
      if (lost && failures < mostFailures) {
        listener.closed?.(lost);
        failures += 1;
        await pause(backoff(failures, second), signal);
        continue;
      }
    }
    const silent = setTimeout(() => {
      if (log.follow && connection.last?.ok !== false) tellOpened();
    }, silentAfter);
    const stream = opened.ok
      ? await opened.value.stream({
          path,
          query: {
            container: log.container,
            follow: log.follow || undefined,
            previous: log.previous || undefined,
            timestamps: true,
            ...start(log, seen, opened.value.clockOffset),
          },
          signal,
          timeout: log.follow ? silentTime : openTime,
          to: `get pods/log in ${namespace}`,
        })
      : opened;
    clearTimeout(silent);
    if (signal.aborted) {
      if (stream.ok) stream.value.destroy();
      return undefined;
    }
    let fault: Fault | undefined;
    if (stream.ok) {
      const body = stream.value;
      tellOpened();
      seen.resume();
      const cutter = new LineSplitter(longestLine);
      // A kubelet without the log says so in a line without a time, at each request.
      const repeated = unstamped;
      const take = (line: string, cut: boolean) => {
        const stamp = stampOf(line);
        if (stamp ? !seen.isNew(stamp) : line === repeated) return;
        failures = 0;
        if (!stamp) unstamped = line;
        listener.line(stamp ? line.slice(stamp.text.length + 1) : line, stamp?.at, cut);
      };
      try {
        for await (const chunk of body as AsyncIterable<Buffer>) {
          cutter.push(chunk, take);
          await listener.ready?.();
        }
        // Only a log that ended of itself has a whole last line; a cut one is read again.
        cutter.flush(take);
      } catch (error) {
        fault = networkFault(error, connection.where);
      } finally {
        body.destroy();
      }
      if (signal.aborted) return undefined;
    } else if (told && stream.fault.kind === 'timeout') {
      // Silent for a long time: reopened without a mark.
      continue;
    } else fault = logFault(stream);
    listener.closed?.(fault);
    if (!log.follow) return fault;
    failures += 1;
    // A container that ended may start again any moment; a server in trouble is given time.
    await pause(Math.min((fault ? 10 : 5) * second, backoff(failures, second)), signal);
  }
  return undefined;
}

/** The time of the oldest line that is kept of a container; undefined where there is none. */
export async function oldestLine(
  connection: Connection,
  pod: string,
  container: string,
  signal: AbortSignal,
): Promise<Instant | undefined> {
  let oldest: Instant | undefined;
  const enough = new AbortController();
  const line = (_: string, at: Instant | undefined) => {
    oldest ??= at;
    enough.abort();
  };
  const log = { pod, container, follow: false, bytes: 512 };
  await readContainerLog(connection, log, { line }, AbortSignal.any([signal, enough.signal]));
  return oldest;
}

/** The start: after the last line, else as requested. The API accepts whole seconds. */
function start(log: ContainerLog, seen: Seen, offset: Ms): Record<string, string | number | undefined> {
  const from = seen.last ?? (log.since === undefined ? undefined : log.since + offset);
  return {
    sinceTime: from === undefined ? undefined : wholeSeconds(from),
    tailLines: seen.last === undefined ? log.tail : undefined,
    limitBytes: log.bytes,
  };
}

const wholeSeconds = (at: Instant): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

/**
 * The end of the container before the last restart, from what was seen of it on: it holds the reason of a crash, and the
 * log of the new container does not. Gives a fault when the way to it was lost, so that it may still be there.
 */
async function readLastWords(
  cluster: Cluster,
  log: ContainerLog,
  { from, seen, path, namespace }: { from: Instant; seen: Seen; path: string; namespace: string },
  listener: LogListener,
  signal: AbortSignal,
): Promise<Fault | undefined> {
  const query = { container: log.container, previous: true, timestamps: true, sinceTime: wholeSeconds(from) };
  const answer = await cluster.stream({ path, query, signal, timeout: openTime, to: `get pods/log in ${namespace}` });
  if (!answer.ok) {
    if (previousIsGone(answer)) listener.resuming?.(answer.said);
    return answer.status === undefined ? answer.fault : undefined;
  }
  listener.resuming?.();
  seen.resume();
  const cutter = new LineSplitter(longestLine);
  const take = (line: string, cut: boolean) => {
    const stamp = stampOf(line);
    // A line without a time cannot be distinguished from one that was read.
    if (stamp && seen.isNew(stamp)) listener.lastWords?.(line.slice(stamp.text.length + 1), stamp.at, cut);
  };
  try {
    for await (const chunk of answer.value as AsyncIterable<Buffer>) {
      cutter.push(chunk, take);
      await listener.ready?.();
    }
    cutter.flush(take);
    return undefined;
  } catch (error) {
    return networkFault(error, cluster.where);
  } finally {
    answer.value.destroy();
  }
}
