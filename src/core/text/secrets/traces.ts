// Which kinds of secrets a text may hold, in one pass over its characters: most lines of a log hold none, and the patterns
// that look for them cost more than everything else that is done with a line.

/** Kinds, as bits: logins in addresses, values behind names, arguments of commands, keys with a prefix, other shapes. */
export const logins = 1;
export const named = 2;
export const commandArguments = 4;
export const prefixes = 8;
export const shapes = 16;
/** No kind of secret: the text has other characters than the printable ones of ASCII. */
export const unprintable = 128;

/**
 * Of each word without which a text has no secret of the kind, three characters (or both). Where others are rarer, not
 * the first: `uth` of `auth`, as `aut` is in `auto` too.
 */
const words: readonly (readonly [kind: number, traces: string])[] = [
  // password, pass, pwd, pw; secret; token; credential; jwt; api key and all other keys; auth, authorization; cookie; dockerconfigjson;
  // sessionid, jsessionid; phpsessid; connect.sid.
  [named, 'pas pw ecr oke ede jwt key uth oki gjs nid hps .si'],
  // In the order of `prefixes` in shapes.ts.
  [
    prefixes,
    'pm_ ghp gho ghu ghs ghr ub_ lpa ldt lrt lcb lpt lft soa imt lag xox xap aiz ya2 sk- sk_ rk- rk_ bk- bk_ hse sg. ' +
      'hf_ _v1 kr_ pyp uby hpa hps hpc hpp vs. vb. vr. dap nra snt lsa tt3 n_a xke tsk dp. pma sbp igd ul- ecr',
  ],
  // PRIVATE KEY; webhooks of hook…, pagerduty and googleapis; telegram; bearer; eyJ; AKIA; ASIA and basic; IDENTIFIED; setuser;
  // from-literal; vault.
  [shapes, 'riv hoo rdu eap leg rer eyj kia asi fie etu m-l vau'],
];

const classBits = 5;
const classMask = (1 << classBits) - 1;
/** Each letter of either case, `_`, `-`, `.` and the digits together have a class; all else is 0. The bits above are flags. */
const classes = new Uint8Array(128);
const [underscore, hyphen, dot, digit] = [27, 28, 29, 30];
const [isAt, isQuery, isUnprintable] = [32, 64, 128];

for (let at = 0; at < 32; at += 1) classes[at] = isUnprintable;
classes[127] = isUnprintable;
for (let at = 0; at < 26; at += 1) {
  classes[65 + at] = 1 + at;
  classes[97 + at] = 1 + at;
}
for (let at = 48; at < 58; at += 1) classes[at] = digit;
for (const [mark, is] of [
  ['_', underscore],
  ['-', hyphen],
  ['.', dot],
  ['@', isAt],
  // What a signature in an address stands behind.
  ['?', isQuery],
  ['&', isQuery],
] as const)
  classes[mark.charCodeAt(0)] = is;

const classOf = (char: string): number => (classes[char.charCodeAt(0)] ?? 0) & classMask;

/** The kinds that three classes in a row may be a trace of. */
const found = new Uint8Array(1 << (3 * classBits));

for (const [kind, traces] of words)
  for (const trace of traces.split(' ')) {
    const [a, b, c] = [...trace].map(classOf);
    const first = ((a ?? 0) << classBits) | (b ?? 0);
    // Two characters, whatever follows them: at the end of a text stands a name without its value.
    for (let third = c ?? 0; third <= (c ?? classMask); third += 1) {
      const code = (first << classBits) | third;
      found[code] = (found[code] ?? 0) | kind;
    }
  }
// A flag, behind anything but a word: `-p`, `--user`.
for (let third = 1; third < digit; third += 1) {
  const code = (hyphen << classBits) | third;
  if (third <= 26 || third === hyphen) found[code] = (found[code] ?? 0) | commandArguments;
}

/** The kinds of secrets that a text may hold, and `unprintable`; 0: it is harmless as it is. It may name too many, never too few. */
export function tracesIn(text: string): number {
  const { length } = text;
  let code = 0;
  let flags = 0;
  let kinds = 0;
  for (let at = 0; at < length; at += 1) {
    const char = text.charCodeAt(at);
    const is = char < 128 ? (classes[char] ?? 0) : isUnprintable;
    flags |= is;
    code = ((code << classBits) | (is & classMask)) & (found.length - 1);
    kinds |= found[code] ?? 0;
  }
  if ((flags & isAt) !== 0 || text.includes(':/')) kinds |= logins;
  if ((flags & isQuery) !== 0) kinds |= shapes;
  if (tornName(text) !== undefined) kinds |= named;
  return (flags & isUnprintable) !== 0 ? kinds | unprintable : kinds;
}

/** The longest end of a name that is looked for. */
const longestTail = 40;

/**
 * Where the name ends of which a text has only the end, as that of a JSON line that was cut: 4 of `word":"x"`. Undefined
 * where the text begins otherwise.
 */
export function tornName(text: string): number | undefined {
  let at = 0;
  while (at < longestTail && ((classes[text.charCodeAt(at)] ?? 0) & classMask) !== 0) at += 1;
  const end = at;
  while (at < end + 15 && text[at] === '\\') at += 1;
  if (text[at] !== '"' && text[at] !== "'") return undefined;
  do at += 1;
  while (at < end + 40 && text[at] === ' ');
  return text[at] === ':' ? end : undefined;
}
