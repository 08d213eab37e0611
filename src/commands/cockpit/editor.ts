// The person's editor for a note or a message: a private file, a program without a shell, and nothing left behind.
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stripControl } from '../../core/text/text.ts';
import { foreignEnvironment } from '../../data/tools/environment.ts';
import { endWithUs } from '../../data/tools/left-behind.ts';
import { readBounded, unreadable } from '../../disk/bounded-file.ts';
import { privateDirectory } from '../../disk/private-directory.ts';

/** What was written, or why nothing was. */
export type Edited = string | { failed: string };

/** In bytes: far more than a message may have. */
const longest = 100_000;

/** The editor and its arguments, as git takes them: VISUAL before EDITOR. Quotes group words; no shell reads them. */
export function editorOf({ VISUAL, EDITOR }: Readonly<Record<string, string | undefined>>): readonly string[] {
  const command = [VISUAL, EDITOR].find((one) => one?.trim()) ?? 'vi';
  return [...command.matchAll(/"([^"]*)"|'([^']*)'|[^\s"']+/g)].map(
    ([word, double, single]) => double ?? single ?? word,
  );
}

/**
 * Lets the person edit a text. The file is in a directory that only this user can read, and is removed however the
 * editor ends.
 */
export async function editText(text: string, environment: NodeJS.ProcessEnv = process.env): Promise<Edited> {
  const [program = 'vi', ...rest] = editorOf(environment);
  let directory: string;
  try {
    directory = await privateDirectory('edit');
  } catch (error) {
    return { failed: noFile(error) };
  }
  const file = path.join(directory, 'message.txt');
  // A signal may end the cockpit meanwhile.
  const removed = () => rmSync(directory, { recursive: true, force: true });
  process.on('exit', removed);
  try {
    const full = await writeFile(file, `${text}\n`, { mode: 0o600, flag: 'wx' }).catch(noFile);
    if (full !== undefined) return { failed: full };
    const failed = await runs(program, [...rest, file], foreignEnvironment(environment), directory);
    if (failed !== undefined) return { failed };
    return (await readBounded(file, longest)).toString('utf8').trim();
  } catch (error) {
    return { failed: `the text cannot be read: ${unreadable(error)}` };
  } finally {
    process.off('exit', removed);
    // What an editor did to the directory must not end the cockpit.
    await rm(directory, { recursive: true, force: true }).catch(() => {});
  }
}

/** Why there is nothing to edit: a full disk, or a temporary directory that is missing or read-only. */
function noFile(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
  return `the editor did not start: no file can be written in ${stripControl(tmpdir(), 200)}${code}`;
}

/** Resolves when it has ended; why it failed. */
function runs(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  leftover: string,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: 'inherit', env });
    const stopWatch = child.pid === undefined ? undefined : endWithUs(child.pid, { leftover });
    child.on('error', (error: NodeJS.ErrnoException) =>
      resolve(
        error.code === 'ENOENT' ? `editor ${program} not found: set EDITOR` : `editor ${program}: ${error.message}`,
      ),
    );
    child.on('exit', (code, signal) => {
      stopWatch?.();
      resolve(
        code === 0 ? undefined : `editor ${program} ended with ${signal ?? `exit code ${code}`}; the text is unchanged`,
      );
    });
  });
}
