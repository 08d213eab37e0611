// The newest lines of a log, without an object for each: their text in blocks of bytes, the rest in columns. A hundred
// thousand lines cost the collector of garbage nothing, and take what they say.
import type { LogLine } from '../../../core/logs/log.ts';
import type { Instant } from '../../../core/time.ts';
import { TextBlocks } from './text-blocks.ts';

/** The most that is kept: lines, and bytes of them. */
export type Bounds = { lines: number; bytes: number };

/** Bytes of a line beside its text: a cell of each column. */
const besideText = 37;

const isMark = 1;
const isCut = 2;
const hasMore = 4;
const isAscii = 8;

type Origin = Pick<LogLine, 'pod' | 'container' | 'previous'>;

/** Keeps the newest lines within bounds. Lines are numbered from 0 as they come, and keep their numbers. */
export class LineRing {
  readonly #bounds: Bounds;
  readonly #text = new TextBlocks();
  readonly #origins: Origin[] = [];
  readonly #ofPod = new Map<string, number[]>();
  // The cells of a line are at its number modulo the most lines.
  readonly #ids: Float64Array;
  readonly #times: Float64Array;
  readonly #origin: Uint32Array;
  readonly #block: Uint32Array;
  readonly #offset: Uint32Array;
  /** Bytes of the line, and of it with its stack. */
  readonly #size: Uint32Array;
  readonly #whole: Uint32Array;
  readonly #flags: Uint8Array;
  #bytes = 0;
  #first = 0;
  #end = 0;

  constructor(bounds: Bounds) {
    const { lines } = bounds;
    this.#bounds = bounds;
    this.#ids = new Float64Array(lines);
    this.#times = new Float64Array(lines);
    this.#origin = new Uint32Array(lines);
    this.#block = new Uint32Array(lines);
    this.#offset = new Uint32Array(lines);
    this.#size = new Uint32Array(lines);
    this.#whole = new Uint32Array(lines);
    this.#flags = new Uint8Array(lines);
  }

  /** The number of the oldest line that is kept: as many were dropped. */
  get first(): number {
    return this.#first;
  }

  /** The number of the line that comes next. */
  get end(): number {
    return this.#end;
  }

  /** Bytes that the kept lines take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Copies a line, whose id is above those before it, and drops the oldest ones to stay within bounds. */
  push(line: LogLine): void {
    const { lines, bytes } = this.#bounds;
    if (this.#end - this.#first === lines) this.#drop();
    const text = line.more ? `${line.text}\n${line.more.join('\n')}` : line.text;
    const whole = this.#text.write(text);
    const ascii = whole === text.length;
    while (this.#first < this.#end && this.#bytes + whole + besideText > bytes) this.#drop();
    const cell = this.#cell(this.#end);
    this.#ids[cell] = line.id;
    this.#times[cell] = line.at;
    this.#origin[cell] = this.#originOf(line);
    this.#block[cell] = this.#text.block;
    this.#offset[cell] = this.#text.offset;
    this.#size[cell] = !line.more ? whole : ascii ? line.text.length : Buffer.byteLength(line.text);
    this.#whole[cell] = whole;
    this.#flags[cell] =
      (line.mark ? isMark : 0) | (line.cut ? isCut : 0) | (line.more ? hasMore : 0) | (ascii ? isAscii : 0);
    this.#bytes += whole + besideText;
    this.#end += 1;
  }

  /** The id of a kept line. */
  idOf(number: number): number {
    return this.#ids[this.#cell(number)] ?? Number.NaN;
  }

  /** The number of the first kept line with this id or a higher one; `end` where there is none. */
  find(id: number): number {
    return lowest(this.#first, this.#end, (number) => this.idOf(number) >= id);
  }

  /** A kept line. Its text is read when it is asked for: before more lines are added. */
  at(number: number): KeptLine {
    const cell = this.#cell(number);
    const flags = this.#flags[cell] ?? 0;
    const origin = this.#origins[this.#origin[cell] ?? 0] ?? nowhere;
    const read = (from: number, to: number) => {
      const [block = 0, offset = 0] = [this.#block[cell], this.#offset[cell]];
      return this.#text.read(block, offset + from, to - from, (flags & isAscii) !== 0);
    };
    return new KeptLine(this.idOf(number), this.#times[cell] ?? 0, origin, flags, [
      this.#size[cell] ?? 0,
      this.#whole[cell] ?? 0,
      read,
    ]);
  }

  #cell(number: number): number {
    return number % this.#bounds.lines;
  }

  #drop(): void {
    this.#bytes -= (this.#whole[this.#cell(this.#first)] ?? 0) + besideText;
    this.#first += 1;
    const isEmpty = this.#first === this.#end;
    this.#text.release(isEmpty ? this.#text.block : (this.#block[this.#cell(this.#first)] ?? 0));
  }

  /** Pods and containers are few, and each has many lines. */
  #originOf({ pod, container, previous }: LogLine): number {
    const known = this.#ofPod.get(pod) ?? [];
    for (const at of known) {
      const origin = this.#origins[at];
      if (origin?.container === container && origin.previous === previous) return at;
    }
    this.#origins.push({ pod, container, previous });
    this.#ofPod.set(pod, [...known, this.#origins.length - 1]);
    return this.#origins.length - 1;
  }
}

const nowhere: Origin = { pod: '', container: '', previous: false };

type Place = readonly [size: number, whole: number, read: (from: number, to: number) => string];

/** A line of the ring. */
class KeptLine implements LogLine {
  readonly id: number;
  readonly at: Instant;
  readonly #origin: Origin;
  readonly #flags: number;
  readonly #place: Place;
  #text: string | undefined;

  constructor(id: number, at: Instant, origin: Origin, flags: number, place: Place) {
    this.id = id;
    this.at = at;
    this.#origin = origin;
    this.#flags = flags;
    this.#place = place;
  }

  get pod(): string {
    return this.#origin.pod;
  }

  get container(): string {
    return this.#origin.container;
  }

  get previous(): boolean {
    return this.#origin.previous;
  }

  get text(): string {
    const [size, , read] = this.#place;
    this.#text ??= read(0, size);
    return this.#text;
  }

  get more(): string[] | undefined {
    const [size, whole, read] = this.#place;
    return (this.#flags & hasMore) === 0 ? undefined : read(size + 1, whole).split('\n');
  }

  get cut(): boolean {
    return (this.#flags & isCut) !== 0;
  }

  get mark(): boolean {
    return (this.#flags & isMark) !== 0;
  }
}

/** The first of the numbers from `low` to before `high` that holds, where all behind it hold too; else `high`. */
export function lowest(low: number, high: number, holds: (number: number) => boolean): number {
  let [from, to] = [low, high];
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if (holds(middle)) to = middle;
    else from = middle + 1;
  }
  return from;
}
