// Texts that come and go in the same order, as bytes in a few large blocks outside of the heap.
import { Queue } from '../../queue.ts';

/** Bytes of a block; a longer text has one of its own. Lines are cut at a quarter of it. */
const blockSize = 1024 * 1024;
/** A UTF-16 unit takes at most so many bytes in UTF-8. */
const widest = 3;

export class TextBlocks {
  readonly #blocks = new Queue<Buffer>();
  /** The number of the oldest block; a block keeps its number. */
  #oldest = 0;
  #block: Buffer;
  #used = 0;
  /** A block that is no longer needed: the next one. */
  #spare: Buffer | undefined;
  /** Where the text begins that was written last: its block, and the byte in it. */
  block = 0;
  offset = 0;

  constructor() {
    this.#block = Buffer.allocUnsafeSlow(blockSize);
    this.#blocks.push(this.#block);
  }

  /** How many blocks there are. */
  get count(): number {
    return this.#blocks.length;
  }

  /** Writes a text behind the one before it; gives its bytes. */
  write(text: string): number {
    const room = this.#block.length - this.#used;
    if (text.length * widest > room) {
      const size = Buffer.byteLength(text);
      if (size > room) this.#begin(size);
    }
    this.offset = this.#used;
    const size = this.#block.write(text, this.#used);
    this.#used += size;
    return size;
  }

  /** A text that was written: `ascii`: each of its bytes is a character. */
  read(block: number, offset: number, size: number, ascii: boolean): string {
    return this.#blocks.at(block - this.#oldest)?.toString(ascii ? 'latin1' : 'utf8', offset, offset + size) ?? '';
  }

  /** The blocks before this one are not read again. */
  release(block: number): void {
    while (this.#oldest < block) {
      const old = this.#blocks.shift();
      this.#oldest += 1;
      if (old?.length === blockSize) this.#spare = old;
    }
  }

  #begin(size: number): void {
    const isLong = size > blockSize;
    this.#block = (isLong ? undefined : this.#spare) ?? Buffer.allocUnsafeSlow(Math.max(size, blockSize));
    if (!isLong) this.#spare = undefined;
    this.#blocks.push(this.#block);
    this.block += 1;
    this.#used = 0;
  }
}
