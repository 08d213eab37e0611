/** One word of a shell command, quoted only where a shell would read more into it. */
export function quote(word: string): string {
  return word !== '' && /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A placeholder or a word: `<pod-name>` stays as it is, to be replaced before it is run. */
export function word(text: string): string {
  return /^<[\w-]+>$/.test(text) ? text : quote(text);
}
