// Logins in addresses: `scheme://user:password@host`, also cut off before the @, and `user:password@host` without a scheme.
import { marked, type Range } from './value.ts';

/** What ends an address in a text. */
const ends = /[\s"'<>`]/;
/** Behind these stands the name of an image, a file or a person, no login. */
const noLogin = /^(?:docker[\w-]*|containerd|oci|cri-o|file|s3|gs|arn|urn|mailto|sips?|xmpp|acct|npm|workspace)$/i;
/** Behind these stands a person's address, which has a domain; else a user is called so. */
const people = /^(?:mailto|sips?|xmpp|acct|\d+)$/i;
/** Behind these stands the name of an image or a package, whose tag is no port. */
const packages = /^(?:docker|containerd|oci|cri-o|npm|workspace|s3|gs)$/i;
/** `search/v2@prod`: a path with a version, or only a version, at an environment, a branch or a release. */
const atVersion =
  /^(?:(?:[a-z][a-z-]{0,39}\/){0,9}(?:v\d{1,4}|rc\d{1,4})(?:[.-]\w{1,20}){0,4}(?:\/[a-z][a-z-]{0,39}){0,9}|(?:[a-z][a-z-]{1,39}\/){1,9}[a-z][a-z-]{1,39})$/;
const reference =
  /^(?:prod(?:uction)?|stag(?:e|ing)|dev(?:elop(?:ment)?)?|test(?:ing)?|main|master|latest|next|head|v?\d+(?:\.\d+){0,3})(?![\w.:-])/i;
/** Here a colon with digits and a slash may well be a password. */
const databases = /^(?:postgres(?:ql)?|rediss?|mysql|mariadb|amqps?|mongodb(?:\+srv)?|clickhouse|kafka|nats)$/i;
/** Names that a person's address stands behind: `by:anna@bentham.io`. */
const labels = /^(?:to|cc|bcc|from|by|user|email|e-mail|mail|owner|contact|author|at|reporter|assignee)$/i;

/** The text without the passwords of its addresses. */
export function withoutLogins(text: string): string {
  return withoutBareLogins(withoutUrlLogins(text));
}

function withoutUrlLogins(text: string): string {
  const found: Range[] = [];
  for (let at = text.indexOf(':/'); at >= 0; at = text.indexOf(':/', at + 2)) {
    const scheme = schemeBefore(text, at);
    const database = databases.test(scheme);
    const slashes = text[at + 2] === '/' ? 2 : 1;
    // `redis:/user:password@host`: one slash was forgotten.
    if (!scheme || noLogin.test(scheme) || (slashes === 1 && !database)) continue;
    const range = loginOf(text, at + 1 + slashes, database);
    if (range && range.from < range.to) found.push(range);
  }
  return marked(text, found);
}

/** `postgres+ssl` of `postgres+ssl://`. */
function schemeBefore(text: string, at: number): string {
  let from = at;
  while (from > 0 && from > at - 30 && /[a-z0-9+.-]/i.test(text[from - 1] ?? '')) from -= 1;
  while (from < at && !/[a-z]/i.test(text[from] ?? '')) from += 1;
  return text.slice(from, at);
}

/** The password of an address whose user begins here, or a token in the user's place. */
function loginOf(text: string, from: number, database: boolean): Range | undefined {
  let end = from;
  let sign = -1;
  for (; end < text.length && !ends.test(text[end] ?? ''); end += 1) {
    if (text.startsWith('://', end) || (text.startsWith(':/', end) && databases.test(schemeBefore(text, end)))) break;
    if (text[end] === '@') sign = end;
  }
  let user = from;
  while (user < end && !/[:/?#@]/.test(text[user] ?? '')) user += 1;
  if (text[from] === '[') return undefined;
  const name = text.slice(from, user);
  const colon = /%3a/i.exec(name);
  if (colon) return { from: from + colon.index + 3, to: sign < 0 ? end : sign };
  if (text[user] === '@') {
    return name.length >= 20 && /^[\w.~%-]+$/.test(name) ? { from, to: user } : undefined;
  }
  if (text[user] !== ':') return undefined;
  const rest = text.slice(user + 1, Math.min(end, user + 8));
  // Cut off before its @: what is no port is a password.
  if (sign < 0) return user > from && /^\d{0,5}(?:$|[^\w%~!*-])/.test(rest) ? undefined : { from: user + 1, to: end };
  const port = user > from && !database && /^\d{1,5}(?:$|[/?#])/.test(rest);
  return port ? undefined : { from: user + 1, to: sign };
}

function withoutBareLogins(text: string): string {
  const found: Range[] = [];
  let before = 0;
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    // A password may hold an @, too: the last one of a word stands before the host.
    if (isFollowed(text, at)) continue;
    const range = bareLogin(text, at, Math.max(before, at - longestLogin));
    if (range) found.push(range);
    before = at + 1;
  }
  return marked(text, found);
}

/** Whether another @ follows in the same word, before anything that a host has behind it. */
function isFollowed(text: string, sign: number): boolean {
  for (let at = sign + 1; at < text.length && at - sign < longestLogin; at += 1) {
    const char = text[at] ?? '';
    if (char === '@') return true;
    if (!/[\w.%+!$^&*~#?;-]/.test(char)) return false;
  }
  return false;
}

/** What stands between the last colon-separated name and this @; at the end of a text that was cut there, too. */
function bareLogin(text: string, sign: number, least: number): Range | undefined {
  const isCut = sign + 1 === text.length || text[sign + 1] === '…';
  if (!isCut && (!/[\w[•-]/.test(text[sign + 1] ?? '') || /^sha\d{3}:/.test(text.slice(sign + 1, sign + 8))))
    return undefined;
  let from = sign;
  while (from > least && !/[\s"'<>`/()=,{}]/.test(text[from - 1] ?? '')) from -= 1;
  if (!text.slice(from, sign).includes(':')) from = withName(text, from, least);
  const parts = text.slice(from, sign).split(':');
  const [first = ''] = parts;
  if (parts.length < 2 || !/^[\w.%+-]{0,64}$/.test(first) || isNoLogin(text, first, parts, sign)) return undefined;
  // `redis:user:password@host`: the address of a server whose slashes were forgotten.
  const named = databases.test(first) && parts.length > 2;
  if (!named && ((labels.test(first) && isAddress(text, sign)) || parts.length > 6)) return undefined;
  const skipped = named ? `${first}:${parts[1]}:`.length : first.length + 1;
  const range = { from: from + skipped, to: sign };
  return range.from < range.to ? range : undefined;
}

/** Whether what stands before this @ is the name of a person, an image, a path with its version, or a time. */
function isNoLogin(text: string, first: string, [, ...rest]: readonly string[], sign: number): boolean {
  const host = text.slice(sign + 1, sign + 80);
  if (rest.length === 1 && reference.test(host) && atVersion.test(rest[0] ?? '')) return true;
  if (/^\d+$/.test(first) && rest.every((part) => /^[\d.]*$/.test(part))) return true;
  if (people.test(first)) return isAddress(text, sign);
  if (packages.test(first)) return !/^[\w.-]{1,70}:\d{2,5}(?!\d)/.test(host) || rest.join('').includes('/');
  return noLogin.test(first);
}

/** Characters of a login that are looked at. */
const longestLogin = 300;

/** The beginning of `user:` before a password that holds what else ends a word: `ops:a/b=c@host`. Else where it began. */
function withName(text: string, from: number, least: number): number {
  let start = from;
  while (start > least && !/[\s"'<>`{}:]/.test(text[start - 1] ?? '')) start -= 1;
  if (text[start - 1] !== ':' || start - 1 <= least - 1) return from;
  // A scheme, a path of Windows, a port: no login.
  if (/^(?:\/\/|\d{1,5}(?:$|[/),]))/.test(text.slice(start, start + 6))) return from;
  let user = start - 1;
  while (user > least && /[\w.%+-]/.test(text[user - 1] ?? '')) user -= 1;
  return start - 1 - user > 1 ? user : from;
}

/** Ends of names of hosts that are no address of a person. */
const inside = /\.(?:internal|local|localdomain|localhost|lan|svc|cluster|intra|corp|home|test)$/i;

/** `anna@bentham.io`: a person's address rather than a login at a host, which may have a port, a path or no dot. */
function isAddress(text: string, sign: number): boolean {
  const [, host = '', next = ''] = /^([\w.-]{1,253})([:/]?)/.exec(text.slice(sign + 1, sign + 256)) ?? [];
  const name = host.endsWith('.') ? host.slice(0, -1) : host;
  return name.includes('.') && !inside.test(name) && next === '' && !/^[\d.]+$/.test(name);
}
