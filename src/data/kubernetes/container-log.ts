// The log of one container, followed through restarts, cuts and lost servers without losing or doubling a line.
// (client-node's Log class raises uncaught exceptions on abort: a plain stream here.)

import { type Instant, type Ms, minute, second } from '../../core/time.ts';
import type { Fault } from '../../core/world/reading.ts';
import { LineCutter } from '../lines.ts';
import { networkFault } from '../network.ts';
import { backoff, pause } from '../source.ts';
import type { Connection } from './connection.ts';
import { logFault } from './log-fault.ts';

export type ContainerLog = {
  pod: string;
  container: string;
  /** The container's instance before the last restart. */
  previous?: boolean;
  /** From when on; absent: from the beginning. */
  since?: Instant;
  /** At most so many lines of the past. */
  tail?: number;
  /** Not more than so many bytes. */
  bytes?: number;
  follow: boolean;
};

export type LogListener = {
  /** One line without its end. `at`: the kubelet's time of it. `cut`: it was longer than `longestLine`. */
  line(text: string, at: Instant | undefined, cut: boolean): void;
  /** The stream is open. `again`: it goes on where it was. */
  opened?(again: boolean): void;
  /** The stream was lost and will be taken up again; absent fault: the container ended. */
  closed?(fault?: Fault): void;
};

/** A longer line is cut and marked so. */
export const longestLine = 256 * 1024;
const openTime: Ms = 10 * second;
/** A kubelet sends no headers before the first line: a followed log that is silent so long is open and has no lines. */
const silentAfter: Ms = 2 * second;
/** A log that never said anything is asked for anew so often; its connection may be gone. */
const silentTime: Ms = 5 * minute;

/** Follows until the signal aborts; without `follow` until the log's end or a fault that asking again cannot mend. */
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
  let unstamped: string | undefined;
  for (let failures = 0; !signal.aborted; ) {
    const opened = await connection.open();
    let told = false;
    const tellOpened = () => {
      if (told) return;
      told = true;
      listener.opened?.(before);
      before = true;
    };
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
      const cutter = new LineCutter(longestLine);
      // A kubelet that has no log says so in a line without a time, each time it is asked.
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
      // Silent for a long time, and nothing else: asked for anew without a word.
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

/** Where to begin: after what was seen, else as asked. The API takes whole seconds. */
function start(log: ContainerLog, seen: Seen, offset: Ms): Record<string, string | number | undefined> {
  const from = seen.last ?? (log.since === undefined ? undefined : log.since + offset);
  const sinceTime = from === undefined ? undefined : `${new Date(from).toISOString().slice(0, 19)}Z`;
  return { sinceTime, tailLines: seen.last === undefined ? log.tail : undefined, limitBytes: log.bytes };
}

/** Tells lines that were read before from new ones, after a stream was taken up again. */
class Seen {
  last: Instant | undefined;
  #fraction = '';
  /** Lines with the very last timestamp: so many of them were read. */
  #same = 0;
  #resuming = false;
  #skip = 0;

  resume(): void {
    this.#resuming = this.last !== undefined;
    this.#skip = this.#same;
  }

  isNew({ at, text }: Stamp): boolean {
    const fraction = fractionOf(text);
    const sameAsLast = at === this.last && fraction === this.#fraction;
    if (this.#resuming && this.last !== undefined) {
      if (at < this.last || (at === this.last && fraction < this.#fraction)) return false;
      if (sameAsLast && this.#skip > 0) {
        this.#skip -= 1;
        return false;
      }
      // From the first new line on all are new, even if the node's clock is set back.
      this.#resuming = false;
    }
    this.#same = sameAsLast ? this.#same + 1 : 1;
    this.last = at;
    this.#fraction = fraction;
    return true;
  }
}

/** Nanoseconds of the second, in nine digits: Go leaves zeros at the end out. */
function fractionOf(text: string): string {
  return (/\.(\d+)/.exec(text)?.[1] ?? '').padEnd(9, '0');
}

type Stamp = { at: Instant; text: string };

const stampPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)(?= |$)/;

/** The kubelet's timestamp in front of a line. */
function stampOf(line: string): Stamp | undefined {
  // A line is its timestamp or JSON: one character tells most of them apart.
  const first = line.charCodeAt(0);
  if (first < 48 || first > 57) return undefined;
  const text = stampPattern.exec(line)?.[0];
  if (text === undefined) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : { at, text };
}
