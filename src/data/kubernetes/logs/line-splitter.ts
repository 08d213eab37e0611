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
    if (this.#size > 0) {
      const end = bytes.indexOf(10);
      this.#keep(end < 0 ? bytes : bytes.subarray(0, end));
      if (end < 0) return;
      this.#end(line);
      start = end + 1;
    }
    const behind = bytes.lastIndexOf(10) + 1;
    // Most lines lie whole in one chunk: their bytes are decoded at once. None of them can be too long.
    if (behind > start && behind - start <= this.#longest) cut(bytes.toString('utf8', start, behind), line);
    else
      while (start < behind) {
        const end = bytes.indexOf(10, start);
        this.#keep(bytes.subarray(start, end));
        this.#end(line);
        start = end + 1;
      }
    this.#keep(bytes.subarray(behind));
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

/** Each line of a text that ends with a line end. */
function cut(text: string, line: (text: string, cut: boolean) => void): void {
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\n', start);
    line(text.slice(start, text.charCodeAt(end - 1) === 13 ? end - 1 : end), false);
    start = end + 1;
  }
}
