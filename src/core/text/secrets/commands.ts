// Secrets among the arguments of well-known commands, behind flags whose letter alone says nothing: `mysql -phunter2`,
// `curl -u user:password`.
import { marked, quoted, type Range, word } from './value.ts';

/** `attached`: right behind the flag; `next`: the following word; `login`: of `user:password` only the password; `cookie`: of `name=value` only the value. */
type Flag = { flag: RegExp; attached?: boolean; next?: boolean; login?: boolean; cookie?: boolean; unless?: RegExp };

/** What stands behind Docker's -p where it is no login: ports. */
const ports = /^[\d.:]+(?:-\d+)?(?:\/\w+)?$/;

const commands: readonly (readonly [RegExp, readonly Flag[]])[] = [
  [/^(?:mysql\w*|mariadb[\w-]*)$/, [{ flag: /^-p/, attached: true }]],
  [
    /^(?:curl|http|https|xh)$/,
    [
      { flag: /^-[a-zA-Z]{0,5}[uU]/, attached: true, next: true, login: true },
      { flag: /^--(?:proxy-)?user=?/, attached: true, next: true, login: true },
      { flag: /^(?:-a|--auth)=?/, attached: true, next: true, login: true },
      { flag: /^(?:-b|--cookie=?)/, attached: true, next: true, cookie: true },
    ],
  ],
  [/^sshpass$/, [{ flag: /^-p/, attached: true, next: true }]],
  [/^(?:redis-cli|valkey-cli|keydb-cli)$/, [{ flag: /^-a$/, next: true }]],
  [
    /^(?:mongo\w*|docker|podman|nerdctl|helm|buildah|skopeo|crane|az|oc)$/,
    [{ flag: /^-p$/, next: true, unless: ports }],
  ],
  [/^ldap\w+$/, [{ flag: /^-w/, attached: true, next: true }]],
  [/^etcdctl$/, [{ flag: /^--user=?/, attached: true, next: true, login: true }]],
  [/^7za?$/, [{ flag: /^-p/, attached: true }]],
  [/^(?:sqlcmd|bcp|mosquitto_\w+|(?:un)?zip)$/, [{ flag: /^-P/, attached: true, next: true }]],
];

const known =
  /(?<![\w.-])(mysql\w*|mariadb[\w-]*|curl|https?|xh|sshpass|(?:redis|valkey|keydb)-cli|mongo\w*|docker|podman|nerdctl|helm|buildah|skopeo|crane|az|oc|ldap\w+|sqlcmd|bcp|mosquitto_\w+|etcdctl|7za?|(?:un)?zip)(?:\.exe)?(?=["',]*[ \t]|["'],)/g;

/** The text without the secrets among the arguments of commands. */
export function withoutArguments(text: string): string {
  const found: Range[] = [];
  known.lastIndex = 0;
  for (let match = known.exec(text); match; match = known.exec(text)) {
    const flags = commands.find(([name]) => name.test(match?.[1] ?? ''))?.[1] ?? [];
    known.lastIndex = scan(text, known.lastIndex, flags, found);
  }
  return marked(text, found);
}

/** Between two words, also of a list: `mysql -p x`, `mysql ["-p", "x"]`, `["mysql","-p","x"]`. */
const apart = /(?:["',]*[ \t]+|["'],)[["'(]*/y;

/** Goes through the words of one command, and gives where it ends. */
function scan(text: string, from: number, flags: readonly Flag[], found: Range[]): number {
  let at = from;
  for (;;) {
    apart.lastIndex = at;
    if (!apart.test(text)) return Math.max(at, from);
    const start = apart.lastIndex;
    // A flag's own quote is skipped with the blank; a value's is not, since it may hold blanks.
    const { to } = wordOrQuoted(text, start);
    if (to === start || /[|;&]/.test(text[start] ?? '')) return to;
    at = to;
    const one = flags.find(({ flag }) => flag.test(text.slice(start, Math.min(to, start + 20))));
    if (!one) continue;
    const length = one.flag.exec(text.slice(start, Math.min(to, start + 20)))?.[0].length ?? 0;
    if (start + length < to) {
      // -p'a b': the quotes begin within the word.
      const inside = /["']/.test(text[start + length] ?? '') ? quoted(text, start + length) : undefined;
      if (one.attached) take(text, start + length, inside?.to ?? to, one, found);
      at = Math.max(at, inside?.to ?? at);
      continue;
    }
    if (!one.next) continue;
    apart.lastIndex = at;
    if (!apart.test(text)) return at;
    const value = wordOrQuoted(text, apart.lastIndex);
    if (text[value.from] === '-' || one.unless?.test(text.slice(value.from, value.to))) continue;
    take(text, value.from, value.to, one, found);
    at = value.to;
  }
}

/** To the next blank, or to the end of what stands in quotes. */
function wordOrQuoted(text: string, from: number): Range {
  const before = text[from - 1] ?? '';
  if (before === '"' || before === "'") {
    const inside = quoted(text, from - 1);
    if (inside) return { from, to: Math.max(from, inside.to) };
  }
  const range = word(text, from);
  let { to } = range;
  while (to > from && /["',]/.test(text[to - 1] ?? '')) to -= 1;
  return { from, to };
}

function take(text: string, from: number, to: number, { login, cookie }: Flag, found: Range[]): void {
  const bare = text.slice(from, to);
  const inner = /^["']/.test(bare) ? 1 : 0;
  const colon = login || cookie ? bare.indexOf(login ? ':' : '=') : -1;
  if ((login || cookie) && colon < 0) return;
  const range = { from: from + Math.max(inner, colon + 1), to };
  if (range.from < range.to) found.push(range);
}
