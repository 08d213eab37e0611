// The logs of a deployment or a label as one stream: all its pods and containers, previous ones too, in order of time,
// following as pods come and go, and honest about what is missing.

import type { LogLine } from '../../../core/logs/log.ts';
import { type LogStreams, mostUnstarted } from '../../../core/logs/log-view.ts';
import { formatAge, formatClock } from '../../../core/text/format.ts';
import { withoutColours } from '../../../core/text/text.ts';
import { type Instant, type Ms, second } from '../../../core/time.ts';
import type { Fault } from '../../../core/world/reading.ts';
import type { Connection } from '../connection.ts';
import { followWorkload, type LogContainer, type LogPod } from '../workload.ts';
import { type ContainerLog, oldestLine, readContainerLog } from './container-log.ts';
import { LogDelivery } from './log-delivery.ts';
import { LogMerge } from './log-merge.ts';
import type { LogsAsk, LogsListener, LogsState } from './logs-request.ts';
import { Repeated } from './repeated.ts';
import { StreamPace } from './stream-pace.ts';

/** Maximum number of streams: each is a connection and some memory. */
const mostStreams = 200;
const releaseEvery: Ms = 50;
/** A log that starts later than requested by more than this is reported. */
const tolerance: Ms = 5 * second;

/** Follows until the signal aborts; without `follow` until every log was read to its end. */
export async function followLogs(
  connection: Connection,
  ask: LogsAsk,
  listener: LogsListener,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  await new LogsFollower(connection, ask, listener, AbortSignal.any([signal, over.signal]), over).run();
}

type Stream = {
  end: AbortController;
  open: boolean;
  done: boolean;
  pod: LogPod;
  container: LogContainer;
  fault?: Fault;
};

class LogsFollower {
  readonly #connection: Connection;
  readonly #ask: LogsAsk;
  readonly #listener: LogsListener;
  readonly #signal: AbortSignal;
  readonly #over: AbortController;
  readonly #order = new LogMerge();
  readonly #delivery: LogDelivery;
  readonly #pace: StreamPace;
  readonly #streams = new Map<string, Stream>();
  readonly #reading = new Set<Promise<unknown>>();
  /** By pod and container: logs are requested by name, and a recreated pod can have the same name. */
  readonly #reread = new Map<string, Repeated>();
  #leftOut = 0;
  #pods: number | undefined;
  #unstarted: LogStreams['unstarted'] = [];
  #fault: Fault | undefined;
  #said = '';
  #started = false;

  constructor(
    connection: Connection,
    ask: LogsAsk,
    listener: LogsListener,
    signal: AbortSignal,
    over: AbortController,
  ) {
    this.#connection = connection;
    this.#ask = ask;
    this.#listener = listener;
    this.#delivery = new LogDelivery(this.#order, listener);
    this.#pace = new StreamPace(this.#order, this.#delivery);
    this.#signal = signal;
    this.#over = over;
  }

