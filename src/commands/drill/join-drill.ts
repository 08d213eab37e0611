// A second cockpit on a drill that runs on this host: with the drill's environment, and a journal of its own.
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as z from 'zod';
import { guardedDirectory } from '../../../simulator/reaper.ts';
import { readPrivate } from '../../disk/private-files.ts';
import { enterDrill } from './drill-environment.ts';

const environment = z.record(z.string().regex(/^[A-Z][A-Z0-9_]*$/), z.string().max(10_000));

/**
 * Puts the environment of the drill `name` in force; `end` removes this cockpit's journal. Throws where there is no such
 * drill of this user.
 */
export async function joinDrill(name: string): Promise<{ end(): Promise<void> }> {
  const file = path.join(tmpdir(), name, 'state', 'join.json');
  let text: string;
  try {
    text = await readPrivate(file, 256 * 1024);
  } catch {
    throw new Error(`no drill ${name} of yours runs on this host: start one with drill SCENARIO --war-room`);
  }
  // A directory of its own: it goes when this cockpit ends, whether the drill still runs or not.
  const own = await guardedDirectory();
  enterDrill({
    ...environment.parse(JSON.parse(text)),
    BENTHAM_JOURNAL_DIRECTORY: path.join(own.directory, 'journal'),
  });
  return own;
}
