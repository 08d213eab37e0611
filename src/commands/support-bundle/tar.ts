// A tar archive (POSIX ustar) of a few small files in memory.

/** `name`: at most 100 ASCII characters. */
export type Entry = { name: string; content: Buffer };

const block = 512;

/** The whole archive. `at`: when its files were made, in milliseconds since 1970. */
export function tar(entries: readonly Entry[], at: number): Buffer {
  const parts = entries.flatMap(({ name, content }) => [header(name, content.length, at), content, padding(content)]);
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}

function header(name: string, size: number, at: number): Buffer {
  if (!/^[\x21-\x7e]{1,100}$/.test(name)) throw new RangeError(`not a name for an archive: ${name}`);
  const head = Buffer.alloc(block);
  const octal = (value: number, offset: number, length: number) =>
    head.write(`${value.toString(8).padStart(length - 1, '0')}\0`, offset, length, 'ascii');
  head.write(name, 0, 100, 'ascii');
  octal(0o600, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(Math.floor(at / 1000), 136, 12);
  // The checksum counts its own field as blanks.
  head.fill(' ', 148, 156);
  head.write('0', 156, 1, 'ascii');
  head.write('ustar\u000000', 257, 8, 'ascii');
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8, 'ascii');
  return head;
}

const padding = ({ length }: Buffer) => Buffer.alloc((block - (length % block)) % block);
