// Where archives go: a directory that nobody else can write, by default one beside the journal, and what was begun there.
import { lstatSync, mkdirSync } from 'node:fs';
import { readdir, statfs } from 'node:fs/promises';
import path from 'node:path';
import type { Settings } from '../../config/settings.ts';
import type { ArchivePlace, Content, Unfinished } from '../../core/preserve/archive.ts';
import { sanitize, stripControl } from '../../core/text/text.ts';
import { day, type Instant, type Ms } from '../../core/time.ts';
import { Distrusted, privateDirectory, writableByOthers } from '../../disk/private-files.ts';
import { inspect, prepare } from '../journal/directory.ts';
import type { Result } from '../source.ts';
import { partialOf, progressName } from './partial-archive.ts';
import { begunAs, type ProgressLine } from './progress-file.ts';

/** What was begun before that belongs to another incident. */
const continuedFor: Ms = day;

/** Below the journal's directory. */
const ownName = 'evidence';

/** An archive continues with the same profile, environment, cluster and namespace only. */
export const scopeOf = ({ profile, environment, kubernetes }: Settings): string =>
  JSON.stringify([profile, environment.name, kubernetes.context ?? '', kubernetes.namespace]);

/** Makes the directory where it is ours to make, and says why it cannot be used. */
export function prepareDirectory(directory: string, journal: string | undefined): Distrusted | undefined {
  if (journal !== undefined && path.resolve(directory) === ownDirectory(journal)) {
    const trouble = prepare({ directory: journal });
    if (trouble) return new Distrusted(trouble.what, trouble.hint);
    privateDirectory(directory);
    return undefined;
  }
  if (!lstatSync(directory, { throwIfNoEntry: false })) mkdirSync(directory, { recursive: true, mode: 0o700 });
  const trouble = inspect({ directory }, writableByOthers);
  return trouble && new Distrusted(`${trouble.where} ${trouble.what}`, 'give another directory');
}

const ownDirectory = (journal: string): string => path.join(path.resolve(journal), ownName);

/** The place for an archive: the given directory, or our own. Makes nothing. `incident`: only its archives continue. */
export async function archivePlace(
  settings: Settings,
  given: string | undefined,
  of: { content: Content; since: Instant | undefined; incident: string | undefined },
): Promise<Result<ArchivePlace>> {
  const { directory: journal } = settings.journal;
  const no = (what: string, hint: string): Result<ArchivePlace> => ({
    ok: false,
    fault: { kind: 'unconfigured', where: 'this machine', what, hint },
  });
  if (given === undefined && !journal) return no('there is no journal to keep it beside', 'give a directory');
  const directory = given === undefined ? ownDirectory(journal ?? '') : path.resolve(given);
  try {
    const exists = lstatSync(directory, { throwIfNoEntry: false });
    const trouble = exists && inspect({ directory }, writableByOthers);
    if (trouble) return no(`${trouble.where} ${trouble.what}`, 'give another directory');
    const { bavail, bsize } = await statfs(exists ? directory : existingAbove(directory));
    const unfinished = exists ? await unfinishedIn(directory, settings, of) : undefined;
    return { ok: true, value: { directory, freeBytes: bavail * bsize, unfinished } };
  } catch (error) {
    return no(
      `${stripControl(directory, 200)}: ${sanitize(error instanceof Error ? error.message : error, 200)}`,
      'give another directory',
    );
  }
}

function existingAbove(directory: string): string {
  let at = directory;
  while (at !== path.dirname(at) && !lstatSync(at, { throwIfNoEntry: false })) at = path.dirname(at);
  return at;
}

/** The newest that was begun of the same, and is not done. What cannot be trusted is left alone. */
async function unfinishedIn(
  directory: string,
  settings: Settings,
  { content, since, incident }: { content: Content; since: Instant | undefined; incident: string | undefined },
): Promise<Unfinished | undefined> {
  const names = (await readdir(directory)).filter((name) => /^evidence-[\w.-]{1,200}\.partial$/.test(name));
  for (const partial of names.toSorted().reverse()) {
    const name = partial.replace(/\.partial$/, '');
    const archive = path.join(directory, `${name}.tar.gz`);
    if (lstatSync(archive, { throwIfNoEntry: false })) continue;
    const was = await begunAs(path.join(partialOf(archive), progressName)).catch(() => undefined);
    if (!was || was.begun.content !== content || was.begun.scope !== scopeOf(settings)) continue;
    if (was.begun.incident !== incident || was.begun.since !== since) continue;
    if (Date.now() - was.begun.at > continuedFor) continue;
    return { name, content, begun: was.begun.at, ...sizeOf(was.lines) };
  }
  return undefined;
}

function sizeOf(lines: readonly ProgressLine[]): { bytes: number; files: number } {
  const sizes = new Map<string, number>();
  let files = 0;
  for (const line of lines) {
    if (line.kind === 'file') files += 1;
    if (line.kind === 'file' || line.kind === 'part') sizes.set(line.name, line.bytes);
  }
  return { files, bytes: [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0) };
}
