// An archive of this machine, checked; what is in the way of reading it is a fault.
import type { ArchiveReport } from '../../core/preserve/archive.ts';
import { sanitize, stripControl } from '../../core/text/text.ts';
import { isMissing } from '../../disk/bounded-file.ts';
import type { Look } from '../looked-through.ts';
import type { Result } from '../source.ts';
import { verifyArchive } from './verify.ts';

export async function checkedArchive(file: string, look: Look = {}): Promise<Result<ArchiveReport>> {
  try {
    return { ok: true, value: await verifyArchive(file, look) };
  } catch (error) {
    const where = stripControl(file, 300);
    const what = isMissing(error) ? 'no such file' : sanitize(error instanceof Error ? error.message : error, 200);
    return { ok: false, fault: { kind: 'unconfigured', where, what, hint: 'check its name and its permissions' } };
  }
}
