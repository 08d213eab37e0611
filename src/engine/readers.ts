// How each kind of look is answered, and how often it is asked again while somebody looks.
import type { Settings } from '../config/settings.ts';
import type { Ask, LookKind, Looks } from '../core/look.ts';
import type { Ms } from '../core/time.ts';
import type { Outcome } from '../data/source.ts';

export type Reader<K extends LookKind> = {
  every: Ms;
  timeout: Ms;
  /** Who answers. */
  from: string;
  where: string;
  read(ask: Ask<K>, signal: AbortSignal): Promise<Outcome<Looks[K]['answer']>>;
};

export type Readers = { readonly [K in LookKind]?: Reader<K> };

/** The table of readers. Backends are imported when they are first asked. */
export function readersFor(_settings: Settings): Readers {
  return {};
}
