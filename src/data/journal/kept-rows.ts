// Rows as they were before a run changed them, in the journal's directory, for undo. Written and flushed before the
// change; readable by their owner only.
import { rename } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import type { KeptRows } from '../../core/actions/preflight.ts';
import { formatBytes } from '../../core/text/format.ts';
import {
  Distrusted,
  isPrivateDirectory,
  privateDirectory,
  readPrivate,
  replacePrivate,
} from '../../disk/private-files.ts';
import type { Result } from '../source.ts';
import { prepare } from './directory.ts';

/** Bytes; more than the rows that one run changes have. */
const longest = 256 * 1024 * 1024;

const keptRows = z.object({
  columns: z.array(z.string()),
  rows: z.array(z.array(z.string().nullable())),
}) satisfies z.ZodType<KeptRows>;

export type KeptFiles = {
  write(run: string, rows: KeptRows): Promise<void>;
  read(run: string): Promise<Result<KeptRows>>;
};

export function keptFiles(journal: string): KeptFiles {
  const directory = path.join(journal, 'kept');
  const fileOf = (run: string) => path.join(directory, `${run}.json`);
  return {
    async write(run, rows) {
      const trouble = prepare({ directory: journal });
      if (trouble) throw new Distrusted(trouble.what, trouble.hint);
      privateDirectory(directory);
      // A run that was planned again keeps its rows again: what it kept before was rolled back.
      const fresh = `${fileOf(run)}.new`;
      const text = JSON.stringify(rows);
      // What could not be read back would be no undo.
      if (Buffer.byteLength(text) > longest)
        throw new Distrusted(`what is saved for undo takes more than ${formatBytes(longest)}`, 'choose fewer rows');
      await replacePrivate(fresh, text);
      await rename(fresh, fileOf(run));
    },
    async read(run) {
      const fault = (what: string): Result<KeptRows> => ({
        ok: false,
        fault: {
          kind: 'unconfigured',
          where: directory,
          what,
          hint: 'only a cockpit with this journal has them',
        },
      });
      if (!/^[0-9A-Z]{26}$/.test(run)) return fault('not a run id');
      try {
        if (!isPrivateDirectory(directory)) return fault('no saved rows for that run');
        const rows = keptRows.safeParse(JSON.parse(await readPrivate(fileOf(run), longest)));
        return rows.success ? { ok: true, value: rows.data } : fault('cannot read the saved rows');
      } catch (error) {
        if (error instanceof Distrusted) return fault(`cannot read the saved rows: ${error.message}`);
        return fault('no saved rows for that run');
      }
    },
  };
}
