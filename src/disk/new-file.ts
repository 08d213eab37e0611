// Files that a person asks for: private, and never over another one.
import { createHash, randomUUID } from 'node:crypto';
import { link, lstat, open, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { sanitize } from '../core/text/text.ts';
import { removeLeftBehind } from './private-directory.ts';

/** `exists`: there is such a file. */
export type Written = { path: string } | { problem: string; exists?: true };

/** What is written; of something long its parts. */
type Content = string | Uint8Array | Iterable<string>;

/**
 * Writes a file with mode 0600; an existing one is never overwritten. Under its name it is whole or not there, whenever the
 * process is killed: it is written under another one, `.….part` beside it, first. What a killed process left of these is
 * removed by the next one that writes there.
 */
export async function writeNew(path: string, content: Content): Promise<Written> {
  const whole = resolve(path);
  // Hosts may share the directory, and a process id means something on one of them.
  const host = createHash('sha256').update(hostname()).digest('hex').slice(0, 12);
  const draft = join(dirname(whole), `.bentham-${host}-${process.pid}-${randomUUID()}.part`);
  try {
    if (await isThere(whole)) return existing(whole);
    removeLeftBehind(new RegExp(`^\\.bentham-${host}-([1-9]\\d{0,9})-[\\da-f-]{36}\\.part$`), dirname(whole));
    await write(draft, content);
    await giveName(draft, whole);
    return { path: whole };
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return existing(whole);
    const says = error instanceof Error ? error.message : String(error);
    return { problem: sanitize(says.split(draft).join(whole), 300) };
  } finally {
    await rm(draft, { force: true }).catch(() => undefined);
  }
}

/**
 * Gives a file that is whole its name, and never that of another one: then it throws EEXIST. The first name may stay. On a
 * file system without hard links a kill in the middle leaves an empty file under the name.
 */
export async function giveName(draft: string, whole: string): Promise<void> {
  try {
    await link(draft, whole);
  } catch (error) {
    if (!lackOfLinks.has(codeOf(error))) throw error;
    // A rename replaces what is there: so the name is taken first.
    await (await open(whole, 'wx', 0o600)).close();
    await rename(draft, whole).catch(async (failure: unknown) => {
      await rm(whole, { force: true });
      throw failure;
    });
  }
}

/** What file systems say that have no hard links (FAT, some network shares). */
const lackOfLinks: ReadonlySet<unknown> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

const existing = (whole: string): Written => ({ problem: `${sanitize(whole, 300)} already exists`, exists: true });

/** Also a link that leads nowhere. */
const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

/** Half a file is none. */
async function write(path: string, content: Content): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await writeFile(file, content);
    await file.sync();
  } catch (error) {
    await rm(path, { force: true }).catch(() => undefined);
    throw error;
  } finally {
    await file.close();
  }
}
