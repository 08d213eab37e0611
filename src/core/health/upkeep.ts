// What makes a primary fail later, or has failed unnoticed.
import { formatAge, formatCount, formatPercent } from '../text/format.ts';
import type { Upkeep } from '../world/facts.ts';
import type { Finding } from './finding.ts';
import { decide, type Evaluation } from './rules/index.ts';
import { damageIsNews, oldPrepared, sequenceShare } from './rules/postgres.ts';

type Damage = Evaluation & { remedy: string };

/** Only problems. */
export function evaluateUpkeep(upkeep: Upkeep): Finding[] {
  const found: readonly (readonly [string, string, Damage | undefined])[] = [
    ['archive', 'WAL archive', archiveOf(upkeep)],
    ['damage', 'data pages', damageOf(upkeep)],
    ['prepared', 'prepared', preparedOf(upkeep)],
    ['sequence', 'sequences', sequenceOf(upkeep)],
  ];
  return found.flatMap(([id, subject, judged]): Finding[] =>
    judged ? [{ id: `database/primary/${id}`, area: 'database', subject, ...judged }] : [],
  );
}

function archiveOf({ archive }: Upkeep): Damage | undefined {
  if (archive?.failing) {
    const last =
      archive.archived === undefined ? 'nothing was archived' : `last success ${formatAge(archive.archived)} ago`;
    return {
      ...decide('archive/failing'),
      says: `archiving fails (${formatCount(archive.failures)} failures, ${last}): WAL fills the disk, and backups end there`,
      remedy: 'check archive_command and the server log',
    };
  }
  if (!archive?.idle) return undefined;
  const says = 'archive_mode is on, and nothing archives: WAL fills the disk';
  return { ...decide('archive/idle'), says, remedy: 'set archive_command, or archive_mode = off' };
}

function damageOf({ damage }: Upkeep): Damage | undefined {
  if (!damage) return undefined;
  const fresh = damage.last === undefined || damage.last < damageIsNews;
  const last = damage.last === undefined ? '' : `, the last ${formatAge(damage.last)} ago`;
  return {
    ...decide(fresh ? 'damage/fresh' : 'damage/old'),
    says: `${formatCount(damage.pages)} pages had a wrong checksum${last}`,
    remedy: 'check the disk; restore what is damaged from a backup',
  };
}

function preparedOf({ prepared }: Upkeep): Damage | undefined {
  if (!prepared || prepared.age < oldPrepared) return undefined;
  const more = prepared.others > 0 ? ` and ${prepared.others} more` : '';
  return {
    ...decide('prepared/old'),
    says: `prepared transaction ${prepared.id}${more} waits for ${formatAge(prepared.age)}: it holds locks and dead rows`,
    remedy: `COMMIT PREPARED or ROLLBACK PREPARED '${prepared.id.replaceAll("'", "''")}'`,
  };
}

function sequenceOf({ sequence }: Upkeep): Damage | undefined {
  if (!sequence || sequence.share < sequenceShare.warning) return undefined;
  const critical = sequence.share >= sequenceShare.critical;
  return {
    ...decide(critical ? 'sequence/out' : 'sequence/near'),
    says: `${sequence.name} has used ${formatPercent(sequence.share * 100)} of its values: inserts fail after the last`,
    remedy: 'change its column and the sequence to bigint',
  };
}
