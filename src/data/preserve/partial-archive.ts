// An archive while it is written: NAME.partial holds the archive so far, the logs that are being read, and how far each
// is. It becomes NAME.tar.gz when it is done, and continues after a stop, a kill or a full disk.
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { ArchivedFile, MissingFile } from '../../core/preserve/archive.ts';
import { giveName } from '../../disk/new-file.ts';
import { openPrivate, privateDirectory, syncDirectory } from '../../disk/private-files.ts';
import { endOfTar, tarHeader, tarPadding } from '../../disk/tar.ts';
import { PartFile, type PartState, writeAll } from './part-file.ts';
import { type Begun, ProgressFile } from './progress-file.ts';

const pack = promisify(gzip);

const { O_RDWR, O_CREAT } = constants;

/** Bytes that are copied at once. */
const copied = 128 * 1024;

export const partialOf = (archive: string): string => archive.replace(/\.tar\.gz$/, '.partial');
export const progressName = 'progress.jsonl';

/** The directory within an archive: its file's name without the ending. */
export const nameOf = (archive: string): string => path.basename(archive).replace(/\.tar\.gz$/, '');

export class PartialArchive {
  readonly archive: string;
  readonly begun: Begun;
  /** How many processes have worked on it. */
  readonly sittings: number;
  readonly #directory: string;
  readonly #handle: FileHandle;
  readonly #progress: ProgressFile;
  readonly #files: Map<string, ArchivedFile>;
  readonly #left: Map<string, PartState>;
  readonly #open = new Set<PartFile>();
  #missing: MissingFile[];
  #end: number;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(archive: string, begun: Begun, handle: FileHandle, progress: ProgressFile, was: Was) {
    this.archive = archive;
    this.begun = begun;
    this.#directory = partialOf(archive);
    this.#handle = handle;
    this.#progress = progress;
    this.#files = was.files;
    this.#left = was.parts;
    this.#missing = [];
    this.#end = was.end;
    this.sittings = was.sittings + 1;
  }

  /** Begins an archive, or continues it as it was begun. Throws `Distrusted`, and what the disk says. */
  static async open(archive: string, fresh: Begun): Promise<PartialArchive> {
    const directory = partialOf(archive);
    privateDirectory(directory);
    const { file: progress, lines } = await ProgressFile.open(path.join(directory, progressName));
    try {
      const [first] = lines;
      const begun = first?.kind === 'begun' ? first : fresh;
      if (first?.kind !== 'begun') await progress.add(fresh);
      await progress.add({ kind: 'sitting', at: Date.now() });
      const { handle, stat } = await openPrivate(path.join(directory, 'archive.tar.gz'), O_RDWR | O_CREAT);
      const was = wasOf(lines);
      // A file that reached the archive, but not the list, is written again.
      if (stat.size < was.end) throw new Error(`${directory} is damaged: its archive is shorter than it was`);
      await handle.truncate(was.end);
      return new PartialArchive(archive, begun, handle, progress, was);
    } catch (error) {
      await progress.close();
      throw error;
    }
  }

  has(name: string): boolean {
    return this.#files.has(name);
  }

  get files(): readonly ArchivedFile[] {
    return [...this.#files.values()];
  }

  get missing(): readonly MissingFile[] {
    return this.#missing;
  }

  /** Files that were being read when the process before this one ended. */
  get left(): readonly string[] {
    return [...this.#left.keys()].filter((name) => !this.#files.has(name));
  }

  /** Unpacked bytes that are safe or on their way. */
  get bytes(): number {
    const done = this.files.reduce((sum, file) => sum + file.bytes, 0);
    const left = this.left.reduce((sum, name) => sum + (this.#left.get(name)?.bytes ?? 0), 0);
    return [...this.#open].reduce((sum, part) => sum + part.state.bytes, done + left);
  }

  /** Adds a small file as it is. */
  async add(name: string, content: Buffer, partial?: string): Promise<void> {
    const head = tarHeader(`${nameOf(this.archive)}/${name}`, content.length, Date.now());
    const sha256 = createHash('sha256').update(content).digest('hex');
    const member = await pack(Buffer.concat([head, content, tarPadding(content.length)]));
    await this.#append({ name, bytes: content.length, sha256, partial }, async (at) => {
      await writeAll(this.#handle, member, at);
      return at + member.length;
    });
  }

  /** A file that grows. What was read of it before is kept, unless it is to be read `anew`. */
  async part(name: string, { anew = false }: { anew?: boolean } = {}): Promise<PartFile> {
    const file = path.join(this.#directory, partName(name));
    const part = await PartFile.open(file, name, this.#progress, anew ? undefined : this.#left.get(name));
    this.#left.delete(name);
    this.#open.add(part);
    return part;
  }

  /** Puts a part into the archive. `partial`: why it is not all of it. */
  async close(part: PartFile, partial?: string): Promise<void> {
    const { bytes, packed, sha256, handle } = await part.done();
    const [head, behind] = await Promise.all([
      pack(tarHeader(`${nameOf(this.archive)}/${part.name}`, bytes, Date.now())),
      pack(tarPadding(bytes)),
    ]);
    await this.#append({ name: part.name, bytes, sha256, partial }, async (begin) => {
      await writeAll(this.#handle, head, begin);
      let at = begin + head.length;
      const buffer = Buffer.alloc(Math.min(copied, Math.max(1, packed)));
      for (let from = 0; from < packed; ) {
        const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, packed - from), from);
        if (bytesRead === 0) throw new Error(`the part of ${part.name} became shorter`);
        await writeAll(this.#handle, buffer.subarray(0, bytesRead), at);
        from += bytesRead;
        at += bytesRead;
      }
      await writeAll(this.#handle, behind, at);
      return at + behind.length;
    });
    this.#open.delete(part);
    await part.close();
    await rm(path.join(this.#directory, partName(part.name)), { force: true });
  }

  /** Keeps what is there of a part for the process that continues. */
  async leave(part: PartFile): Promise<void> {
    await part.keep();
    const { state } = part;
    this.#open.delete(part);
    this.#left.set(part.name, state);
    await part.close();
  }

  /** Forgets a part. */
  async drop(part: PartFile): Promise<void> {
    this.#open.delete(part);
    await part.close();
    await rm(path.join(this.#directory, partName(part.name)), { force: true });
  }

  /** A file that cannot be had. It is tried again by the process that continues. */
  lacks(name: string, why: string): void {
    this.#missing = [...this.#missing, { name, why }];
  }

  /** Ends the archive, and gives it its name; an existing file is never replaced. */
  async finish(): Promise<void> {
    const member = await pack(endOfTar);
    await writeAll(this.#handle, member, this.#end);
    await this.#handle.truncate(this.#end + member.length);
    await this.#handle.sync();
    await this.end();
    await giveName(path.join(this.#directory, 'archive.tar.gz'), this.archive);
    await rm(this.#directory, { recursive: true, force: true });
    await syncDirectory(path.dirname(this.archive));
  }

  /** Closes its files; the archive can be continued. */
  async end(): Promise<void> {
    await this.#turn;
    await Promise.allSettled([...this.#open].map((part) => part.close()));
    await this.#progress.close();
    await this.#handle.close();
  }

  /** One file after the other; the list names it once it is on the disk. */
  #append(file: ArchivedFile, write: (at: number) => Promise<number>): Promise<void> {
    const done = this.#turn.then(async () => {
      const end = await write(this.#end);
      await this.#handle.sync();
      await this.#progress.add({ kind: 'file', ...file, end });
      this.#end = end;
      this.#files.set(file.name, file);
    });
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

/** Names from outside are no names of files. */
const partName = (name: string): string => `part-${createHash('sha256').update(name).digest('hex').slice(0, 24)}.gz`;

type Was = { files: Map<string, ArchivedFile>; parts: Map<string, PartState>; end: number; sittings: number };

function wasOf(lines: Awaited<ReturnType<typeof ProgressFile.open>>['lines']): Was {
  const was: Was = { files: new Map(), parts: new Map(), end: 0, sittings: 0 };
  for (const line of lines) {
    if (line.kind === 'sitting') was.sittings += 1;
    if (line.kind === 'part') {
      const { name, bytes, packed, stamp, same, cut } = line;
      was.parts.set(name, { bytes, packed, cursor: { stamp, same, cut } });
    }
    if (line.kind !== 'file') continue;
    const { name, bytes, sha256, partial, end } = line;
    was.files.set(name, { name, bytes, sha256, partial });
    was.parts.delete(name);
    was.end = end;
  }
  return was;
}
