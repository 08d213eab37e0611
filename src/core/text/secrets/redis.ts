// Secrets in commands and configuration of Redis, where only their place says what they are: `AUTH ops x`,
// `HELLO 3 AUTH ops x`, `ACL SETUSER ops >x`, `sentinel auth-pass main x`.
import { marked, type Range } from './value.ts';

const commands = /(?<![\w-])(?:(auth2?)|(auth-pass)|(setuser)|(user))(?=["']?[ \t]{1,9}\S)/gi;
/** What a word of a command consists of. */
const wordAt = /[ \t]{1,9}(?:"([^"\n]{0,512})"?|'([^'\n]{0,512})'?|([^\s"'`|;]{1,512}))/y;

/** Words that follow `AUTH` in a sentence or in another protocol. */
const inSentences =
  /^(?:<.*|•+|fail\w*|error\w*|is|was|are|were|has|had|must|can|cannot|could|not|no|and|or|with|without|for|from|to|on|off|of|by|in|at|call\w*|command\w*|requir\w*|succe\w*|ok|okay|server|service\w*|user|token\w*|login|plain|backend|module|provider|method|header\w*|state|status|check\w*|request\w*|response|middleware|flow|info|data|key\w*|path|url|mode|type|timeout|timed|expired|enabled|disabled|denied|set|reset|setname|cram-\w+|xoauth2?|ntlm|gssapi|external|digest-\w+|scram-\w+|bearer)[.,:)]?$/i;
/** What follows the secret in a longer command. */
const goesOn = /^(?:setname|keys|copy|replace|auth2?)$/i;
/** Where a command begins: at the beginning of a line, behind a prompt, a quote, `HELLO 3` or `command`. */
const beginsCommand =
  /(?:^|[\n>"'`\]:]\s{0,3}|\bhello\s{1,3}\d\s{1,3}|\bcommand\s{1,3}|\d\s{1,3}|\bredis(?:-cli)?\s{1,3}|\bcli\s{1,3})$/i;

/** What may begin a rule with a secret, or the end of its line. */
const ruleOrEnd = /[<>#!\n]|$/g;

/** The text without the secrets of Redis' commands. */
export function withoutRedis(text: string): string {
  const found: Range[] = [];
  const hasCategories = text.includes('@');
  let next = -1;
  /** Whether the rest of the line may have such a rule: its words are looked at only then. */
  const mayHaveRule = (from: number) => {
    if (next < from) {
      ruleOrEnd.lastIndex = from;
      next = ruleOrEnd.exec(text)?.index ?? text.length;
    }
    return next < text.length && text[next] !== '\n';
  };
  commands.lastIndex = 0;
  for (let match = commands.exec(text); match; match = commands.exec(text)) {
    const [name, auth, pass, setuser] = match;
    const end = match.index + name.length;
    const before = text.slice(Math.max(0, match.index - 24), match.index);
    const ranges = auth
      ? login(text, auth, before, end)
      : pass
        ? lastOf(wordsFrom(text, end, 2))
        : mayHaveRule(end)
          ? rules(text, end, setuser !== undefined, hasCategories)
          : [];
    found.push(...ranges.filter(({ from, to }) => from < to));
    commands.lastIndex = Math.max(end, ranges.at(-1)?.to ?? end);
  }
  return marked(text, found);
}

const lastOf = (words: readonly Range[]): Range[] => words.slice(-1);

function login(text: string, name: string, before: string, end: number): Range[] {
  if (!beginsCommand.test(before)) return [];
  const words = wordsFrom(text, end, 3);
  const [first, second, third] = words.map(({ from, to }) => text.slice(from, to));
  if (first === undefined || inSentences.test(first)) return [];
  const isOne = second === undefined || goesOn.test(second);
  const isSmall = name === 'auth' && !/["']/.test(text[end] ?? '');
  // In small letters, `auth timeout` is a sentence rather than a login.
  if (isSmall && (!/^$|>\s{0,3}$/.test(before) || !/\d/.test((isOne ? first : second) ?? '') || third !== undefined))
    return [];
  return isOne ? words.slice(0, 1) : words.slice(1, 2);
}

/** Passwords and their hashes among the rules of a user: `>x`, `<x`, `#hash`, `!hash`. */
function rules(text: string, end: number, isCommand: boolean, hasCategories: boolean): Range[] {
  const [, ...words] = wordsFrom(text, end, 64);
  const isUser =
    isCommand || words.some(({ from, to }) => /^(?:on|off)$/.test(text.slice(from, Math.min(to, from + 4))));
  // Without its categories, as `+@all`, it is no user of Redis.
  if (!isUser || (!isCommand && !hasCategories)) return [];
  return words
    .filter(({ from, to }) => to - from > 1 && /[<>#!]/.test(text[from] ?? ''))
    .map(({ from, to }) => ({ from: from + 1, to }));
}

/** The next words of the line, at most so many. */
function wordsFrom(text: string, from: number, most: number): Range[] {
  const words: Range[] = [];
  wordAt.lastIndex = /["']/.test(text[from] ?? '') ? from + 1 : from;
  for (let match = wordAt.exec(text); match && words.length < most; match = wordAt.exec(text)) {
    const inside = match[1] ?? match[2] ?? match[3] ?? '';
    const isQuoted = match[3] === undefined;
    const closed = isQuoted && /["']$/.test(match[0]) && match[0].length > inside.length + 1;
    const start = match.index + match[0].length - inside.length - (closed ? 1 : 0);
    words.push({ from: start, to: start + inside.length });
    const next = match.index + match[0].length;
    wordAt.lastIndex = next;
  }
  return words;
}
