// Secrets that stand behind their name: `password=x`, `"apiKey": "x"`, `<token>x</token>`, `--secret x`, `PASSWORD 'x'`.
import { namesPattern, standsAlone, suffixOf } from './names.ts';
import { tornName } from './traces.ts';
import { bare, lineEnd, marked, quoted, type Range } from './value.ts';

const names = namesPattern();

/** Between a name and its value: `=`, `:`, `=>`, `:=`, `%3D`, with the quote that closes the name. */
const separator =
  /(?:\\{0,15}["'`]|%22|%27|&quot;|&#34;)?(?:\]|\[\]|%5d)?\s{0,20}(?:=>|:=|[:=]|%3d|%3a)(?:\\?\s){0,200}(?:[|>][-+]?\s{1,200})?/iy;
/** An entry of a container's environment, `{"name": "DB_PASSWORD", "value": "x"}`, or a command: `name: 'auth', args: ['x']`. */
const entry = /\\{0,15}["']?\s{0,20},?\s{0,200}\\{0,15}["']?(?:value|args)\\{0,15}["']?\s{0,20}[:=]\s{0,20}/iy;
/** Redis' own settings and .netrc have a blank; in SQL and in sentences the value stands in quotes behind it. */
const blankBetween = /\\{0,15}["']?\s{1,20}/y;

/** From a flag to its argument, in a shell or in a list: `--token x`, `"--token", "x"`. */
const nextItem = /(?:\\{0,15}["'])?(?:\s{0,20},\s{0,20}|\s{1,20})/y;

const nextQuoted = /["']\s{0,20},?\s{0,20}["']/y;

/** Values that say that there is none, or what a report counts. */
const nothing = /(?:null|none|nil|undefined|true|false|yes|no)(?=[\s,;)}\]"'&]|$)/iy;
const counted = /[-+]?\d{1,6}(?:\.\d{1,6})?(?:%|ms|s|\/\d{1,6})?(?=[\s,;)}\]]|$)/y;

/** The text without the values that stand behind a secret's name. */
export function withoutNamed(text: string): string {
  const found: Range[] = [];
  const torn = tornValue(text);
  if (torn) found.push(torn);
  names.lastIndex = torn?.to ?? 0;
  for (let match = names.exec(text); match; match = names.exec(text)) {
    const [name, certain, header] = match;
    const at = match.index;
    const end = at + name.length;
    if (!certain && !header && !standsAlone(text, at)) continue;
    const range = header ? headerValue(text, header, end) : value(text, name, at, end, certain !== undefined);
    if (!range || range.from >= range.to) continue;
    found.push(range);
    names.lastIndex = range.to;
  }
  return marked(text, found);
}

/** Names in full, of which a line that was cut has the end. */
const whole = (
  'password passwd passphrase passwort passcode pwd secret secrets token credential credentials jwt authorization cookie ' +
  'apikey api_key api-key accesskey access_key privatekey private_key secretkey secret_key routingkey routing_key'
).split(' ');

/** The value behind the end of a secret's name, at the beginning of a line that was cut within the name. */
function tornValue(text: string): Range | undefined {
  const end = tornName(text);
  if (end === undefined) return undefined;
  const tail = text.slice(0, end).toLowerCase();
  const isEnd = whole.some((name) => name.endsWith(tail));
  const from = isEnd ? after(separator, text, end) : undefined;
  const range = from === undefined ? undefined : quoted(text, from);
  return range && range.from < range.to ? range : undefined;
}

/** The end of what matches here; undefined where it does not. */
function after(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

function value(text: string, name: string, at: number, end: number, certain: boolean): Range | undefined {
  const behind = valueBehind(text, name, at, end, certain);
  const suffix = behind || !certain ? undefined : suffixOf(text, at, end);
  if (!suffix) return behind;
  const range = valueBehind(text, text.slice(at, suffix.end), at, suffix.end, suffix.is === 'surely');
  return range && suffix.is === 'several' && !isSeveral(text, range) ? undefined : range;
}

/** `tokens: ["x"]`, `tokens: x1y2z3`, and not a number of them, nor objects. */
function isSeveral(text: string, range: Range): boolean {
  return /["'`]/.test(text[range.from - 1] ?? '') || /^\s{0,20}["'`]/.test(text.slice(range.from, range.from + 22));
}

function valueBehind(text: string, name: string, at: number, end: number, certain: boolean): Range | undefined {
  const from = after(entry, text, end) ?? after(separator, text, end);
  if (from !== undefined) {
    // A parser's `unexpected token: …` speaks of another one.
    if (/^token$/i.test(name) && /unexpected $/i.test(text.slice(Math.max(0, at - 11), at))) return undefined;
    if (after(nothing, text, from) !== undefined) return undefined;
    if (!certain && after(counted, text, from) !== undefined) return undefined;
    if (text[from] === '[') return list(text, from);
    if (text[from] === '{') return wrapped(text, from);
    return quoted(text, from) ?? (isSentence(text, name, end, from) ? undefined : bare(text, from));
  }
  // `<password> called` is a word in the place of one.
  if (text[end] === '>' && opensTag(text, at))
    return text[end + 1] === ' ' ? undefined : { from: end + 1, to: within(text, end + 1, '<') };
  if (isFlag(text, at)) {
    const next = after(nextItem, text, end);
    return next === undefined ? undefined : argument(text, next);
  }
  if (name === 'AUTH') return words(text, end);
  return certain ? (item(text, end) ?? keyOf(text, end) ?? behindBlank(text, name, at, end)) : item(text, end);
}

/** The next one of a list behind a name in it, as clients write headers: `["x-api-key", "x1y2z3"]`. */
function item(text: string, end: number): Range | undefined {
  const from = after(nextQuoted, text, end);
  if (from === undefined || !text.slice(end, from).includes(',')) return undefined;
  const range = quoted(text, from - 1);
  const word = range && text.slice(range.from, Math.min(range.to, range.from + 200));
  return word && /^(?=.*\d)\S{6,}$/.test(word) ? range : undefined;
}

/** PostgreSQL's `Key (token)=(x) already exists.` */
function keyOf(text: string, end: number): Range | undefined {
  const from = after(keyValue, text, end);
  return from === undefined ? undefined : { from, to: within(text, from, ')') };
}

/** `requirepass x`, `PASSWORD 'x'`, `password was 'x'`: a blank between the two. */
function behindBlank(text: string, name: string, at: number, end: number): Range | undefined {
  const from = after(blankBetween, text, end);
  if (from === undefined) return undefined;
  const next = quoted(text, from) ?? bare(text, from);
  if (isKey(text.slice(next.from, Math.min(next.to, next.from + 200)))) return next;
  if (/^(?:requirepass|masterauth|primaryauth)$/i.test(name) || isConfigured(text, at)) return next;
  if (!/^(?:password|passwd|passphrase|passwort)$/i.test(name) || /["']/.test(text[end] ?? '')) return undefined;
  if (login(text, at)) return bare(text, from);
  const told = after(isOrWas, text, from);
  if (told !== undefined) {
    const word = quoted(text, told);
    const random = word ?? bare(text, told);
    return word || isRandom(text, random, 6) ? random : undefined;
  }
  const literal = dollars(text, from) ?? quoted(text, from);
  return literal ?? (isRole(text, at) && after(noLiteral, text, from) === undefined ? bareSql(text, from) : undefined);
}

/** A parameter of a statement, or that there is none. */
const noLiteral = /[?$:]|null\b/iy;
const keyValue = /(?:, ?\w{1,63}){0,9}\)=\(/y;
const isOrWas = /(?:is|was|to)(?::\s{0,9}|\s{1,9})/iy;

/** `ALTER ROLE ops PASSWORD x`, whose value lacks its quotes. */
function isRole(text: string, at: number): boolean {
  return /\b(?:alter|create)\s{1,9}(?:role|user)\s[^\n]{1,90}$/i.test(text.slice(Math.max(0, at - 120), at));
}

function bareSql(text: string, from: number): Range {
  const { to } = bare(text, from);
  return { from, to: text[to - 1] === ';' ? to - 1 : to };
}

/** `aws configure set aws_secret_access_key x`. */
function isConfigured(text: string, at: number): boolean {
  return /\bconfigure\s{1,9}set\s{1,9}[\w.-]{0,80}$/.test(text.slice(Math.max(0, at - 120), at));
}

/** `credentials: expired`, `auth: denied`: what is said of them, not they. */
function isSentence(text: string, name: string, end: number, from: number): boolean {
  return (
    /^(?:credentials?|auth)$/i.test(name) &&
    /^:\s+$/.test(text.slice(end, from)) &&
    !isRandom(text, bare(text, from), 6)
  );
}

/** Letters of both cases and digits in one long word: what stands behind `secret` in a sentence only as a secret. */
const isKey = (word: string) =>
  /^[\w+/=.-]{16,}$/.test(word) && /\d/.test(word) && /[a-z]/.test(word) && /[A-Z]/.test(word);

/** Redis' command with its words in quotes, as MONITOR and clients write it: `"AUTH" "ops" "x"`, `['AUTH', 'x']`. */
function words(text: string, end: number): Range | undefined {
  const from = after(nextQuoted, text, end);
  if (from === undefined) return undefined;
  let to = within(text, from, ']');
  while (to > from && /[\s"']/.test(text[to - 1] ?? '')) to -= 1;
  return { from, to };
}

/** Where a secret stands one level deeper: `"password": {"type": "plain", "value": "x"}`. */
const inner =
  /["']?(?:value|data|raw|plain(?:text)?|current|new|old|text)\\{0,15}["']?\s{0,20}[:=]\s{0,20}(?=\\{0,15}["'])/i;
/** Characters within which it is looked for. */
const wrappedWithin = 200;

function wrapped(text: string, from: number): Range | undefined {
  const [part = ''] = text.slice(from, from + wrappedWithin).split('}', 1);
  const match = inner.exec(part);
  return match ? quoted(text, from + match.index + match[0].length) : undefined;
}

/** `["a", "b"]`: all of it. */
function list(text: string, from: number): Range {
  return { from: from + 1, to: within(text, from + 1, ']') };
}

/** To this character, at most to the end of the line. */
function within(text: string, from: number, until: string): number {
  const end = lineEnd(text, from);
  const at = text.slice(from, end).indexOf(until);
  return at < 0 ? end : from + at;
}

/** `<db:password>`, not `</db:password>`. */
function opensTag(text: string, at: number): boolean {
  return /<[\w:.-]*$/.test(text.slice(Math.max(0, at - 40), at));
}

/** `--db-password x`, `-password x`, also as an item of a list: `"--password", "x"`. */
function isFlag(text: string, at: number): boolean {
  return /(?:^|[\s"'[(,])--?[\w-]*$/.test(text.slice(Math.max(0, at - 40), at));
}

/** The name of a file in a secret's place. */
const fromFile = /["']?fileb?:\/\//iy;

function argument(text: string, from: number): Range | undefined {
  if (text[from] === '-' || after(fromFile, text, from) !== undefined) return undefined;
  return quoted(text, from) ?? bare(text, from);
}

/** .netrc: `machine x login y password z`. */
function login(text: string, at: number): boolean {
  return /\blogin\s\S{1,100}\s$/.test(text.slice(Math.max(0, at - 110), at));
}

/** PostgreSQL's `$$…$$` and `$tag$…$tag$`. */
function dollars(text: string, from: number): Range | undefined {
  const tag = /^\$\w{0,30}\$/.exec(text.slice(from, from + 32))?.[0];
  if (!tag) return undefined;
  const close = text.indexOf(tag, from + tag.length);
  return { from: from + tag.length, to: close < 0 ? text.length : close };
}

/** Schemes of HTTP whose credentials are one word; those of others are parameters to the end. */
const oneWord = /^(?:bearer|basic|token|apikey|api-key|negotiate|ntlm|key|bot|oauth|dpop|privatetoken|sso-key)$/i;
const parameters = /^(?:digest|aws4-[\w-]+|hawk|hoba|mutual|scram-[\w-]+|vapid|oauth|signature|mac|gnap)$/i;
/** What nobody says in a sentence. */
const random = /^(?=.*\d)\S{6,}|^\S{20,}/;

function headerValue(text: string, header: string, end: number): Range | undefined {
  const from = after(separator, text, end) ?? itemAfter(text, end);
  if (from === undefined) return undefined;
  if (text[from] === '[') return list(text, from);
  if (text[from] === '{') return { from: from + 1, to: within(text, from + 1, '}') };
  const inside = quoted(text, from) ?? { from, to: lineEnd(text, from) };
  if (/^cookie/i.test(header))
    return text.slice(end, from).includes(',') && !isCookie(text, inside) ? undefined : inside;
  const [whole, scheme = '', gap = ''] =
    /^([\w-]{1,40})((?:\\?\s){1,20})/.exec(text.slice(inside.from, inside.from + 61)) ?? [];
  if (!whole) {
    const all = wordIn(text, inside.from, inside.to);
    return isRandom(text, all, 16) ? all : undefined;
  }
  const credentials = inside.from + scheme.length + gap.length;
  const first = wordIn(text, credentials, inside.to);
  if (parameters.test(scheme) && text.slice(first.from, first.from + 60).includes('='))
    return { from: credentials, to: inside.to };
  if (oneWord.test(scheme) || parameters.test(scheme)) return first;
  const own = wordIn(text, inside.from, inside.to);
  if (isRandom(text, own, 16)) return own;
  return isRandom(text, first, 6) ? first : undefined;
}

const isCookie = (text: string, { from, to }: Range) => text.slice(from, Math.min(to, from + 200)).includes('=');

/** Where the value stands of a header whose name is an item of a list: `["Authorization", "Bearer x"]`. */
function itemAfter(text: string, end: number): number | undefined {
  const from = after(nextQuoted, text, end);
  return from !== undefined && text.slice(end, from).includes(',') ? from - 1 : undefined;
}

function wordIn(text: string, from: number, end: number): Range {
  let to = from;
  while (to < end && !/[\s\\"']/.test(text[to] ?? '')) to += 1;
  return { from, to };
}

function isRandom(text: string, { from, to }: Range, least: number): boolean {
  return to - from >= least && random.test(text.slice(from, Math.min(to, from + 200)));
}
