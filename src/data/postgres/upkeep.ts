// What makes a primary fail later, as a part of its fact.
import { sanitize } from '../../core/text/text.ts';
import { second } from '../../core/time.ts';
import type { Upkeep } from '../../core/world/facts.ts';
import type { ArchiverRow, DamageRow, PreparedRow, SequenceRow } from './queries/upkeep.ts';

type Rows = {
  archiver: ArchiverRow | undefined;
  damage: DamageRow | undefined;
  prepared: PreparedRow | undefined;
  sequence: SequenceRow | undefined;
};

const since = (seconds: number | null) => (seconds === null ? undefined : Math.max(0, seconds * second));

/** The rows of the fact; healthy, disabled or refused parts are absent. */
export function upkeepFrom({ archiver, damage, prepared, sequence }: Rows): Upkeep {
  return {
    archive: archiver && archiver.mode !== 'off' ? archiveFrom(archiver) : undefined,
    damage: damage?.pages ? { pages: damage.pages, last: since(damage.last) } : undefined,
    prepared: prepared && { id: sanitize(prepared.id, 80), age: since(prepared.seconds) ?? 0, others: prepared.others },
    sequence: sequence && { name: sanitize(sequence.name, 120), share: sequence.share },
  };
}

/** It fails while its last failure is newer than its last success. */
function archiveFrom({ idle, failures, failed, archived }: ArchiverRow): Upkeep['archive'] {
  return {
    idle,
    failing: failed !== null && (archived === null || failed < archived),
    failures,
    archived: since(archived),
  };
}
