// API p95 and error rate, from the gateway's own access logs: followed from all its pods, over five minutes.
import type { Settings } from '../../config/settings.ts';
import { withoutColours } from '../../core/text/text.ts';
import { type Instant, type Ms, second } from '../../core/time.ts';
import type { Traffic } from '../../core/world/facts.ts';
import type { Fault } from '../../core/world/reading.ts';
import type { Connection } from '../kubernetes/connection.ts';
import { readContainerLog } from '../kubernetes/logs/container-log.ts';
import { followWorkload, type LogPod } from '../kubernetes/workload.ts';
import { type Emit, pause, type Source } from '../source.ts';
import { AccessLog } from './access-log.ts';
import type { TrafficMeter } from './traffic-meter.ts';

/** Lines parsed per second over all pods. Above it, lines are sampled by chance: of each further batch, half as many. */
const budget = 4000;
/** Past lines requested per pod: enough for a p95. */
const pastLines = 20_000;
/** At the start past lines are read; the figures follow when that is done. */
const calm: Ms = 150;
const impatience: Ms = 3 * second;

/** `once`: reads the past of the logs and does not follow them. */
export function trafficSource(settings: Settings, connection: Connection, { once = false } = {}): Source {
  return {
    id: 'gateway logs',
    facts: ['traffic'],
    start(tell, signal) {
      let follower: TrafficFollower | undefined;
      const ended = import('./traffic-meter.ts').then(async ({ TrafficMeter, trafficWindow }) => {
        if (signal.aborted) return;
        follower = new TrafficFollower(settings, connection, new TrafficMeter(), trafficWindow, tell, signal, !once);
        await follower.run();
        await connection.close();
      });
      return { refresh: () => follower?.refresh(), ended };
    },
  };
}

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

class TrafficFollower {
  readonly #settings: Settings;
  readonly #connection: Connection;
  readonly #meter: TrafficMeter;
  readonly #window: Ms;
  readonly #tell: Emit;
  readonly #signal: AbortSignal;
  readonly #follows: boolean;
  readonly #streams = new Map<string, Stream>();
  readonly #reading = new Set<Promise<unknown>>();
  #wake = new AbortController();
  #listed = false;
  #lost = false;
  #lastLineAt = 0;
  #second = 0;
  #parsed = 0;

  constructor(
    settings: Settings,
    connection: Connection,
    meter: TrafficMeter,
    window: Ms,
    tell: Emit,
    signal: AbortSignal,
    follows: boolean,
  ) {
    this.#settings = settings;
    this.#connection = connection;
    this.#meter = meter;
    this.#window = window;
    this.#tell = tell;
    this.#signal = signal;
    this.#follows = follows;
  }

  /** Tells the figures now. */
  refresh(): void {
    this.#wake.abort();
  }

  async run(): Promise<void> {
    const signal = this.#signal;
    const failed = (fault: Fault, retryAt: Instant) => {
      this.#lost = true;
      this.#tell({ fact: 'traffic', fault, at: Date.now(), retryAt });
    };
    this.#connection.onBeat((beat) => {
      if (beat.ok) this.#lost = false;
      else failed(beat.fault, beat.retryAt);
    }, signal);
    const deployment = this.#settings.kubernetes.deployments.gateway;
    const pods = (list: readonly LogPod[]) => {
      this.#lost = false;
      this.#listed = true;
      this.#attend(list);
    };
    const following = followWorkload(this.#connection, { deployment }, { pods, failed }, signal);
    await this.#settle();
    while (!signal.aborted) {
      if (this.#listed && !this.#lost) this.#say();
      this.#wake = new AbortController();
      await pause(this.#settings.intervals.traffic, AbortSignal.any([signal, this.#wake.signal]));
    }
    await Promise.allSettled([following, ...this.#reading]);
  }

  /** Waits until the past has poured in: where nothing is followed to the end of each log, however slowly it comes. */
  async #settle(): Promise<void> {
    const begun = performance.now();
    const limit = this.#follows ? impatience : this.#settings.intervals.timeout;
    while (!this.#signal.aborted && performance.now() - begun < limit) {
      const streams = [...this.#streams.values()];
      const open = streams.every((s) => s.open || s.over || s.fault);
      const read = streams.every((s) => s.over || s.fault);
      const quiet = read || (this.#follows && performance.now() - this.#lastLineAt > calm);
      if (this.#lost || (this.#listed && open && quiet)) return;
      await pause(this.#follows ? 20 : 5, this.#signal);
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
    const log = { ...target, since: Date.now() - this.#window, tail: pastLines, follow: this.#follows };
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

  #say(): void {
    const streams = [...this.#streams.values()];
    const followed = streams.filter((s) => s.open || s.over).length;
    const at = Date.now();
    const fault = streams.find((s) => s.fault)?.fault;
    if (streams.length > 0 && followed === 0 && fault) {
      this.#tell({ fact: 'traffic', fault, at });
      return;
    }
    for (const { access } of streams.filter((s) => (s.open && !s.fault) || s.over))
      for (const one of access.givenUp(at + this.#connection.clockOffset)) this.#meter.add(at, at, one, 1);
    const { weight, ...figures } = this.#meter.read(at);
    const value: Traffic = {
      ...figures,
      sampling: weight === 0 ? 1 : figures.samples / weight,
      window: this.#window,
      covered: this.#covered(streams, at),
      unread: streams.filter((s) => !s.fault && !(this.#follows ? s.open || s.over : s.over)).length || undefined,
      source: 'gateway logs',
      pods: { followed, expected: streams.length },
    };
    const from = `gateway logs of ${followed === 1 ? '1 pod' : `${followed} pods`}`;
    this.#tell({ fact: 'traffic', value, at, staleAfter: this.#settings.intervals.traffic * 3, from });
  }

  /** A busy pod's lines are more than were asked for: its figures begin with the first of them. */
  #covered(streams: readonly Stream[], now: Instant): Ms | undefined {
    const firsts = streams.flatMap(({ lines, first }) => (lines >= pastLines && first !== undefined ? [first] : []));
    const covered = now - Math.max(...firsts) + this.#connection.clockOffset;
    return firsts.length > 0 && covered < this.#window ? Math.max(second, covered) : undefined;
  }
}
