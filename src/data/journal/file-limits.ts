// What may be read as a file of a journal. Others of the group can put anything into the directory: a pipe would be
// waited for without end, and a file of gigabytes would not fit into memory.
import { stat } from 'node:fs/promises';

/** Bytes; hundreds of thousands of entries. */
const longest = 64 * 1024 * 1024;

/** Why it is not read, in words. */
export class Unfit extends Error {}

/** Looks at a file before it is opened. Throws `Unfit`, or what the system says. */
export async function fitToRead(path: string): Promise<{ ino: number; size: number; mtimeMs: number }> {
  const found = await stat(path);
  if (!found.isFile()) throw new Unfit('is not a file');
  if (found.size > longest) throw new Unfit('is too large to be a journal');
  return found;
}
