// How much is taken of keys that nobody admitted: anybody who can write the relay can make keys.
import { openingOf } from '../../core/incident/authority.ts';
import type { Entry } from '../../core/incident/event.ts';
import type { Incident } from '../../core/incident/incident.ts';

/** Lines of strangers which are taken, for each incident. */
const mostOfStrangers = 200;
/** The same of all incidents together that nobody has opened. */
const mostUnopened = 20 * mostOfStrangers;
/** Incidents of which it is remembered that lines were left out: the last ones. */
const mostLeftOut = 10_000;

const knownKeys = (incident: Incident | undefined): ReadonlySet<string> =>
  new Set(incident?.keys.filter(({ state }) => state !== 'new').map(({ key }) => key));

export class Strangers {
  /** Lines that were taken of incidents that nobody has opened. */
  readonly #unopened = new Map<string, number>();
  /** Incidents of which lines were left out, and how many keys were known then. */
  readonly #leftOut = new Map<string, number>();

  /** Tells which lines of one reading are wanted. `incident`: as far as it is known; undefined: nobody has opened it. */
  judge(id: string, incident: Incident | undefined): (entry: Entry) => boolean {
    const known = knownKeys(incident);
    const isStranger = ({ writer }: Entry) => !known.has(writer.key ?? '');
    if (incident) this.#unopened.delete(id);
    const before = incident
      ? incident.refused.filter(({ entry }) => isStranger(entry)).length
      : (this.#unopened.get(id) ?? 0);
    const all = [...this.#unopened.values()].reduce((sum, count) => sum + count, 0);
    const most = incident ? mostOfStrangers : Math.min(mostOfStrangers, before + mostUnopened - all);
    let theirs = before;
    return (entry) => {
      if (entry.incident !== id) return false;
      if (!isStranger(entry) || (!incident && openingOf(id, [entry]) !== undefined)) return true;
      if (theirs >= most) return this.#leaveOut(id, known.size);
      theirs += 1;
      if (!incident) this.#unopened.set(id, theirs);
      return true;
    };
  }

  #leaveOut(id: string, known: number): false {
    this.#leftOut.delete(id);
    this.#leftOut.set(id, known);
    const [oldest] = this.#leftOut.keys();
    if (oldest !== undefined && this.#leftOut.size > mostLeftOut) this.#leftOut.delete(oldest);
    return false;
  }

  /** Whether lines were left out that may be wanted by now: keys were admitted since. True once for each time. */
  areMissing(incident: Incident | undefined): boolean {
    const before = incident && this.#leftOut.get(incident.id);
    if (incident === undefined || before === undefined || knownKeys(incident).size <= before) return false;
    this.#leftOut.delete(incident.id);
    return true;
  }
}
