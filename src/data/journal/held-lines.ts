// The signed lines of a journal about each incident, as text: what others get, and get again.
import { day, type Ms } from '../../core/time.ts';
import type { SignedLine } from './own-file.ts';
import { timeOf } from './plausible.ts';

/** Older incidents are shared no more. */
const shared: Ms = 30 * day;

/** `own`: this run of the cockpit wrote it. */
export type HeldLine = SignedLine & { own: boolean };

export class HeldLines {
  readonly #byIncident = new Map<string, { lines: HeldLine[]; texts: Set<string> }>();

  /** Lines about no incident are not shared; neither is one a second time. */
  add(line: HeldLine): void {
    const { incident } = line;
    if (incident === undefined || timeOf(incident) < Date.now() - shared) return;
    const held = this.#byIncident.get(incident) ?? { lines: [], texts: new Set() };
    if (held.texts.has(line.text)) return;
    held.lines.push(line);
    held.texts.add(line.text);
    this.#byIncident.set(incident, held);
  }

  /** In the order in which they came; the same list each time, which grows. */
  of(incident: string): readonly HeldLine[] {
    return this.#byIncident.get(incident)?.lines ?? [];
  }
}
