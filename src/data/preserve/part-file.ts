// One growing file of an archive that is being written, packed: a log, whose size is known when it has been read. Each
// block is a gzip member of its own, so that the file can be cut after any of them, and copied into the archive as it is.
import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { createGunzip, gzip } from 'node:zlib';
import { openPrivate } from '../../disk/private-files.ts';
import type { ProgressFile } from './progress-file.ts';

const pack = promisify(gzip);

/** Bytes of a block: gzip finds little more in longer ones. */
export const blockBytes = 128 * 1024;
/** So many blocks may be lost with the process. */
const blocksBetween = 64;

/**
 * The last line that is in the file: its time as the kubelet wrote it, and how many lines have it. `cut`: the end of a line
 * before it was left out.
 */
export type Cursor = { stamp?: string | undefined; same: number; cut?: true | undefined };

export type PartState = { bytes: number; packed: number; cursor: Cursor };

const { O_RDWR, O_CREAT } = constants;

export class PartFile {
  readonly name: string;
  readonly #handle: FileHandle;
  readonly #progress: ProgressFile;
  readonly #hash: Hash;
  /** Filled again and again: what is written leaves no garbage. */
  readonly #block = Buffer.allocUnsafe(blockBytes);
  #waitingBytes = 0;
  #state: PartState;
  /** Of the last line that was given, also where it still waits. */
  #cursor: Cursor;
  #sinceKept = 0;

  private constructor(name: string, handle: FileHandle, progress: ProgressFile, hash: Hash, state: PartState) {
    this.name = name;
    this.#handle = handle;
    this.#progress = progress;
    this.#hash = hash;
    this.#state = state;
    this.#cursor = state.cursor;
  }

  /** Opens it where it was left: what was written since is cut. Throws `Distrusted`, or where its content is damaged. */
  static async open(path: string, name: string, progress: ProgressFile, before?: PartState): Promise<PartFile> {
    const { handle } = await openPrivate(path, O_RDWR | O_CREAT);
    try {
      const state = before ?? { bytes: 0, packed: 0, cursor: { same: 0 } };
      await handle.truncate(state.packed);
      const hash = createHash('sha256');
      const bytes = await unpacked(handle, state.packed, hash);
      if (bytes !== state.bytes) throw new Error(`the part of ${name} has ${bytes} bytes, not ${state.bytes}`);
      return new PartFile(name, handle, progress, hash, state);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  get state(): PartState {
    return { ...this.#state, bytes: this.#state.bytes + this.#waitingBytes, cursor: this.#cursor };
  }

  /** Adds whole lines; `cursor`: the last of them. Resolves when more may come. */
  async write(bytes: Buffer, cursor: Cursor): Promise<void> {
    this.#cursor = cursor;
    if (bytes.length === 0) return;
    for (let at = 0; at < bytes.length; ) {
      const copied = bytes.copy(this.#block, this.#waitingBytes, at);
      this.#waitingBytes += copied;
      at += copied;
      if (this.#waitingBytes < blockBytes) break;
      await this.#flush();
      this.#sinceKept += 1;
    }
    if (this.#sinceKept >= blocksBetween) await this.keep();
  }

  /** Brings all of it to the disk, and records how far it is. */
  async keep(): Promise<void> {
    await this.#flush();
    await this.#handle.sync();
    const { bytes, packed, cursor } = this.#state;
    this.#sinceKept = 0;
    await this.#progress.add({ kind: 'part', name: this.name, bytes, packed, ...cursor });
  }

  /** Its size and hash; nothing is written to it afterwards. */
  async done(): Promise<{ bytes: number; packed: number; sha256: string; handle: FileHandle }> {
    await this.#flush();
    const { bytes, packed } = this.#state;
    return { bytes, packed, sha256: this.#hash.digest('hex'), handle: this.#handle };
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #flush(): Promise<void> {
    const cursor = this.#cursor;
    if (this.#waitingBytes === 0) {
      this.#state = { ...this.#state, cursor };
      return;
    }
    const block = this.#block.subarray(0, this.#waitingBytes);
    this.#hash.update(block);
    const member = await pack(block);
    const { bytes, packed } = this.#state;
    await writeAll(this.#handle, member, packed);
    this.#waitingBytes = 0;
    this.#state = { bytes: bytes + block.length, packed: packed + member.length, cursor };
  }
}

/** Writes all of it: a file system that is almost full may take a part only. */
export async function writeAll(handle: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, at + done);
    done += bytesWritten;
  }
}

/** Hashes what the first `packed` bytes hold, and counts it. */
async function unpacked(handle: FileHandle, packed: number, hash: Hash): Promise<number> {
  if (packed === 0) return 0;
  const gunzip = createGunzip();
  const source = handle.createReadStream({ start: 0, end: packed - 1, autoClose: false });
  source.on('error', (error) => gunzip.destroy(error));
  source.pipe(gunzip);
  let bytes = 0;
  for await (const chunk of gunzip as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return bytes;
}
