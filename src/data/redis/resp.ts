// The edges of messages in Redis' protocol (RESP2, https://redis.io/docs/latest/develop/reference/protocol-spec): whole
// commands of a client, and where a reply of the server ends. Values are not read.

/** One command of a client: its words, and its bytes as they came. */
export type WireCommand = { words: readonly string[]; bytes: Buffer };

/** Bytes of one command, and words of it, at most: nobody types more. */
const longestCommand = 1024 * 1024;
const mostWords = 10_000;
/** Bytes of a length and its sign. */
const longestHead = 32;

/** What no client of ours sends. */
export class NotACommand extends Error {}

/** Collects a client's bytes and gives each whole command once. Throws `NotACommand`. */
export function commandCutter(): (chunk: Buffer) => readonly WireCommand[] {
  let kept: Buffer = Buffer.alloc(0);
  return (chunk) => {
    kept = Buffer.concat([kept, chunk]);
    const found: WireCommand[] = [];
    for (;;) {
      const one = commandAt(kept);
      if (!one) break;
      found.push(one);
      kept = kept.subarray(one.bytes.length);
    }
    if (kept.length > longestCommand) throw new NotACommand('a command is longer than 1 MiB');
    return found;
  };
}

function commandAt(bytes: Buffer): WireCommand | undefined {
  const head = lengthAt(bytes, 0, '*');
  if (!head) return undefined;
  if (head.value > mostWords) throw new NotACommand('a command has too many words');
  const words: string[] = [];
  let at = head.end;
  for (let word = 0; word < head.value; word += 1) {
    const length = lengthAt(bytes, at, '$');
    if (!length) return undefined;
    if (length.value > longestCommand) throw new NotACommand('a word is longer than 1 MiB');
    const end = length.end + length.value;
    if (bytes.length < end + 2) return undefined;
    words.push(bytes.toString('utf8', length.end, end));
    at = end + 2;
  }
  return { words, bytes: Buffer.from(bytes.subarray(0, at)) };
}

/** `*3\r\n`: the number, and where it ends; undefined while it is not there in full. */
function lengthAt(bytes: Buffer, at: number, sign: '*' | '$'): { value: number; end: number } | undefined {
  if (at >= bytes.length) return undefined;
  if (bytes[at] !== sign.charCodeAt(0)) throw new NotACommand('not an array of words');
  const end = bytes.indexOf('\r\n', at);
  if (end < 0) {
    if (bytes.length - at > longestHead) throw new NotACommand('a length without an end');
    return undefined;
  }
  const text = bytes.toString('latin1', at + 1, end);
  if (!/^\d{1,10}$/.test(text)) throw new NotACommand('not a length');
  return { value: Number(text), end: end + 2 };
}

/** Counts the replies of a server that end in each chunk, however they are cut. */
export function replyCounter(): (chunk: Buffer) => number {
  /** How many elements each open array still lacks. */
  const open: number[] = [];
  let line = '';
  let skip = 0;
  let ended = 0;
  const element = () => {
    while (open.length > 0) {
      const left = (open.pop() ?? 1) - 1;
      if (left > 0) {
        open.push(left);
        return;
      }
    }
    ended += 1;
  };
  const head = () => {
    const length = Number(line.slice(1));
    const sign = line[0];
    line = '';
    if (sign === '$' && length >= 0) skip = length + 2;
    else if (sign === '*' && length > 0) open.push(length);
    else element();
  };
  return (chunk) => {
    ended = 0;
    let at = 0;
    while (at < chunk.length) {
      if (skip > 0) {
        const step = Math.min(skip, chunk.length - at);
        at += step;
        skip -= step;
        if (skip === 0) element();
        continue;
      }
      const end = chunk.indexOf('\n', at);
      // Of a simple string only its sign counts.
      line = (line + chunk.toString('latin1', at, end < 0 ? chunk.length : end)).slice(0, longestHead);
      at = end < 0 ? chunk.length : end + 1;
      if (end >= 0) head();
    }
    return ended;
  };
}

/** A command as a client writes it. */
export function encodeCommand(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}
