// Reads an archive from its first byte to its last and compares each file with the manifest, in little memory.
import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { ArchiveProblem, ArchiveReport } from '../../core/preserve/archive.ts';
import { sanitize, stripControl } from '../../core/text/text.ts';
import { readFrom } from '../../disk/private-files.ts';
import { isArchiveName } from '../../disk/tar.ts';
import { BadTar, Untar } from '../../disk/untar.ts';
import type { Look } from '../looked-through.ts';
import { manifest, manifestName, sumsName, sumsOf } from './manifest.ts';

/** Bytes of a manifest; 100,000 files have less. */
const longestManifest = 64 * 1024 * 1024;
/** Files of an archive. */
const mostFiles = 500_000;
/** Names that lead out of the archive's directory; one is enough to distrust it. */
const mostUnsafe = 100;

type Found = { bytes: number; sha256: string };

/** Throws where the file cannot be opened or read. What is wrong with its content is in the report. */
export async function verifyArchive(file: string, { signal, told }: Look = {}): Promise<ArchiveReport> {
  // A pipe that is named as an archive is not waited for.
  const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new Error('is no file');
    const { size } = stat;
    const whole = createHash('sha256');
    const contents = new Contents();
    const problems: ArchiveProblem[] = [];
    let bytes = 0;
    const gunzip = createGunzip();
    // Not a stream of the handle's own: its end closes the handle, and the rest of a broken archive is still to be read.
    const source = Readable.from(
      chunksOf(handle, size, (chunk) => {
        bytes += chunk.length;
        whole.update(chunk);
      }),
    );
    source.on('error', (error) => gunzip.destroy(error));
    source.pipe(gunzip);
    try {
      for await (const chunk of gunzip as AsyncIterable<Buffer>) {
        signal?.throwIfAborted();
        contents.untar.push(chunk);
        told?.({ done: bytes, total: size, unit: 'bytes' });
      }
      if (!contents.untar.ended) problems.push({ kind: 'truncated', what: contents.current ?? 'its end' });
      if (gunzip.bytesWritten < size) problems.push({ kind: 'data-behind', what: 'the end of its gzip data' });
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof BadTar) && !isGzipError(error)) throw error;
      const cut = error instanceof Error && 'code' in error && error.code === 'Z_BUF_ERROR';
      const what = sanitize(error instanceof Error ? error.message : error, 200);
      problems.push(
        cut ? { kind: 'truncated', what: contents.current ?? 'its end' } : { kind: 'not-an-archive', what },
      );
    }
    source.destroy();
    // What gunzip did not read belongs to the file's hash, too.
    const sha256 = bytes < size ? await hashOf(handle, size) : whole.digest('hex');
    return { file, bytes: size, sha256, ...contents.compared(problems) };
  } finally {
    await handle.close();
  }
}

function isGzipError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^Z_/.test(String(error.code));
}

/** Bytes that are read at once. */
const pieceBytes = 256 * 1024;

/** The file from its beginning, each piece once it is `taken`. */
async function* chunksOf(handle: FileHandle, size: number, taken: (bytes: Buffer) => void): AsyncGenerator<Buffer> {
  for (let at = 0; at < size; ) {
    const bytes = await readFrom(handle, at, Math.min(pieceBytes, size - at));
    if (bytes.length === 0) return;
    at += bytes.length;
    taken(bytes);
    yield bytes;
  }
}

async function hashOf(handle: FileHandle, size: number): Promise<string> {
  const hash = createHash('sha256');
  const buffer = Buffer.alloc(1024 * 1024);
  for (let at = 0; at < size; ) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) break;
    hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
  return hash.digest('hex');
}

/** The files of an archive as they go by. */
class Contents {
  readonly untar: Untar;
  /** The file that is being read. */
  current: string | undefined;
  readonly #files = new Map<string, Found>();
  readonly #twice: string[] = [];
  readonly #unsafe: string[] = [];
  #manifest: Buffer | undefined;
  #bytes = 0;

