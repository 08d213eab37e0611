// The gateway's own access logs, followed from all its pods: what they say of the last five minutes.
import type { Settings } from '../../config/settings.ts';
import { withoutColours } from '../../core/text/text.ts';
import { type Instant, type Ms, second } from '../../core/time.ts';
import type { Traffic } from '../../core/world/facts.ts';
import type { Fault } from '../../core/world/reading.ts';
import type { Connection } from '../kubernetes/connection.ts';
import { readContainerLog } from '../kubernetes/logs/container-log.ts';
import { followWorkload, type LogPod } from '../kubernetes/workload.ts';
import { pause, type Result } from '../source.ts';
import { AccessLog } from './access-log.ts';
import { TrafficMeter, trafficWindow } from './traffic-meter.ts';

/** Lines parsed per second over all pods. Above it, lines are sampled by chance: of each further batch, half as many. */
const budget = 4000;
/** Past lines requested per pod: enough for a p95. */
const pastLines = 20_000;
/** At the start past lines are read; the figures follow when that is done. */
const calm: Ms = 150;

type Stream = {
  access: AccessLog;
  end: AbortController;
  open: boolean;
  /** Read to its end. */
  over?: boolean;
  fault?: Fault;
  lines: number;
  /** The time of its first line. */
  first?: Instant;
};

export type FollowerOptions = {
  /** Otherwise the past of the logs is read to its end. */
  follows: boolean;
  /** How long reading the past may take. */
  past: Ms;
  /** Whether the API server is away: nothing comes before it is back. */
  isLost(): boolean;
  /** The gateway's pods are listed. */
  listed(): void;
  /** They cannot be listed now. */
  failed(fault: Fault, retryAt: Instant): void;
};

export class TrafficFollower {
  readonly #settings: Settings;
  readonly #connection: Connection;
  readonly #options: FollowerOptions;
  readonly #meter = new TrafficMeter();
  readonly #end = new AbortController();
  readonly #signal: AbortSignal;
  readonly #following: Promise<void>;
  readonly #streams = new Map<string, Stream>();
  readonly #reading = new Set<Promise<unknown>>();
  #logEnded = () => {};
  #listed = false;
  #lastLineAt = 0;
  #second = 0;
  #parsed = 0;

  /** Begins at once, and ends with the signal. */
  constructor(settings: Settings, connection: Connection, options: FollowerOptions, signal: AbortSignal) {
    this.#settings = settings;
    this.#connection = connection;
    this.#options = options;
    this.#signal = AbortSignal.any([signal, this.#end.signal]);
    const { failed, listed } = options;
    const pods = (list: readonly LogPod[]) => {
      this.#listed = true;
      listed();
      this.#attend(list);
    };
    const { gateway: deployment } = settings.kubernetes.deployments;
    this.#following = followWorkload(connection, { deployment }, { pods, failed }, this.#signal);
  }

