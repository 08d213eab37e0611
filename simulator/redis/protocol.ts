// The Redis serialization protocol, as much of it as clients send and a server answers.

/** What a server answers. Maps are sent as flat arrays below RESP3. */
export type Reply =
  | { kind: 'simple'; text: string }
  | { kind: 'error'; text: string }
  | { kind: 'integer'; value: number }
  | { kind: 'bulk'; text: string | null }
  | { kind: 'array'; items: readonly Reply[] }
  /** An array below RESP3. */
  | { kind: 'set'; items: readonly Reply[] }
  /** Below RESP3 an array of pairs. */
  | { kind: 'pairs'; entries: readonly (readonly [string, Reply])[] }
  /** An array that is not there: a wait that ended without news, a transaction that was not done. */
  | { kind: 'no array' }
  | { kind: 'map'; entries: readonly (readonly [string, Reply])[] };

export const ok: Reply = { kind: 'simple', text: 'OK' };
export const bulk = (text: string | null): Reply => ({ kind: 'bulk', text });
export const integer = (value: number): Reply => ({ kind: 'integer', value });
export const array = (items: readonly Reply[]): Reply => ({ kind: 'array', items });
export const noArray: Reply = { kind: 'no array' };
export const error = (text: string): Reply => ({ kind: 'error', text });

/** A reply as bytes. */
export function encode(reply: Reply, protocol: 2 | 3): string {
  switch (reply.kind) {
    case 'simple':
      return `+${reply.text}\r\n`;
    case 'error':
      return `-${reply.text}\r\n`;
    case 'integer':
      return `:${reply.value}\r\n`;
    case 'bulk':
      if (reply.text === null) return protocol === 3 ? '_\r\n' : '$-1\r\n';
      return `$${Buffer.byteLength(reply.text)}\r\n${reply.text}\r\n`;
    case 'no array':
      return protocol === 3 ? '_\r\n' : '*-1\r\n';
    case 'array':
      return `*${reply.items.length}\r\n${reply.items.map((item) => encode(item, protocol)).join('')}`;
    case 'set':
      return `${protocol === 3 ? '~' : '*'}${reply.items.length}\r\n${reply.items.map((item) => encode(item, protocol)).join('')}`;
    case 'pairs':
      if (protocol === 3) return encode({ kind: 'map', entries: reply.entries }, protocol);
      return encode(array(reply.entries.map(([key, value]) => array([bulk(key), value]))), protocol);
    case 'map': {
      const body = reply.entries.map(([key, value]) => encode(bulk(key), protocol) + encode(value, protocol)).join('');
      return protocol === 3 ? `%${reply.entries.length}\r\n${body}` : `*${reply.entries.length * 2}\r\n${body}`;
    }
  }
}

/** No command of the drill is longer; more than this is not a client. */
const longest = 1 << 20;

/** Takes bytes as they come and gives whole commands: arrays of bulk strings, or a line typed by hand. */
export function commandReader(): (bytes: Buffer) => { commands: string[][]; broken?: string } {
  let waiting: Buffer = Buffer.alloc(0);
  return (bytes) => {
    waiting = waiting.length === 0 ? bytes : Buffer.concat([waiting, bytes]);
    const commands: string[][] = [];
    for (;;) {
      const read = readCommand(waiting);
      if (read === undefined) break;
      if ('broken' in read) return { commands, broken: read.broken };
      waiting = waiting.subarray(read.length);
      if (read.words.length > 0) commands.push(read.words);
    }
    return waiting.length > longest ? { commands, broken: 'too big a request' } : { commands };
  };
}

type Read = { words: string[]; length: number } | { broken: string };

function readCommand(bytes: Buffer): Read | undefined {
  const first = lineAt(bytes, 0);
  if (!first) return undefined;
  if (!first.text.startsWith('*')) return { words: first.text.split(/\s+/).filter(Boolean), length: first.end };
  const count = Number(first.text.slice(1));
  if (!Number.isInteger(count) || count > 100_000) return { broken: 'invalid multibulk length' };
  const words: string[] = [];
  let at = first.end;
  for (let i = 0; i < count; i += 1) {
    const head = lineAt(bytes, at);
    if (!head) return undefined;
    const length = Number(head.text.slice(1));
    if (!head.text.startsWith('$')) return { broken: `expected '$', got '${head.text.slice(0, 1)}'` };
    if (!Number.isInteger(length) || length < 0 || length > longest) return { broken: 'invalid bulk length' };
    if (bytes.length < head.end + length + 2) return undefined;
    words.push(bytes.toString('utf8', head.end, head.end + length));
    at = head.end + length + 2;
  }
  return { words, length: at };
}

function lineAt(bytes: Buffer, from: number): { text: string; end: number } | undefined {
  // A line typed by hand ends without a carriage return.
  const at = bytes.indexOf('\n', from);
  if (at < 0) return undefined;
  const end = bytes[at - 1] === 0x0d && at > from ? at - 1 : at;
  return { text: bytes.toString('utf8', from, end), end: at + 1 };
}
