// How deep YAML may be nested: the parser calls itself for each level, and ends the whole process where the stack is full.

/** Levels; nobody writes so many. */
const deepest = 100;

/** Sequences and keys that begin within each other on one line: `- - ? -`. */
const inOneLine = /^(?:[ \t]*[-?:][ \t]){100}/m;

/** Whether a text is nested deeper than any that a person wrote. Brackets in texts count too. Linear. */
export function isTooDeep(text: string): boolean {
  let open = 0;
  for (const sign of text.match(/[[\]{}]/g) ?? []) {
    open = sign === '[' || sign === '{' ? open + 1 : Math.max(0, open - 1);
    if (open > deepest) return true;
  }
  return inOneLine.test(text);
}
