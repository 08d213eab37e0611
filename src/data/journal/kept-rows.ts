// Rows as they were before a run changed them, in the journal's directory, for undo. Written and flushed before the
// change; readable by their owner only.
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import type { KeptRows } from '../../core/actions/preflight.ts';
import type { Outcome } from '../source.ts';

export type KeptFiles = {
  write(run: string, rows: KeptRows): Promise<void>;
  read(run: string): Promise<Outcome<KeptRows>>;
};

export function keptFiles(journal: string): KeptFiles {
  const directory = path.join(journal, 'kept');
  const fileOf = (run: string) => path.join(directory, `${run}.json`);
  return {
    async write(run, rows) {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      // A run that was planned again keeps its rows again: what it kept before was rolled back.
      const fresh = `${fileOf(run)}.new`;
      const file = await open(fresh, 'w', 0o600);
      try {
        await file.writeFile(JSON.stringify(rows));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(fresh, fileOf(run));
    },
    async read(run) {
      const fault = (what: string): Outcome<KeptRows> => ({
        ok: false,
        fault: {
          kind: 'unconfigured',
          where: directory,
          what,
          hint: 'only the cockpit that shares this journal has them',
        },
      });
      if (!/^[0-9A-Z]{26}$/.test(run)) return fault('that is no run’s id');
      try {
        const value: unknown = JSON.parse(await readFile(fileOf(run), 'utf8'));
        return isKept(value) ? { ok: true, value } : fault('the kept rows cannot be read');
      } catch {
        return fault('no rows were kept for that run');
      }
    },
  };
}

function isKept(value: unknown): value is KeptRows {
  return (
    typeof value === 'object' &&
    value !== null &&
    'columns' in value &&
    Array.isArray(value.columns) &&
    'rows' in value &&
    Array.isArray(value.rows)
  );
}
