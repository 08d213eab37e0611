// What is to be known of a look that cockpits share.
import type * as z from 'zod';
import type { Instant, Ms } from '../../core/time.ts';
import type { LookCheck } from './own-check.ts';

export type SharedLooksOptions<T> = {
  fact: string;
  /** All that decides what is asked and what may be seen, but no secret. */
  parts: unknown;
  value: z.ZodType<T>;
  every: Ms;
  timeout: Ms;
  /** How late an answer is waited for; absent: its timeout and a second, an interval at most. */
  patience?: Ms;
  /** How long one that begins to ask may take to its first answer; absent: as long as to any other. */
  beginning?: Ms;
  /** Whether an answer would be the same for all; all are by default. */
  isForAll?(value: T): boolean;
  /** Who the server says it is, whatever it is called here: then hosts share over a relay. Undefined: not known yet. */
  identity?(): string | undefined;
  /** It never says who it is: hosts share over a relay what each also looks at itself, now and then. */
  check?: LookCheck<T>;
  /** A number that goes with the answers: whoever asks gives it. */
  aside?: { give(): number; take(given: number): void };
  /** Another cockpit's value was taken: what is counted between two looks goes on from it. */
  taken?(value: T, at: Instant): void;
};
