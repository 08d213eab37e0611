// Who signed the lines of a file: by a known key, by a new one, or nobody.
import type { ReadonlyList } from '../../core/growing.ts';
import type { Entry } from '../../core/incident/event.ts';
import type { Incident } from '../../core/incident/incident.ts';
import { projectAll } from '../../core/incident/projection.ts';
import type { CheckedLine } from './check-lines.ts';

/**
 * How a line is signed. `own`: with a key of this account. `known`: with one that was admitted to, or opened, an incident
 * in which this account took part. `new`: with any other. `wrong`: the signature does not hold.
 */
export type Signing = 'own' | 'known' | 'new' | 'none' | 'wrong';

/** Lines of one writer that are signed in the same way. */
export type SignedBy = {
  signing: Signing;
  /** The key's id; absent for `none`. */
  key?: string;
  person: string;
  user: string;
  host: string;
  /** Numbers of the lines in the file. */
  lines: readonly number[];
};

/** Keys that incidents make known. */
function knownKeys(incidents: readonly Incident[]): ReadonlySet<string> {
  return new Set(
    incidents
      .filter(({ entries }) => entries.some(({ own }) => own))
      .flatMap(({ keys }) => keys.filter(({ state }) => state !== 'new' && state !== 'removed'))
      .map(({ key }) => key),
  );
}

/** What the entries of this account's journal say about keys. */
export type Trust = { known: ReadonlySet<string>; own: ReadonlySet<string> };

export function trustOf(entries: ReadonlyList<Entry>): Trust {
  const own = entries.flatMap((entry) => (entry.own && entry.writer.key !== undefined ? [entry.writer.key] : []));
  return { known: knownKeys(projectAll(entries)), own: new Set(own) };
}

/** The writers of lines, in order of their first. */
export function signersOf(lines: readonly CheckedLine[], { known, own }: Trust): readonly SignedBy[] {
  const groups = Map.groupBy(lines, (line) => {
    const { key, name, user, host } = line.entry.writer;
    return JSON.stringify([signingOf(line), key, name, user, host]);
  });
  return [...groups.values()].flatMap((group): SignedBy[] => {
    const [first] = group;
    if (!first) return [];
    const { key, name: person, user, host } = first.entry.writer;
    return [{ signing: signingOf(first), key, person, user, host, lines: group.map(({ row }) => row) }];
  });

  function signingOf({ authentic, signed, entry: { writer } }: CheckedLine): Signing {
    if (!signed || writer.key === undefined) return 'none';
    if (!authentic) return 'wrong';
    if (own.has(writer.key)) return 'own';
    return known.has(writer.key) ? 'known' : 'new';
  }
}
