// What a secret is called.

/** Names of secrets, also as the last part of a longer name: `PGPASSWORD`, `secretAccessKey`, `routing_key`. */
export const strong =
  'password|passwd|passphrase|passwort|passcode|pwd|secret(?:[_ -]?key)?|token|credentials?|jwt|requirepass|masterauth|primaryauth|dockerconfigjson|jsessionid|phpsessid|sessionid|connect\\.sid|client[_-]key[_-]data|(?:api|access|private|routing|integration|account|signing|encryption|master|shared|storage|subscription|license|deploy|ssh)[_ -]?key';
/** Words that are a secret's name only where they stand alone or behind `_`, `-` or a small letter: `DB_PASS`, `dbPw`. */
const weak = 'pass|pw|auth';
const headers = 'authorization|cookies?';

/** Groups: a name that is a secret's anywhere, a header's, one that has to stand alone (`standsAlone`). */
export const namesPattern = (): RegExp => new RegExp(`(${strong})|(${headers})|(${weak})(?![a-z])`, 'gi');

/** Whether no word runs on into the one that begins here. */
export function standsAlone(text: string, at: number): boolean {
  const before = text[at - 1] ?? ' ';
  return !/[A-Za-z]/.test(before) || (/[a-z]/.test(before) && /[A-Z]/.test(text[at] ?? ''));
}

/** What may follow the name of a secret within a longer name: the whole one names a secret still. */
const stillSecret = new Set(
  (
    'base value val hash digest prod production staging stage dev test live old new current prev previous next primary ' +
    'secondary main master backup plain plaintext text raw data string binary encrypted enc pem b64 base64 db root admin'
  ).split(' '),
);

/** Last words of names that say something about a secret: `TOKEN_FILE`, `SECRET_ACCESS_KEY_ID`. */
const aboutSecrets = new Set(
  (
    'file path dir name names id ids url uri endpoint host port user username email role ttl expiry expires expiration expired ' +
    'age seconds secs ms minutes hours days interval timeout length len size limit count total max min rate burst retries ' +
    'enabled disabled required optional type kind method mode algorithm alg encryption policy issuer audience scope scopes ' +
    'ref provider store source backend region version format prefix header field column table arn namespace error errors ' +
    'failed invalid missing status at'
  ).split(' '),
);

/** How a name goes on: `surely` a secret's, one in capitals `perhaps` (a number behind it is a limit), or `several`. */
export type Suffix = { end: number; is: 'surely' | 'perhaps' | 'several' };

const rest = /[\w-]{1,48}/y;

/** The rest of a longer name that begins like a secret's: `_BASE` of `SECRET_KEY_BASE`. Undefined where it is no secret's. */
export function suffixOf(text: string, at: number, from: number): Suffix | undefined {
  rest.lastIndex = from;
  const suffix = rest.exec(text)?.[0];
  if (suffix === undefined || /[\w-]/.test(text[from + suffix.length] ?? '')) return undefined;
  const end = from + suffix.length;
  const name = text.slice(at, from);
  if (/^\d{1,4}$/.test(suffix)) return { end, is: 'surely' };
  if (/^s$/i.test(suffix))
    return /^(?:password|passwd|token|api[_-]?key)$/i.test(name) ? { end, is: 'several' } : undefined;
  const words = suffix
    .split(/[_-]|(?<=[a-z])(?=[A-Z])/)
    .filter((word) => word !== '')
    .map((word) => word.toLowerCase());
  if (words.every((word) => stillSecret.has(word) || /^\d{1,4}$/.test(word))) return { end, is: 'surely' };
  const isSetting = /^[A-Z_]+$/.test(name) && /^_[A-Z0-9_]+$/.test(suffix);
  return isSetting && !aboutSecrets.has(words.at(-1) ?? '') ? { end, is: 'perhaps' } : undefined;
}

/** Whether a whole name, as that of a variable or a header, is a secret's; `perhaps`: a number behind it is no secret. */
export function secretName(name: string): 'surely' | 'perhaps' | undefined {
  const names = namesPattern();
  for (let match = names.exec(name); match; match = names.exec(name)) {
    const end = match.index + match[0].length;
    const certain = match[1] !== undefined || match[2] !== undefined;
    if (!certain && !standsAlone(name, match.index)) continue;
    if (end === name.length) return certain ? 'surely' : 'perhaps';
    const suffix = match[1] === undefined ? undefined : suffixOf(name, match.index, end);
    if (suffix?.end === name.length) return suffix.is === 'surely' ? 'surely' : 'perhaps';
  }
  return undefined;
}
