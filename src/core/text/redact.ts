// What looks like a secret, wherever it stands: in a log line, an error, a setting, a command.

/** Names that a secret goes by: `PGPASSWORD`, `api-key`, `secretAccessKey`, `routing_key`. */
const names =
  'password|passwd|passphrase|passwort|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|routing[_-]?key|integration[_-]?key|account[_-]?key|session[_-]?token|requirepass|masterauth';

/** HTTP's Authorization header: its scheme and what follows, or a token of some length without a scheme. */
const authorization =
  /\b((?:proxy-)?authorization[\\"']*\s*[:=]\s*[\\"']*(?:(?:bearer|basic|token|apikey|negotiate)\s+|(?=[^\s"'\\]*\d)(?=[^\s"'\\]{16})))[^\s\\"']{6,}/gi;

const secrets: readonly [RegExp, string][] = [
  // scheme://user:password@host, with a password that was not encoded (p/a@ss); host:port/path@ is none.
  [
    /\b([a-z][a-z0-9+.-]*:\/\/[^\s:/@"'<>]*):(?!\d{1,5}(?:[/?#]|$)(?<=\/\/[^\s:/@"'<>]+:\d{1,5}.?))(?:(?!:\/\/)[^\s"'<>`])+@/gi,
    '$1:•••@',
  ],
  [/\b((?:postgres(?:ql)?|rediss?|mysql|amqps?):\/\/[^\s:/@"'<>]*):(?!•••)(?:(?!:\/\/)[^\s"'<>`])+@/gi, '$1:•••@'],
  // A token in the user's place.
  [/\b([a-z][a-z0-9+.-]*:\/\/)[\w-]{20,}@/gi, '$1•••@'],
  [authorization, '$1•••'],
  [/\b(authorization[\\"']*\s*[:=]\s*[\\"']*(?:digest|aws4-hmac-sha256)\s+)[^\n]+/gi, '$1•••'],
  [/\b(bearer\s+)[a-z0-9._~+/=-]{6,}/gi, '$1•••'],
  [/\b((?:set-)?cookie["']?:\s*["']?)[^"'\n]+/gi, '$1•••'],
  // In quotes of whatever kind, also those of JSON within JSON: to the closing one.
  [new RegExp(`((?:${names})(?:\\\\*["'])?\\s*[:=]\\s*)(\\\\*["'])(?:(?!\\2)(?:\\\\.|[^\\n]))*\\2`, 'gi'), '$1$2•••$2'],
  // Without: to the next blank. A comma or a semicolon ends it only before one.
  [
    new RegExp(`((?:${names})(?:\\\\*["'])?\\s*[:=]\\s*)(?!\\\\*["'])(?:[^\\s\\\\"',;}&]|[,;](?=[^\\s"'}]))+`, 'gi'),
    '$1•••',
  ],
  // SQL: ALTER ROLE x PASSWORD '…', also in a server's log.
  [/\b(password\s+)e?'(?:[^'\n]|'')*(?:'|$)/gi, "$1'•••'"],
  // An argument of a command: --password hunter2.
  [/(\s--?(?:password|passwd|pass|token|secret|api-key|apikey)\s+)(?!-)\S+/gi, '$1•••'],
  // What signs a URL.
  [
    /([?&](?:sig|signature|x-amz-signature|x-amz-credential|x-amz-security-token|awsaccesskeyid|key|apikey|code)=)[^&\s"'<>]+/gi,
    '$1•••',
  ],
  // A JSON Web Token, such as a service account's (RFC 7519): `{"` in base64 begins it.
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, 'eyJ•••'],
  [/\b(AKIA|ASIA)[A-Z0-9]{12,}\b/g, '$1•••'],
  [/\b(sk|bk|ghp|gho|ghu|ghs|ghr|github_pat|glpat|xox[abeprs]|xapp|AIza)([-_]?)[A-Za-z0-9_-]{16,}\b/g, '$1$2•••'],
  // Whoever knows the address of a webhook may write to it.
  [
    /(https?:\/\/(?:hooks\.slack(?:-gov)?\.com\/\w+|(?:\w+\.)?discord(?:app)?\.com\/api\/(?:v\d+\/)?webhooks|[\w.-]+\.office\.com\/webhook\w*|outlook\.office(?:365)?\.com\/webhook\w*|events\.(?:eu\.)?pagerduty\.com\/(?:integration|generic)|chat\.googleapis\.com\/v1\/spaces|[\w.-]+\/hooks)\/)[^\s"'<>]+/gi,
    '$1•••',
  ],
  [/(api\.telegram\.org\/bot)[^\s/"']+/gi, '$1•••'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, '•••'],
];

/** Without one of these there is no secret to remove: most text is let through by one look. */
const suspicious = new RegExp(
  `:\\/\\/|bearer|authorization|cookie|${names}|-pass|signature|[?&](?:sig|key|code|awsaccess)|AKIA|ASIA|[sb]k[-_]|gh[pours]_|github_pat|glpat|xox|xapp|AIza|eyJ|telegram|PRIVATE KEY`,
  'i',
);

/**
 * Removes what looks like a secret: passwords in URLs and settings, headers and tokens, AWS and API keys, private keys,
 * addresses of webhooks.
 */
export function redact(text: string): string {
  if (!suspicious.test(text)) return text;
  return secrets.reduce((safe, [pattern, by]) => safe.replace(pattern, by), text);
}
