// Redis' protocol, as much of it as a man in the middle needs: values are taken apart, changed and put together again.

/** An answer, or a command. `line`: everything that is one line, as it came (`+OK`, `:3`, `-ERR …`, `_`). */
export type Resp = { line: string } | { bulk: string } | { list: Resp[]; mark: '*' | '~' | '%' | '>' };

/** The value that begins at `from`; undefined: more bytes are needed. Bytes are kept as they are (latin1). */
export function readResp(text: string, from = 0): { value: Resp; next: number } | undefined {
  const end = text.indexOf('\r\n', from);
  if (end < 0) return undefined;
  const mark = text[from] ?? '';
  const head = text.slice(from, end);
  const count = Number(head.slice(1));
  if ('$=!'.includes(mark) && count >= 0) {
    const next = end + 2 + count + 2;
    if (mark !== '$') throw new Error(`unexpected ${head}`);
    return text.length < next ? undefined : { value: { bulk: text.slice(end + 2, end + 2 + count) }, next };
  }
  if ((mark === '*' || mark === '~' || mark === '%' || mark === '>') && count >= 0) {
    const list: Resp[] = [];
    let next = end + 2;
    for (let left = mark === '%' ? count * 2 : count; left > 0; left -= 1) {
      const read = readResp(text, next);
      if (!read) return undefined;
      list.push(read.value);
      next = read.next;
    }
    return { value: { list, mark }, next };
  }
  return { value: { line: head }, next: end + 2 };
}

/** The bytes of a value (latin1). */
export function writeResp(value: Resp): string {
  if ('line' in value) return `${value.line}\r\n`;
  if ('bulk' in value) return `$${value.bulk.length}\r\n${value.bulk}\r\n`;
  const { list, mark } = value;
  return `${mark}${mark === '%' ? list.length / 2 : list.length}\r\n${list.map(writeResp).join('')}`;
}

/** The words of a command. */
export const wordsOf = (value: Resp): string[] =>
  'list' in value ? value.list.map((one) => ('bulk' in one ? one.bulk : '')) : [];
