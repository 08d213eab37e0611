// Puts the lines of many containers into one order, by time, though they arrive as they please; and joins the lines of
// a stack to the line they belong to.
import { continues } from '../../../core/logs/continuation.ts';
import type { LogLine } from '../../../core/logs/log.ts';
import type { Instant, Ms } from '../../../core/time.ts';

/** How long lines wait for the rest of their stack, and for earlier lines of other containers. */
const settle: Ms = 100;
/** After this silence a stream delays no other. */
const quiet: Ms = 300;
/** A stream that is being opened holds the others up, but not for longer than this. */
const opening: Ms = 2000;
/**
 * When more wait than this, only the last line of each stream waits for the rest of its stack. Lines that wait longer are
 * moved twice by the collector of garbage, which then takes half of the time.
 */
const hurried = 500;
const hurriedAlone = 250;
/** When more wait than this, the older half goes out. */
const longestWait = 50_000;
/** When more lines than this wait, streams ahead of the others are not read until the others catch up. */
const crowded = 20_000;
/** The same where the last of them brings many lines too: they come at once. */
const crowdedSoon = 1000;
/** A stream that brings as many lines in such a time brings many. */
const many = 100;
const lately: Ms = 100;
const longestStack = 200;

type Waiting = { line: LogLine; arrived: Ms; order: number; out: boolean };
type Stream = {
  opened: boolean;
  since: Ms;
  at: Instant;
  heard: Ms;
  last?: Waiting;
  /** Its lines since `from`, and in the time as long before. */
  brought: number;
  from: Ms;
  earlier: number;
};

/** All times given as `clock` are of one steady clock. */
export class LogMerge {
  readonly #streams = new Map<string, Stream>();
  #waiting: Waiting[] = [];
  /** How many of them the last release held back. */
  #held = 0;
  #order = 0;
  #id = 0;

  /** A stream that will bring lines. */
  expect(key: string, clock: Ms): void {
    this.#streams.set(key, {
      opened: false,
      since: clock,
      at: Number.NEGATIVE_INFINITY,
      heard: clock,
      brought: 0,
      from: clock,
      earlier: 0,
    });
  }

  open(key: string, clock: Ms): void {
    const stream = this.#streams.get(key);
    if (stream) Object.assign(stream, { opened: true, heard: clock });
  }

  /** A stream that brings nothing more, for now or ever. */
  close(key: string): void {
    this.#streams.delete(key);
  }

  /** The line is the merge's from now on: it gets its id, and what continues it. */
  push(key: string, line: LogLine, clock: Ms): void {
    const stream = this.#streams.get(key);
    const head = stream?.last;
    if (stream) count(stream, clock);
    if (!line.mark && head && !head.out && continues(line.text, head.line)) {
      head.line.more ??= [];
      if (head.line.more.length < longestStack && line.text.trim() !== '') head.line.more.push(line.text);
      head.arrived = clock;
      return;
    }
    const waiting = { line, arrived: clock, order: this.#order++, out: false };
    this.#waiting.push(waiting);
    if (!stream || line.mark) return;
    stream.at = line.at;
    stream.last = waiting;
  }

  /** Whether so much waits that it should be released before any stream brings more. */
  get isCrowded(): boolean {
    // What the last release held back is looked through again: so much must have come since that it is worth it.
    return this.#isHurried && this.#waiting.length > this.#held * 1.25;
  }

  get #isHurried(): boolean {
    // A single stream waits for no other: the sooner its lines go, the less they cost the collector of garbage.
    return this.#waiting.length >= (this.#streams.size === 1 ? hurriedAlone : hurried);
  }

  /** Whether any line waits. */
  get waits(): boolean {
    return this.#waiting.length > 0;
  }

  /** Tells of each stream whether much waits, and it is ahead of another that is still bringing lines. */
  ahead(clock: Ms): (key: string) => boolean {
    if (this.#waiting.length <= crowdedSoon) return () => false;
    const before = this.#watermark(clock);
    const isSoon = [...this.#streams.values()].some((s) => s.at === before && isBusy(s, clock));
    if (this.#waiting.length <= crowded && !isSoon) return () => false;
    return (key) => (this.#streams.get(key)?.at ?? before) > before;
  }

  /** Nothing was read for a while: that was not the silence of the streams. */
  resume(clock: Ms): void {
    for (const stream of this.#streams.values()) stream.heard = clock;
  }

  /** What may go out now, in order; all of it when `all`. */
  release(clock: Ms, all = false): readonly LogLine[] {
    const before = all ? Number.POSITIVE_INFINITY : this.#watermark(clock);
    this.#waiting.sort((a, b) => a.line.at - b.line.at || a.order - b.order);
    const flood = this.#waiting.length > longestWait ? this.#waiting.length >> 1 : 0;
    const out: LogLine[] = [];
    const kept: Waiting[] = [];
    const lasts = this.#isHurried ? new Set([...this.#streams.values()].map(({ last }) => last)) : undefined;
    const settles = (waiting: Waiting) => clock - waiting.arrived < settle && (lasts?.has(waiting) ?? true);
    let held = false;
    for (const [at, waiting] of this.#waiting.entries()) {
      // Once one waits, all later ones do: the order is what counts.
      held ||= waiting.line.at > before || (!all && settles(waiting));
      if (held && at >= flood) kept.push(waiting);
      else {
        waiting.out = true;
        this.#id += 1;
        waiting.line.id = this.#id;
        out.push(waiting.line);
      }
    }
    this.#waiting = kept;
    this.#held = kept.length;
    return out;
  }

  /** Up to this time every stream has brought what it has. */
  #watermark(clock: Ms): Instant {
    let lowest = Number.POSITIVE_INFINITY;
    for (const stream of this.#streams.values()) {
      if (!stream.opened) {
        if (clock - stream.since < opening) return Number.NEGATIVE_INFINITY;
      } else if (clock - stream.heard < quiet) lowest = Math.min(lowest, stream.at);
    }
    return lowest;
  }
}

/** A line of the stream came. */
function count(stream: Stream, clock: Ms): void {
  stream.heard = clock;
  if (clock - stream.from >= lately) {
    stream.earlier = clock - stream.from < 2 * lately ? stream.brought : 0;
    stream.brought = 0;
    stream.from = clock;
  }
  stream.brought += 1;
}

const isBusy = ({ brought, earlier, from }: Stream, clock: Ms): boolean =>
  clock - from < 2 * lately && brought + earlier >= many;
