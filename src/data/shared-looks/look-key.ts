// What decides what is asked: only cockpits that ask the same, from the same place, share an answer.
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import about from '../../../package.json' with { type: 'json' };

/**
 * The look's name for a fact. `parts`: all that decides what is asked and what may be seen, but no secret. `where`: from
 * where it is asked; empty for what is the same from everywhere.
 */
export function lookKey(fact: string, parts: unknown, where: readonly string[] = here()): string {
  const version = [about.version, process.env.BENTHAM_COCKPIT_COMMIT];
  return createHash('sha256')
    .update(JSON.stringify([fact, version, where, parts]))
    .digest('hex')
    .slice(0, 32);
}

/** What cockpits have in common that share looks by files: one version, on one host, beside one journal. */
export const placeOf = (journal: string): string => lookKey('place', resolve(journal));

/**
 * Where this process runs: a journal may lie on a file system of several hosts or containers, where the same address is
 * another server and a process id another process.
 */
function here(): readonly string[] {
  const namespaces = ['net', 'pid', 'mnt'].map((kind) => told(() => readlinkSync(`/proc/self/ns/${kind}`)));
  return [hostname(), told(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')), ...namespaces];
}

/** Not every system tells. */
function told(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
