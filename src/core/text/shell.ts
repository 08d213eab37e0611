/** Characters that a terminal or sanitize() (core/text/text.ts) would remove or change: written as octal escapes. */
const invisible =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\p{M}\p{Emoji_Modifier}\p{Regional_Indicator}\ufff9-\ufffb]/u;

/**
 * One word of a shell command, quoted only where a shell would read more into it. What cannot be seen is spelled out
 * with printf, so that the command can be read, pasted and journaled as it is; a shell gives back the same bytes.
 */
export function quote(word: string): string {
  if (word !== '' && /^[\w@%+:,./-][\w@%+=:,./-]*$/.test(word)) return word;
  if (!changes(word)) return `'${word.replaceAll("'", `'\\''`)}'`;
  // Command substitution drops line ends at the end.
  if (word.endsWith('\n')) return lineEnds(word);
  return `"$(printf ${printfed(word)})"`;
}

/** Whether a terminal or sanitize() would change it. */
function changes(word: string): boolean {
  return invisible.test(word) || word !== word.normalize('NFC');
}

/** A word that ends in line ends: they stand in quotes of their own, as real line ends. */
function lineEnds(word: string): string {
  let end = word.length;
  while (word[end - 1] === '\n') end -= 1;
  const head = word.slice(0, end);
  return `${head === '' ? '' : quote(head)}'${word.slice(end)}'`;
}

/** A format for printf that gives `word`, in single quotes. */
function printfed(word: string): string {
  const composed = word === word.normalize('NFC');
  const text = [...word].map((char, at) => {
    // A format that begins with a dash would be an option.
    if (at === 0 && char === '-') return octal(char);
    if (char === '%') return '%%';
    if (char === '\\') return '\\\\';
    if (char === "'") return "'\\''";
    // In double quotes an interactive bash puts an earlier command in its place.
    if (char === '!') return octal(char);
    return invisible.test(char) || (!composed && char > '~') ? octal(char) : char;
  });
  return `'${text.join('')}'`;
}

function octal(char: string): string {
  return [...new TextEncoder().encode(char)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}

/** A placeholder or a word: `<pod-name>` stays as it is, to be replaced before it is run. */
export function word(text: string): string {
  return /^<[\w-]+>$/.test(text) ? text : quote(text);
}

/** The characters of a plain word, in words. */
export const plainCharacters = 'letters, digits, _ and, not as the first one, . : / @ , + -';

/**
 * Whether a word means the same to every shell, and to a program that hands its arguments to one without quoting them.
 * Nor can it be taken for an option, an assignment or the name of a file to read (`@file`).
 */
export function isPlain(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.:/@,+-]*$/.test(text);
}
