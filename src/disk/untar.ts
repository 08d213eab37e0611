// Reads a tar archive as a stream, in little memory. Whoever made it: what it claims is checked before it is used.
import { block } from './tar.ts';

/** Why an archive cannot be read on. */
export class BadTar extends Error {}

export type TarReader = {
  /** A file begins. */
  file(name: string, size: number): void;
  /** The next bytes of it; valid until the call returns. */
  content(chunk: Buffer): void;
  /** All of it was there. */
  end(): void;
};

/** ustar, and its version. */
const magic = 'ustar\u000000';

/** A pax header holds a name; more than this is none. */
const longestPax = 64 * 1024;

/** Gets the bytes of an archive one after the other. Throws `BadTar`. */
export class Untar {
  readonly #reader: TarReader;
  #head: Buffer = Buffer.alloc(0);
  #left = 0;
  #padding = 0;
  #pax: Buffer[] | undefined;
  #name: string | undefined;
  #inFile = false;
  #empty = 0;

  constructor(reader: TarReader) {
    this.#reader = reader;
  }

  /** Whether the end of the archive was seen. */
  get ended(): boolean {
    return this.#empty >= 2;
  }

  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) at += this.#take(chunk.subarray(at));
  }

  /** Uses some of it, at least one byte, and says how many. */
  #take(bytes: Buffer): number {
    if (this.#left > 0) {
      const part = bytes.subarray(0, this.#left);
      this.#left -= part.length;
      if (this.#pax) this.#pax.push(Buffer.from(part));
      else this.#reader.content(part);
      if (this.#left === 0) this.#finish();
      return part.length;
    }
    if (this.#padding > 0) {
      const skipped = Math.min(this.#padding, bytes.length);
      this.#padding -= skipped;
      return skipped;
    }
    if (this.ended) {
      if (bytes.some((byte) => byte !== 0)) throw new BadTar('there is data behind its end');
      return bytes.length;
    }
    const needed = block - this.#head.length;
    const part = bytes.subarray(0, needed);
    this.#head = this.#head.length === 0 && part.length === block ? part : Buffer.concat([this.#head, part]);
    if (this.#head.length === block) {
      const head = this.#head;
      this.#head = Buffer.alloc(0);
      this.#begin(head);
    }
    return part.length;
  }

  #begin(head: Buffer): void {
    if (head.every((byte) => byte === 0)) {
      this.#empty += 1;
      return;
    }
    if (this.#empty > 0) throw new BadTar('there is data behind its end');
    if (sumOf(head) !== octal(head.subarray(148, 156))) throw new BadTar('a header has a wrong checksum');
    // Other programs read other dialects otherwise than this one: what is checked here has to be what they unpack.
    if (head.toString('latin1', 257, 265) !== magic) throw new BadTar('a header is not of POSIX tar');
    const size = sizeOf(head.subarray(124, 136));
    const kind = String.fromCharCode(head[156] ?? 0);
    this.#left = size;
    this.#padding = (block - (size % block)) % block;
    if (kind === 'x') {
      if (this.#name !== undefined) throw new BadTar('two pax headers stand before one file');
      if (size > longestPax) throw new BadTar('a pax header is too long');
      this.#pax = [];
    } else if (kind === '0' || kind === '\0') {
      this.#inFile = true;
      this.#reader.file(this.#name ?? nameOf(head), size);
      this.#name = undefined;
    } else throw new BadTar(`it holds something that is no file (type ${kind.replace(/[^\x21-\x7e]/, '?')})`);
    if (size === 0) this.#finish();
  }

  #finish(): void {
    if (this.#pax) {
      this.#name = pathOf(Buffer.concat(this.#pax));
      this.#pax = undefined;
    } else if (this.#inFile) {
      this.#inFile = false;
      this.#reader.end();
    }
  }
}

function sumOf(head: Buffer): number {
  let sum = 0;
  for (let at = 0; at < block; at += 1) sum += at >= 148 && at < 156 ? 32 : (head[at] ?? 0);
  return sum;
}

const textOf = (field: Buffer): string => {
  const end = field.indexOf(0);
  return field.toString('latin1', 0, end < 0 ? field.length : end);
};

function octal(field: Buffer): number {
  const text = textOf(field).trim();
  if (!/^[0-7]{1,12}$/.test(text)) throw new BadTar('a header has no number where one belongs');
  return Number.parseInt(text, 8);
}

function sizeOf(field: Buffer): number {
  if (((field[0] ?? 0) & 0x80) === 0) return octal(field);
  const size = Number(field.readBigUInt64BE(4));
  if (!Number.isSafeInteger(size)) throw new BadTar('a file is larger than can be');
  return size;
}

function nameOf(head: Buffer): string {
  const prefix = textOf(head.subarray(345, 500));
  const name = textOf(head.subarray(0, 100));
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** The path of a pax header. It tells nothing else: a size or a link in it would be another file for other programs. */
function pathOf(text: Buffer): string {
  const space = text.indexOf(32);
  const length = space < 0 ? Number.NaN : Number(text.toString('latin1', 0, space));
  const record = text.toString('utf8', space + 1, text.length - 1);
  if (length !== text.length || text.at(-1) !== 10) throw new BadTar('a pax header has a wrong length');
  if (!record.startsWith('path=')) throw new BadTar('a pax header holds something that is no name');
  return record.slice('path='.length);
}
