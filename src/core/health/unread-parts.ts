// Parts of a server's answer that could not be read: what is judged by them is unknown, not well.
import type { DatabasePart, MissingPart } from '../queries/missing.ts';
import type { Database } from '../world/facts.ts';
import type { Finding } from './finding.ts';
import { decide } from './rules/index.ts';

/** Parts with findings of their own, below `database/primary/`: those that were there stay until the part is read again. */
const own: Partial<Readonly<Record<DatabasePart, { id: string; subject: string }>>> = {
  'replication slots': { id: 'slot', subject: 'log' },
  'age of ids': { id: 'wraparound', subject: 'ids' },
  archiver: { id: 'archive', subject: 'archive' },
  checksums: { id: 'damage', subject: 'pages' },
  'prepared transactions': { id: 'prepared', subject: 'prepared' },
  sequences: { id: 'sequence', subject: 'sequences' },
};

/** Parts by which the primary itself is judged; `writes` has a rule of its own. */
const ofPrimary: readonly DatabasePart[] = ['privileges', 'transactions', 'blocked sessions'];

/** One finding for each part that is judged by itself and was not read. */
export function unreadParts(server: 'primary' | 'replica', { missing }: Database): Finding[] {
  return missing.flatMap(({ part, grant }): Finding[] => {
    const one = own[part];
    if (one === undefined) return [];
    const about = { id: `database/${server}/${one.id}`, subject: `${server} ${one.subject}` };
    return [
      {
        ...about,
        area: 'database',
        ...decide('part/unread'),
        says: `${part} not readable`,
        remedy: grant,
        unanswered: true,
      },
    ];
  });
}

/** What was not read of that which the primary itself is judged by. */
export const unreadOfPrimary = ({ missing }: Database): readonly MissingPart[] =>
  missing.filter(({ part }) => ofPrimary.includes(part));
