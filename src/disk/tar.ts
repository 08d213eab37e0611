// A tar archive (POSIX.1-2001: ustar, with a pax header where a name is longer), in parts that can be written one after
// the other.

/** `name`: relative, of printable ASCII characters. */
export type Entry = { name: string; content: Buffer };

export const block = 512;

/** An ustar header has room for so many characters of a name. */
const shortName = 100;
/** Longer names do not occur: a pod's has 253 characters, a container's 63. */
const longestName = 1000;

/** Two empty blocks end an archive. */
export const endOfTar: Buffer = Buffer.alloc(2 * block);

/** The whole archive, of a few small files. `at`: when its files were made, in milliseconds since 1970. */
export function tar(entries: readonly Entry[], at: number): Buffer {
  const parts = entries.flatMap(({ name, content }) => [
    tarHeader(name, content.length, at),
    content,
    tarPadding(content.length),
  ]);
  return Buffer.concat([...parts, endOfTar]);
}

/** What stands before the content of a file of `size` bytes. Throws a RangeError for a name that is none. */
export function tarHeader(name: string, size: number, at: number): Buffer {
  if (!isArchiveName(name)) throw new RangeError(`not a name for an archive: ${name}`);
  if (name.length <= shortName) return header(name, size, at, '0');
  const record = paxRecord('path', name);
  const short = name.slice(-shortName).replace(/^\/+/, '');
  return Buffer.concat([
    header('PaxHeader', record.length, at, 'x'),
    record,
    tarPadding(record.length),
    header(short, size, at, '0'),
  ]);
}

/** What stands behind a content of `size` bytes. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((block - (size % block)) % block);
}

/** Whether a file may have this name in an archive: relative, without `..`, printable. */
export function isArchiveName(name: string): boolean {
  if (name.length === 0 || name.length > longestName || !/^[\x21-\x7e]+$/.test(name)) return false;
  return name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

/** `27 path=…\n`: its length counts its own digits. */
function paxRecord(key: string, value: string): Buffer {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.from(`${length}${rest}`, 'ascii');
}

/** Eleven octal digits count to 8 GB. */
const octalSize = 8 ** 11;

function header(name: string, size: number, at: number, kind: '0' | 'x'): Buffer {
  const head = Buffer.alloc(block);
  const octal = (value: number, offset: number, length: number) =>
    head.write(`${value.toString(8).padStart(length - 1, '0')}\0`, offset, length, 'ascii');
  head.write(name, 0, shortName, 'ascii');
  octal(0o600, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  if (size < octalSize) octal(size, 124, 12);
  else {
    // As GNU tar and star write it: the first bit set, then a binary number.
    head.writeUInt8(0x80, 124);
    head.writeBigUInt64BE(BigInt(size), 128);
  }
  octal(Math.floor(at / 1000), 136, 12);
  // The checksum counts its own field as blanks.
  head.fill(' ', 148, 156);
  head.write(kind, 156, 1, 'ascii');
  head.write('ustar\u000000', 257, 8, 'ascii');
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8, 'ascii');
  return head;
}
