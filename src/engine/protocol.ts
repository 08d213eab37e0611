// What the engine (sources, journal, incident, actions; a worker thread) and the screen (ink; the main thread) say
// to each other. Plain data only: it crosses a thread.
import type { FactId } from '../core/facts.ts';
import type { Instant } from '../core/time.ts';
import type { History, Readings, Scope } from '../core/world.ts';

/** Engine → screen: only what changed. Sent in batches; the next one waits until the last was taken. */
export type Update = {
  now: Instant;
  scope?: Scope;
  readings?: Partial<Readings>;
  history?: History;
};

/** Screen → engine. */
export type Command =
  /** Ask now: one fact, or all. */
  { kind: 'refresh'; fact?: FactId };

/** The screen's handle on the engine. */
export interface Engine {
  /** Called with each batch, from the start; returns how to stop listening. */
  subscribe(listener: (update: Update) => void): () => void;
  send(command: Command): void;
  /** Ends sources and thread; resolves when nothing of it is left. */
  stop(): Promise<void>;
}
