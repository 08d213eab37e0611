// One watch, to its end: how long it is asked for, and when it is taken for dead.
import { type Ms, minute, second } from '../../core/time.ts';
import type { Fault } from '../../core/world/reading.ts';
import { networkFault } from '../network.ts';
import type { Answered } from './api-error.ts';
import type { Cluster, Query } from './client.ts';
import { LineSplitter } from './logs/line-splitter.ts';

/** How long watches last; each is asked for up to a quarter less or more, so that not all end at once. */
export type WatchTimes = {
  /** Where the server is not known to send bookmarks: a dead connection is noticed when the watch does not end in time. */
  short: Ms;
  /** Where it sends them. */
  long: Ms;
  /** Where it sends them: a watch that sends no line for so long is dead. */
  silence: Ms;
};

/**
 * API servers send a bookmark about once a minute, and 2 s before a watch ends (k8s.io/apiserver, storage/cacher:
 * defaultBookmarkFrequency, nextBookmarkTime). Older ones and some others send none. With and without bookmarks a dead
 * watch is noticed within 85 s: 75 s and the server's delay.
 */
export const usualTimes: WatchTimes = { short: minute, long: 20 * minute, silence: 85 * second };

/** How much later than asked a server may end a watch. */
const delay: Ms = 10 * second;
/** etcd accepts objects up to 1.5 MB; JSON and metadata add to that. */
const longestEvent = 8 * 1024 * 1024;

export type WatchRequest = {
  path: string;
  /** With the version to begin at. */
  query: Query;
  /** In words: `pods in bentham-prod`. */
  noun: string;
  times: WatchTimes;
  /** Whether the server sends bookmarks, as the watch before has shown. */
  bookmarks: boolean;
  /** Hears each line; a fault ends the watch. */
  line(text: string): Fault | undefined;
};

/** Watches until the server ends it, the connection breaks, a line is wrong, or it is dead. */
export async function readWatch(
  cluster: Cluster,
  { path, query, noun, times, bookmarks, line }: WatchRequest,
  signal: AbortSignal,
): Promise<Answered<undefined>> {
  const asked = Math.round(((bookmarks ? times.long : times.short) / second) * (0.75 + Math.random() * 0.5));
  const whole = asked * second + delay;
  const silence = bookmarks ? Math.min(times.silence, whole) : whole;
  const opened = await cluster.stream({
    path,
    query: { ...query, watch: true, allowWatchBookmarks: true, timeoutSeconds: asked },
    signal,
    // A watch may say nothing, not even headers, before its first event.
    timeout: silence,
    to: `watch ${noun}`,
  });
  if (!opened.ok) return opened;
  const body = opened.value;
  const cutter = new LineSplitter(longestEvent);
  const end = () => void body.destroy(new Overdue());
  const overdue = setTimeout(end, whole);
  const silent = setTimeout(end, silence);
  let fault: Fault | undefined;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      cutter.push(chunk, (text, cut) => {
        fault ??= cut ? tooLong(cluster, noun) : line(text);
      });
      if (fault) return { ok: false, fault };
      if (bookmarks) silent.refresh();
    }
    return { ok: true, value: undefined };
  } catch (error) {
    if (error instanceof Overdue) return { ok: false, fault: wentSilent(cluster) };
    return { ok: false, fault: networkFault(error, cluster.where) };
  } finally {
    clearTimeout(overdue);
    clearTimeout(silent);
    body.destroy();
  }
}

class Overdue extends Error {}

function tooLong({ where }: Cluster, noun: string): Fault {
  const what = `${noun}: event too long`;
  return { kind: 'malformed', where, what, hint: 'not a Kubernetes API? check the context' };
}

function wentSilent({ where }: Cluster): Fault {
  const hint = 'the connection was dropped; relists automatically';
  return { kind: 'timeout', where, what: 'watch went silent', hint };
}