  async run(): Promise<void> {
    const clock = setInterval(() => {
      this.#delivery.deliver();
      this.#pace.wake();
    }, releaseEvery);
    const failed = (fault: Fault) => {
      this.#fault = fault;
      this.#say();
      if (!this.#ask.follow && !this.#started) this.#over.abort();
    };
    // The pulse notices a server that is frozen; the streams themselves would only be silent.
    this.#connection.onBeat((beat) => {
      if (!beat.ok) failed(beat.fault);
      else if (this.#fault) {
        this.#fault = undefined;
        this.#say();
      }
    }, this.#signal);
    const pods = (list: readonly LogPod[]) => {
      this.#fault = undefined;
      if (!this.#ask.follow && this.#started) return;
      this.#started = true;
      this.#attend(list);
      this.#say();
      if (!this.#ask.follow) void this.#finish();
    };
    await followWorkload(this.#connection, this.#ask.workload, { pods, failed }, this.#signal);
    await Promise.allSettled(this.#reading);
    clearInterval(clock);
    await this.#delivery.finish();
    await this.#connection.close();
  }

  async #finish(): Promise<void> {
    while (this.#reading.size > 0) await Promise.allSettled(this.#reading);
    this.#over.abort();
  }

  #attend(pods: readonly LogPod[]): void {
    const ask = this.#ask;
    const wanted = new Map<string, { pod: LogPod; container: LogContainer; previous: boolean }>();
    const chosen = pods
      .filter((pod) => ask.pod === undefined || pod.name === ask.pod)
      .toSorted((a, b) => b.createdAt - a.createdAt);
    this.#pods = chosen.length;
    this.#unstarted = chosen
      .flatMap(({ name, waits }) => (waits === undefined ? [] : [{ pod: name, why: waits }]))
      .slice(0, mostUnstarted);
    for (const pod of chosen)
      for (const container of pod.containers) {
        if (!container.started || (ask.container !== undefined && container.name !== ask.container)) continue;
        const key = `${pod.uid}/${container.name}`;
        wanted.set(key, { pod, container, previous: false });
        // Of a container that restarts while it is followed, the followed stream itself reads the end. While it waits to
        // be started again, the kubelet gives the log of the instance that ended for both.
        const before = `${key}/previous`;
        if (
          ask.previous &&
          container.restarts > 0 &&
          !container.crashed &&
          (this.#streams.has(before) || !this.#streams.has(key))
        )
          wanted.set(before, { pod, container, previous: true });
      }
    for (const [key, stream] of this.#streams) {
      if (wanted.has(key)) continue;
      stream.end.abort();
      this.#streams.delete(key);
      this.#order.close(key);
    }
    const room = [...wanted].slice(0, mostStreams);
    this.#leftOut = wanted.size - room.length;
    for (const [key, one] of room) {
      const stream = this.#streams.get(key);
      if (stream) stream.container = one.container;
      else this.#follow(key, one);
    }
  }

  #follow(key: string, one: { pod: LogPod; container: LogContainer; previous: boolean }): void {
    const { pod, container, previous } = one;
    const stream: Stream = { end: new AbortController(), open: false, done: false, pod, container };
    this.#streams.set(key, stream);
    this.#order.expect(key, performance.now());
    const about = { pod: pod.name, container: container.name, previous };
    // One object of one shape: there may be a million of them.
    const put = (said: string, at: Instant, was: boolean, cut: boolean, mark = false) => {
      const text = withoutColours(said);
      const { pod: name, container: named } = about;
      const line: LogLine = { id: 0, at, pod: name, container: named, previous: was, text, more: undefined, cut, mark };
      this.#order.push(key, line, performance.now());
    };
    const mark = (text: string, at = Date.now()) => put(`${pod.name}: ${text}`, at, previous, false, true);
    const ends = AbortSignal.any([this.#signal, stream.end.signal]);
    let lines = 0;
    let lostAt: number | undefined;
    let restarts = container.restarts;
    let lastWords = 0;
    const named = `${pod.name}/${container.name}${previous ? '/previous' : ''}`;
    const repeated = new Repeated(this.#reread.get(named));
    this.#reread.set(named, repeated);
    const log: ContainerLog = {
      ...about,
      follow: this.#ask.follow && !previous && !pod.ended,
      since: this.#ask.since,
      tail: this.#ask.tail,
    };
    const listener = {
      line: (text: string, at: Instant | undefined, cut: boolean) => {
        if (repeated.has(text, at)) return;
        lines += 1;
        if (lines === 1) this.#compareBeginning(stream, previous, at, mark);
        put(text, at ?? Date.now(), previous, cut);
      },
      ready: () => this.#pace.ready(key, ends),
      resuming: (gone?: string) => {
        lastWords = 0;
        const more = stream.container.restarts - restarts;
        restarts = stream.container.restarts;
        if (gone !== undefined && more > 0) mark(`${container.name} restarted; previous log unavailable: ${gone}`);
        else if (more > 1) mark(`${container.name} restarted ${more} times; only the last previous log is kept`);
      },
      lastWords: (text: string, at: Instant | undefined, cut: boolean) => {
        lastWords += 1;
        if (lastWords === 1) mark(`${container.name} restarted; end of the previous container`, at);
        put(text, at ?? Date.now(), true, cut);
      },
      opened: (again: boolean) => {
        if (again) repeated.reopened();
        stream.open = true;
        delete stream.fault;
        this.#order.open(key, performance.now());
        if (lostAt !== undefined) mark(`log resumed after ${formatAge(Date.now() - lostAt)}`);
        lostAt = undefined;
        this.#say();
      },
      closed: (fault?: Fault) => {
        stream.open = false;
        if (fault) stream.fault = fault;
        if (fault && lostAt === undefined && lines > 0) {
          lostAt = Date.now();
          mark(`log cut: ${fault.what}`);
        }
        this.#say();
      },
    };
    const reading = readContainerLog(this.#connection, log, listener, ends);
    this.#attached(reading);
    void reading.then((fault) => {
      this.#order.close(key);
      stream.open = false;
      if (fault) stream.fault = fault;
      // A previous instance may be gone: nothing to be sorry about.
      if (previous) {
        stream.done = true;
        delete stream.fault;
      }
      this.#say();
    });
  }

  /** The end waits for it. */
  #attached(work: Promise<unknown>): void {
    this.#reading.add(work);
    void work.finally(() => this.#reading.delete(work));
  }

  /** Reports a log that starts later than requested. */
  #compareBeginning(
    { pod, container }: Stream,
    previous: boolean,
    first: Instant | undefined,
    mark: (text: string, at?: Instant) => void,
  ): void {
    const { since, tail } = this.#ask;
    if (since === undefined || first === undefined || previous || first < since + tolerance) return;
    const asked = `requested from ${formatClock(since)}`;
    if (container.startedAt !== undefined && container.startedAt > since + tolerance) {
      const before = container.restarts > 0 ? ', after a restart (p: previous container)' : '';
      mark(`log begins ${formatClock(container.startedAt)}${before}; ${asked}`, first);
    } else if (tail === undefined) this.#attached(this.#lookForRotation(pod.name, container.name, since, asked, mark));
  }

  /** The oldest kept line shows whether older ones were dropped. */
  async #lookForRotation(
    pod: string,
    container: string,
    since: Instant,
    asked: string,
    mark: (text: string, at?: Instant) => void,
  ): Promise<void> {
    const oldest = await oldestLine(this.#connection, pod, container, this.#signal);
    if (oldest !== undefined && oldest > since + tolerance)
      mark(`log begins ${formatClock(oldest)}: no earlier lines are kept; ${asked}`, oldest);
  }

  #say(): void {
    if (this.#signal.aborted && this.#ask.follow) return;
    const streams = [...this.#streams.values()].filter((s) => !s.done);
    const followed = streams.filter((s) => s.open).length;
    const fault = this.#fault ?? streams.find((s) => s.fault)?.fault;
    const state: LogsState = {
      followed,
      expected: streams.length,
      leftOut: this.#leftOut,
      pods: this.#pods,
      unstarted: this.#unstarted,
      fault,
    };
    const said = JSON.stringify(state);
    if (said === this.#said) return;
    this.#said = said;
    this.#listener.state(state);
  }
}
