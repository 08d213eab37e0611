// The log of one container, followed through restarts, cuts and lost servers without losing or doubling a line.
// (client-node's Log class raises uncaught exceptions on abort: a plain stream here.)
import type { Fault } from '../../core/reading.ts';
import { type Instant, type Ms, second } from '../../core/time.ts';
import { LineCutter } from '../lines.ts';
import { networkFault } from '../network.ts';
import { backoff, pause } from '../source.ts';
import type { Connection } from './connection.ts';

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
  for (let failures = 0; !signal.aborted; ) {
    const opened = await connection.open();
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
          timeout: openTime,
          to: `get pods/log in ${namespace}`,
        })
      : opened;
    if (signal.aborted) {
      if (stream.ok) stream.value.destroy();
      return undefined;
    }
    let fault: Fault | undefined;
    if (stream.ok) {
      const body = stream.value;
      listener.opened?.(before);
      before = true;
      seen.resume();
      const cutter = new LineCutter(longestLine);
      const take = (line: string, cut: boolean) => {
        const stamp = stampOf(line);
        if (!stamp) listener.line(line, undefined, cut);
        else if (seen.isNew(stamp.at, stamp.text)) listener.line(line.slice(stamp.text.length + 1), stamp.at, cut);
      };
      try {
        for await (const chunk of body as AsyncIterable<Buffer>) {
          failures = 0;
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
    } else fault = stream.fault;
    listener.closed?.(fault);
    if (!log.follow) return fault;
    failures += 1;
    // A container that ended may start again any moment; a server in trouble is given time.
    await pause(Math.min(fault ? 10 * second : 2 * second, backoff(failures, second)), signal);
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
  #text = '';
  #resuming = false;

  resume(): void {
    this.#resuming = this.last !== undefined;
  }

  isNew(at: Instant, text: string): boolean {
    if (this.#resuming && this.last !== undefined) {
      if (at < this.last || (at === this.last && text <= this.#text)) return false;
      // From the first new line on all are new, even if the node's clock is set back.
      this.#resuming = false;
    }
    this.last = at;
    this.#text = text;
    return true;
  }
}

const stampPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)(?= |$)/;

/** The kubelet's timestamp in front of a line. */
function stampOf(line: string): { at: Instant; text: string } | undefined {
  // A line is its timestamp or JSON: one character tells most of them apart.
  const first = line.charCodeAt(0);
  if (first < 48 || first > 57) return undefined;
  const text = stampPattern.exec(line)?.[0];
  if (text === undefined) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : { at, text };
}
