// Look-ups: what a screen asks for while it is open (a study, a pod, sessions, keys, evidence …). A new kind is one
// entry here, one reader in the engine's table (src/engine/readers.ts) and one screen.
import { pending, type Reading } from './reading.ts';

/** Each kind of look: what it is asked with, and what it answers. */
export type Looks = {
  /** Who answers on a database server: the smallest look there is. */
  'database-version': { ask: { server: 'primary' | 'replica' }; answer: { version: string } };
};

export type LookKind = keyof Looks;

/** A question, as data. */
export type Ask<K extends LookKind = LookKind> = { [Kind in K]: { kind: Kind } & Looks[Kind]['ask'] }[K];

export type LookReading<K extends LookKind> = Reading<Looks[K]['answer']>;

/** The newest readings of what is being looked at, by `lookKey`. */
export type LookReadings = { readonly [key: string]: Reading<unknown> };

/** The same question has the same key, whatever the order of its properties. */
export function lookKey(ask: Ask): string {
  return JSON.stringify(Object.entries(ask).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What is known of a question so far. */
export function lookFor<K extends LookKind>(looks: LookReadings, ask: Ask<K>): LookReading<K> {
  // The key holds the kind, and the engine answers a kind with its own type only.
  return (looks[lookKey(ask)] as LookReading<K> | undefined) ?? pending;
}
