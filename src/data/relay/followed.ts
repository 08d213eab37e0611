// The streams that a cockpit follows, and what it knew of one before it reads it again.
import { Stream } from './carried.ts';

/** Incidents that are followed at once, beside those in which this cockpit counts: anybody can name some on the relay. */
const mostOthers = 20;
/** Streams without an incident that are remembered. */
const mostHollow = 1000;

/** By the incidents that are shared, whether what this cockpit writes there has effect. */
export type Shared = ReadonlyMap<string, boolean>;

export class Followed {
  readonly #streams = new Map<string, Stream>();
  /** What was known of each stream before it was begun again, until it is whole. */
  readonly #before = new Map<string, Stream>();
  /** Streams without an incident that made room, and how many entries each had. */
  readonly #hollow = new Map<string, number>();

  get(incident: string): Stream | undefined {
    return this.#streams.get(incident);
  }

  /** All of them, also those that are being read; they may change meanwhile. */
  get all(): readonly (readonly [string, Stream])[] {
    return [...this.#streams];
  }

  /** What is known of a stream, also while it is read again or the relay is away. */
  known(incident: string): Stream {
    const stream = this.#streams.get(incident);
    if (stream?.whole) return stream;
    const before = this.#before.get(incident) ?? stream ?? new Stream();
    this.#before.set(incident, before);
    return before;
  }

  /** Lines of a page that are news: shown neither by this reading of the stream nor, unless all are wanted, by the last. */
  freshIn(incident: string, stream: Stream, lines: readonly string[]): readonly string[] {
    const before = this.#before.get(incident);
    const known = before?.isDue ? undefined : before;
    return lines.filter((line) => !stream.has(line) && !known?.has(line));
  }

  /** Begins a stream; undefined where it is followed already, or there is no room for it. */
  begin(incident: string, shared: Shared): Stream | undefined {
    if (this.#streams.has(incident) || !this.#hasRoom(incident, shared)) return undefined;
    const stream = new Stream();
    this.#streams.set(incident, stream);
    return stream;
  }

  /** It was read to its end. */
  complete(incident: string, stream: Stream): void {
    stream.whole = true;
    this.#before.delete(incident);
  }

  /** It is to be read again. */
  leave(incident: string): void {
    const stream = this.#streams.get(incident);
    this.#streams.delete(incident);
    if (stream?.whole || (stream && !this.#before.has(incident))) this.#before.set(incident, stream);
  }

  /** After the connection was lost all are read again. */
  leaveAll(shared: Shared): void {
    for (const incident of [...this.#streams.keys()]) this.leave(incident);
    for (const incident of [...this.#before.keys()]) if (!shared.has(incident)) this.#before.delete(incident);
  }

  /** Nothing that it has shown counts as taken. */
  drop(incident: string): void {
    this.#streams.delete(incident);
    this.#before.delete(incident);
  }

  /** How many entries a stream had that made room, and is not followed since. */
  lengthOfHollow(incident: string): number | undefined {
    return this.#streams.has(incident) ? undefined : this.#hollow.get(incident);
  }

  /** Whether there is room for one more stream. One in which nobody opened an incident makes room for another. */
  #hasRoom(incident: string, shared: Shared): boolean {
    if (shared.get(incident)) return true;
    const others = [...this.#streams].filter(([one]) => !shared.get(one));
    if (others.length < mostOthers) return true;
    const [hollow, stream] = others.find(([one, { whole }]) => whole && !shared.has(one)) ?? [];
    if (hollow === undefined || !stream) return false;
    this.drop(hollow);
    if (this.#hollow.size >= mostHollow) this.#hollow.clear();
    this.#hollow.set(hollow, stream.length);
    return true;
  }
}
