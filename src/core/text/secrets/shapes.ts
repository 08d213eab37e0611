// Secrets with a recognizable shape, whatever stands before them. Each pattern can start at few places of a text
// and reads on in one direction only: none needs more than its length.
import { shapes as otherShapes, prefixes as prefixed } from './traces.ts';
import { mark } from './value.ts';

/** Keys and tokens of well-known services, by the prefix that each gives its own. */
const prefixes = [
  'npm_',
  'gh[pousr]_',
  'github_pat_',
  'gl(?:pat|dt|rt|cbt|ptt|ft|soat|imt|agent)-',
  'xox[a-z](?:\\.xox[a-z])?-',
  'xapp-',
  'AIza',
  'ya29\\.',
  '[srb]k[-_]',
  'whsec_',
  'SG\\.',
  'hf_',
  'do[opr]_v1_',
  'dckr_(?:pat|oat)_',
  'pypi-',
  'rubygems_',
  'shp(?:at|ss|ca|pa)_',
  'hv[sbr]\\.',
  'dapi(?=[0-9a-f]{32})',
  'NRAK-',
  'sntry[su]_',
  'glsa_',
  'AT(?:ATT|CTT)3x',
  'lin_api_',
  'xkeysib-',
  'tskey-',
  'dp\\.[a-z]{2}\\.',
  'PMAK-',
  'sbp_',
  'figd_',
  'pul-',
  'AGE-SECRET-KEY-',
  'secret-token:',
].join('|');

/** Addresses whose knowledge is enough to write or act. */
const webhooks =
  /(https?:\/\/(?:hooks\.slack(?:-gov)?\.com\/\w+|(?:\w+\.)?discord(?:app)?\.com\/api\/(?:v\d+\/)?webhooks|[\w.-]+\.office\.com\/webhook\w*|outlook\.office(?:365)?\.com\/webhook\w*|events\.(?:eu\.)?pagerduty\.com\/(?:integration|generic)|chat\.googleapis\.com\/v1\/spaces|[\w.-]+\/hooks)\/)[^\s"'<>]+/gi;

/** A pattern, what it leaves, and words (lower case) of which a text without any cannot match; none: those of a prefix. */
type Shape = readonly [pattern: RegExp, by: string, needs?: readonly string[]];

const shapes: readonly Shape[] = [
  // Also where the line was cut before it ends.
  [
    /-----BEGIN [A-Z ]{0,40}PRIVATE KEY[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?(?:-----)?|$)/g,
    mark,
    ['private key'],
  ],
  [webhooks, `$1${mark}`, ['://']],
  [/(api\.telegram\.org\/bot)[^\s/"']+/gi, `$1${mark}`, ['telegram']],
  // The signature of a URL.
  [
    /([?&](?:sig|signature|policy|x-amz-signature|x-goog-signature|x-goog-credential|x-amz-credential|x-amz-security-token|awsaccesskeyid|key|apikey|code)=)[^&\s"'<>]+/gi,
    `$1${mark}`,
    ['?', '&'],
  ],
  // In a sentence: `Bearer` and a word that is more than a word.
  [/\b(bearer\s{1,9})(?![a-z]{1,15}\b)[a-z0-9._~+/=-]{6,}/gi, `$1${mark}`, ['bearer']],
  // A JSON Web Token, such as a service account's (RFC 7519), whole or cut: `{"` in base64 begins it.
  [/\beyJ(?:[\w-]{8,}(?:\.[\w-]*){0,2}|[\w-]*(?=…?$))/g, `eyJ${mark}`, ['eyj']],
  // AWS: the id, and the secret where it stands right beside it.
  [
    /\b((?:AKIA|ASIA)[A-Z0-9]{12,}[\s,;:|/"'=]{1,8})(?:[A-Za-z0-9/+]{20,40}(?![\w/+])|[A-Za-z0-9/+]{1,40}(?=…?$))/g,
    `$1${mark}`,
    ['akia', 'asia'],
  ],
  // The same with words between them: `AKIA…, secret: x`. An AWS secret has 40 characters.
  [
    /\b((?:AKIA|ASIA)[A-Z0-9]{12,28}\b[^\n]{0,80}?[^\w/+\n])[A-Za-z0-9/+]{40}(?![\w/+=])/g,
    `$1${mark}`,
    ['akia', 'asia'],
  ],
  [/\b(AKIA|ASIA)[A-Z0-9]{12,}\b/g, `$1${mark}`, ['akia', 'asia']],
  // Shorter than any is only one that was cut.
  [new RegExp(`\\b(${prefixes})(?:[\\w.=-]{16,}|[\\w.=-]{1,15}(?=…?$))`, 'g'), `$1${mark}`],
  [
    /\b(IDENTIFIED (?:WITH \w{1,40} )?(?:BY|AS) (?:PASSWORD )?)(?:'[^'\n]*'?|"[^"\n]*"?)/gi,
    `$1'${mark}'`,
    ['identified'],
  ],
  // What is made into a Secret, whatever its key.
  [
    /(--from-literal(?:=|["',\s]{1,5})["']?[\w.-]{1,253}=)(?:"[^"\n]*"?|'[^'\n]*'?|[^\s"']+)/g,
    `$1${mark}`,
    ['from-literal'],
  ],
  [/\b(vault\s{1,9}login\s{1,9})(?:[^\s"'-][^\s"']*)/g, `$1${mark}`, ['vault']],
];

const base64 = /[\w+/=\s\\-]/;
const basic = /\b(basic\s{1,9})([A-Za-z0-9+/]{4,}={0,2})/gi;
const keyEnd = /-----END [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;

/** The text without what is a secret by its shape; `traces`: what it may hold (traces.ts). */
export function withoutShapes(text: string, traces = prefixed | otherShapes): string {
  const lower = (traces & otherShapes) !== 0 ? text.toLowerCase() : '';
  let safe = text;
  for (const [pattern, by, needs] of shapes)
    if (needs ? needs.some((word) => lower.includes(word)) : (traces & prefixed) !== 0)
      safe = safe.replace(pattern, by);
  if (lower.includes('basic'))
    safe = safe.replace(basic, (whole, scheme: string, word: string) => (isLogin(word) ? `${scheme}${mark}` : whole));
  return lower.includes('private key') ? withoutKeyTails(safe) : safe;
}

/** Whether this is `user:password` in base64, so far as it goes. */
function isLogin(word: string): boolean {
  const whole = word.slice(0, 400).replaceAll('=', '');
  try {
    const plain = atob(whole.slice(0, whole.length - (whole.length % 4)));
    return plain.includes(':') && /^[\x20-\x7e]+$/.test(plain);
  } catch {
    return false;
  }
}

/** The end of a private key whose beginning was cut off. */
function withoutKeyTails(text: string): string {
  let safe = '';
  let done = 0;
  for (const { 0: whole, index } of text.matchAll(keyEnd)) {
    let from = index;
    while (from > done && base64.test(text[from - 1] ?? '')) from -= 1;
    safe += text.slice(done, from) + mark;
    done = index + whole.length;
  }
  return safe + text.slice(done);
}
