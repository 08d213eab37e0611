/** Cuts a stream of bytes into lines. Bytes are joined before they are decoded, so no character is ever split. */
export class LineSplitter {
  readonly #longest: number;
  #parts: Buffer[] = [];
  #size = 0;
  #skipping = false;

  /** `longest`: bytes of one line that are kept; the rest of a longer line is dropped and the line is marked cut. */
  constructor(longest: number) {
    this.#longest = longest;
  }

  /** The lines that this chunk completes, without their ends. */
  push(chunk: Uint8Array, line: (text: string, cut: boolean) => void): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    for (let end = bytes.indexOf(10, start); end >= 0; end = bytes.indexOf(10, start)) {
      if (this.#size === 0 && !this.#skipping && end - start <= this.#longest) {
        // Most lines lie whole in one chunk: no copy.
        line(bytes.toString('utf8', start, end > start && bytes[end - 1] === 13 ? end - 1 : end), false);
      } else {
        this.#keep(bytes.subarray(start, end));
        this.#end(line);
      }
      start = end + 1;
    }
    if (start < bytes.length) this.#keep(bytes.subarray(start));
  }

  /** The last line, when the stream ended without a line end. */
  flush(line: (text: string, cut: boolean) => void): void {
    if (this.#size > 0 || this.#skipping) this.#end(line);
  }

  #keep(part: Buffer): void {
    if (this.#skipping || part.length === 0) return;
    const room = this.#longest - this.#size;
    this.#skipping = part.length > room;
    const kept = this.#skipping ? part.subarray(0, room) : part;
    // A small rest must not keep its whole chunk alive.
    this.#parts.push(Buffer.from(kept));
    this.#size += kept.length;
  }

  #end(line: (text: string, cut: boolean) => void): void {
    const [first] = this.#parts;
    const whole = this.#parts.length === 1 && first ? first : Buffer.concat(this.#parts, this.#size);
    const cut = this.#skipping;
    this.#parts = [];
    this.#size = 0;
    this.#skipping = false;
    const text = whole.toString('utf8');
    line(text.endsWith('\r') ? text.slice(0, -1) : text, cut);
  }
}