  constructor() {
    let hash: Hash = createHash('sha256');
    let kept: Buffer[] | undefined;
    let size = 0;
    this.untar = new Untar({
      file: (name, bytes) => {
        if (this.#files.size >= mostFiles) throw new BadTar(`it has more than ${mostFiles} files`);
        this.current = stripControl(name, 1000);
        if (!isArchiveName(name) && this.#unsafe.length < mostUnsafe) this.#unsafe.push(sanitize(name, 300));
        size = bytes;
        hash = createHash('sha256');
        kept = name.split('/')[1] === manifestName && bytes <= longestManifest ? [] : undefined;
      },
      content: (chunk) => {
        hash.update(chunk);
        kept?.push(Buffer.from(chunk));
      },
      end: () => {
        const name = this.current ?? '';
        if (this.#files.has(name)) this.#twice.push(name);
        this.#files.set(name, { bytes: size, sha256: hash.digest('hex') });
        this.#bytes += size;
        if (kept) this.#manifest = Buffer.concat(kept);
        this.current = undefined;
      },
    });
  }

  /** What is there against what the manifest says. */
  compared(found: readonly ArchiveProblem[]): Omit<ArchiveReport, 'file' | 'bytes' | 'sha256'> {
    const counted = { files: this.#files.size, contentBytes: this.#bytes };
    const named = (kind: ArchiveProblem['kind'], all: readonly string[]) => all.map((what) => ({ kind, what }));
    const problems = [...found, ...named('unsafe-name', this.#unsafe), ...named('duplicate', this.#twice)];
    const no = (kind: ArchiveProblem['kind']) => ({
      ...counted,
      problems: [...problems, { kind, what: manifestName }],
    });
    if (!this.#manifest) return no('no-manifest');
    const says = parsed(this.#manifest);
    if (!says) return no('bad-manifest');
    const listed = new Map(says.files.map((file) => [`${says.name}/${file.name}`, file]));
    if (listed.size < says.files.length) problems.push({ kind: 'duplicate', what: `a file of ${manifestName}` });
    if (!this.#files.has(`${says.name}/${sumsName}`)) problems.push({ kind: 'missing', what: sumsName });
    for (const [name, { bytes, sha256 }] of listed) {
      const there = this.#files.get(stripControl(name, 1000));
      if (!there) problems.push({ kind: 'missing', what: sanitize(name, 300) });
      else if (there.bytes !== bytes || there.sha256 !== sha256)
        problems.push({ kind: 'changed', what: sanitize(name, 300) });
    }
    const sums = createHash('sha256').update(sumsOf(says)).digest('hex');
    for (const [name, { sha256 }] of this.#files) {
      if (listed.has(name) || name === `${says.name}/${manifestName}`) continue;
      const isSums = name === `${says.name}/${sumsName}`;
      if (!isSums) problems.push({ kind: 'unlisted', what: sanitize(name, 300) });
      else if (sha256 !== sums) problems.push({ kind: 'changed', what: sanitize(name, 300) });
    }
    const { content, begun, ended, complete } = says;
    const shown = (one: { name: string; why: string }) => ({
      name: sanitize(one.name, 300),
      why: sanitize(one.why, 300),
    });
    return {
      ...counted,
      problems,
      manifest: {
        name: sanitize(says.name, 200),
        content,
        environment: sanitize(says.environment, 100),
        begun: sanitize(begun, 40),
        ended: sanitize(ended, 40),
        // What it lists decides, whatever it says of itself.
        complete: complete && says.missing.length === 0 && says.files.every((file) => file.partial === undefined),
        partial: says.files.flatMap((file) =>
          file.partial === undefined
            ? []
            : [{ ...file, name: sanitize(file.name, 300), partial: sanitize(file.partial, 300) }],
        ),
        missing: says.missing.map(shown),
      },
    };
  }
}

function parsed(text: Buffer) {
  try {
    return manifest.safeParse(JSON.parse(text.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
