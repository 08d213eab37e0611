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
/** When more wait than this, only the last line of each stream waits for the rest of its stack. */
const hurried = 4000;
const hurriedAlone = 250;
/** When more wait than this, the older half goes out. */
const longestWait = 50_000;
/** When more lines than this wait, streams ahead of the others are not read until the others catch up. */
const crowded = 20_000;
const longestStack = 200;

type Waiting = { line: LogLine; arrived: Ms; order: number; out: boolean };
type Stream = { opened: boolean; since: Ms; at: Instant; heard: Ms; last?: Waiting };

/** All times given as `clock` are of one steady clock. */
export class LogMerge {
  readonly #streams = new Map<string, Stream>();
  #waiting: Waiting[] = [];
  #order = 0;
  #id = 0;

  /** A stream that will bring lines. */
  expect(key: string, clock: Ms): void {
    this.#streams.set(key, { opened: false, since: clock, at: Number.NEGATIVE_INFINITY, heard: clock });
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
    if (stream) stream.heard = clock;
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
    // A single stream waits for no other: the sooner its lines go, the less they cost the collector of garbage.
    return this.#waiting.length >= (this.#streams.size === 1 ? hurriedAlone : hurried);
  }

  /** Whether any line waits. */
  get waits(): boolean {
    return this.#waiting.length > 0;
  }

  /** Whether much waits, and this stream is ahead of another that is still bringing lines. */
  ahead(key: string, clock: Ms): boolean {
    const stream = this.#streams.get(key);
    return stream !== undefined && this.#waiting.length > crowded && stream.at > this.#watermark(clock);
  }

  /** What may go out now, in order; all of it when `all`. */
  release(clock: Ms, all = false): readonly LogLine[] {
    const before = all ? Number.POSITIVE_INFINITY : this.#watermark(clock);
    this.#waiting.sort((a, b) => a.line.at - b.line.at || a.order - b.order);
    const flood = this.#waiting.length > longestWait ? this.#waiting.length >> 1 : 0;
    const out: LogLine[] = [];
    const kept: Waiting[] = [];
    const lasts = this.isCrowded ? new Set([...this.#streams.values()].map(({ last }) => last)) : undefined;
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