  /** Follows no more; resolves when nothing is held open. */
  async end(): Promise<void> {
    this.#end.abort();
    await Promise.allSettled([this.#following, ...this.#reading]);
  }

  /** Waits until the past has poured in: where nothing is followed to the end of each log, however slowly it comes. */
  async settle(): Promise<void> {
    const { follows, past, isLost } = this.#options;
    const begun = performance.now();
    while (!this.#signal.aborted && performance.now() - begun < past) {
      const streams = [...this.#streams.values()];
      const open = streams.every((s) => s.open || s.over || s.fault);
      const read = streams.every((s) => s.over || s.fault);
      const quiet = read || (follows && performance.now() - this.#lastLineAt > calm);
      if (isLost() || (this.#listed && open && quiet)) return;
      const end = new Promise<void>((resolve) => {
        this.#logEnded = resolve;
      });
      await Promise.race([end, pause(20, this.#signal)]);
    }
  }

  /** Starts and ends streams as pods come and go. */
  #attend(pods: readonly LogPod[]): void {
    const wanted = new Map<string, { pod: string; container: string }>();
    for (const pod of pods) {
      const main = pod.containers.find((c) => c.name === pod.main);
      if (main?.started && !pod.ended) wanted.set(`${pod.uid}/${main.name}`, { pod: pod.name, container: main.name });
    }
    for (const [key, stream] of this.#streams) {
      if (wanted.has(key)) continue;
      stream.end.abort();
      this.#streams.delete(key);
    }
    for (const [key, target] of wanted) if (!this.#streams.has(key)) this.#follow(key, target);
  }

  #follow(key: string, target: { pod: string; container: string }): void {
    const access = new AccessLog(this.#settings);
    const stream: Stream = { access, end: new AbortController(), open: false, lines: 0 };
    this.#streams.set(key, stream);
    const log = { ...target, since: Date.now() - trafficWindow, tail: pastLines, follow: this.#options.follows };
    const reading = readContainerLog(
      this.#connection,
      log,
      {
        line: (text, at) => {
          stream.lines += 1;
          stream.first ??= at;
          this.#take(access, withoutColours(text), at);
        },
        opened: () => {
          stream.open = true;
          delete stream.fault;
          this.#lastLineAt = performance.now();
        },
        closed: (fault) => {
          stream.open = false;
          if (fault) stream.fault = fault;
        },
      },
      AbortSignal.any([this.#signal, stream.end.signal]),
    );
    this.#reading.add(reading);
    void reading.then((fault) => {
      this.#reading.delete(reading);
      if (fault) stream.fault = fault;
      else stream.over = true;
      this.#logEnded();
    });
  }

  #take(access: AccessLog, text: string, at: Instant | undefined): void {
    if (!access.isCandidate(text)) {
      access.notice(text, at, this.#parsed >= budget);
      return;
    }
    const instant = performance.now();
    this.#lastLineAt = instant;
    const current = Math.floor(instant / second);
    if (current !== this.#second) {
      this.#second = current;
      this.#parsed = 0;
    }
    const stride = 2 ** Math.min(10, Math.floor(this.#parsed / budget));
    // By chance: every second line may always be of the same pod.
    if (stride > 1 && Math.random() * stride >= 1) {
      access.skip();
      return;
    }
    this.#parsed += 1;
    const answered = access.read(text, at);
    if (!answered) return;
    const now = Date.now();
    const offset = this.#connection.clockOffset;
    this.#meter.add((at ?? answered.at ?? now) - offset, now, answered, stride);
  }

  /** The figures of the window that ends at `at`, now; undefined before the pods are listed. */
  figures(at: Instant): Result<Traffic> | undefined {
    if (!this.#listed) return undefined;
    const streams = [...this.#streams.values()];
    const followed = streams.filter((s) => s.open || s.over).length;
    const fault = streams.find((s) => s.fault)?.fault;
    if (streams.length > 0 && followed === 0 && fault) return { ok: false, fault };
    for (const { access } of streams.filter((s) => (s.open && !s.fault) || s.over))
      for (const one of access.givenUp(at + this.#connection.clockOffset)) this.#meter.add(at, at, one, 1);
    const { weight, ...figures } = this.#meter.read(at);
    const isRead = (s: Stream) => (this.#options.follows ? s.open || s.over : s.over);
    const value: Traffic = {
      ...figures,
      sampling: weight === 0 ? 1 : figures.samples / weight,
      window: trafficWindow,
      covered: this.#covered(streams, at),
      unread: streams.filter((s) => !s.fault && !isRead(s)).length || undefined,
      source: 'gateway logs',
      pods: { followed, expected: streams.length },
    };
    return { ok: true, value };
  }

  /** A busy pod's lines are more than were asked for: its figures begin with the first of them. */
  #covered(streams: readonly Stream[], now: Instant): Ms | undefined {
    const firsts = streams.flatMap(({ lines, first }) => (lines >= pastLines && first !== undefined ? [first] : []));
    const covered = now - Math.max(...firsts) + this.#connection.clockOffset;
    return firsts.length > 0 && covered < trafficWindow ? Math.max(second, covered) : undefined;
  }
}
