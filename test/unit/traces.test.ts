// The pass that looks for traces of secrets must never be the reason that one is shown: whatever a text is made of, the
// patterns leave the same of it as where none is skipped.
import { expect, test } from 'vitest';
import { redact } from '../../src/core/text/redact.ts';
import {
  commandArguments,
  logins,
  named,
  prefixes,
  shapes,
  tracesIn,
  unprintable,
} from '../../src/core/text/secrets/traces.ts';
import { sanitize, stripControl } from '../../src/core/text/text.ts';

const withAll = (text: string) => redact(text, logins | named | commandArguments | prefixes | shapes);

/** A value of twenty characters that patterns take for a secret. */
const value = 'A1b2C3d4E5f6G7h8I9j0';

/** One text for each name, prefix, shape and command. */
const secrets: readonly string[] = [
  ...'password passwd passphrase passwort passcode pwd secret token credential credentials jwt requirepass masterauth primaryauth dockerconfigjson jsessionid phpsessid sessionid connect.sid client-key-data secret_key_base TOKEN_EU apikey api_key access-key privateKey routing_key integration-key account_key signingKey encryption_key master_key shared_key storage_key subscription_key license_key deploy_key ssh_key cookie authorization'
    .split(' ')
    .map((name) => `${name}=${value}`),
  ...'pass pw auth'.split(' ').map((name) => `"${name}":"${value}"`),
  ...'npm_ ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat- gldt- glrt- glcbt- glptt- glft- glsoat- glimt- glagent- xoxb- xapp- AIza ya29. sk- rk_ bk- sk_ whsec_ SG. hf_ dop_v1_ doo_v1_ dor_v1_ dckr_pat_ dckr_oat_ pypi- rubygems_ shpat_ shpss_ shpca_ shppa_ hvs. hvr. hvb. NRAK- sntrys_ sntryu_ glsa_ ATATT3x ATCTT3x lin_api_ xkeysib- tskey- dp.pt. PMAK- sbp_ figd_ pul- AGE-SECRET-KEY- secret-token:'
    .split(' ')
    .map((prefix) => `x ${prefix}${value}`),
  `dapi${'0123456789abcdef'.repeat(2)}`,
  `-----BEGIN RSA PRIVATE KEY-----${value}`,
  `${value}-----END PRIVATE KEY-----`,
  `https://hooks.slack.com/services/${value}`,
  `https://discord.com/api/webhooks/${value}`,
  `https://outlook.office.com/webhook/${value}`,
  `https://events.pagerduty.com/integration/${value}`,
  `https://chat.googleapis.com/v1/spaces/${value}`,
  `https://mattermost.example/hooks/${value}`,
  `api.telegram.org/bot${value}`,
  `a?sig=${value}`,
  `a&code=${value}`,
  `bearer ${value}`,
  `basic ${btoa('user:secret')}`,
  `eyJ${value}`,
  'AKIAABCDEFGHIJKLMNOP',
  'ASIAABCDEFGHIJKLMNOP',
  `IDENTIFIED BY '${value}'`,
  `acl setuser ops >${value}`,
  `user ops on +@all >${value}`,
  `AUTH ops ${value}`,
  `auth-pass main ${value}`,
  `{"value":"${value}","name":"pwd"}`,
  `--from-literal=a=${value}`,
  `vault login ${value}`,
  `["x-token","${value}"]`,
  `postgres://user:${value}@db`,
  `redis:/user:${value}@db`,
  `ops:${value}@db`,
  ...[
    'mysql -p',
    'curl -u a:',
    'sshpass -p ',
    'redis-cli -a ',
    'docker login -p ',
    'ldapsearch -w ',
    'sqlcmd -P ',
    'etcdctl --user a:',
    'unzip -P ',
    '7z -p',
    'curl -b a=',
  ].map((command) => `${command}${value}`),
  `["curl","--user","a:${value}"]`,
  `http --auth=a:${value}`,
];

const pieces: readonly string[] = [
  ...secrets,
  ...['"', "'", ':', '=', ' ', '-', '--', '@', '/', '://', '{', '}', '[', ']', ',', '\\', '\\"', '\n', '\r\n', '\t'],
  ...['\u001b[31m', '\u001b]0;x\u0007', '\u0000', '\u00a0', 'é', '\ufeff', '\ufffd', '\u202e', '…', '•••', '😀', 'ſ'],
  ...[
    'curl',
    'mysql',
    'docker',
    'http',
    'https',
    'redis-cli',
    'basic ',
    'Bearer ',
    'AUTH',
    'key',
    'pw',
    'x'.repeat(300),
  ],
];

/** The same numbers in each run (a linear congruential generator), from 0 to below 1. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 0x80000000;
  };
}

test.each(secrets)('leaves no secret in %s', (text) => {
  const safe = redact(text);
  expect(safe).toBe(withAll(text));
  expect(safe).toContain('•••');
});

test('no text keeps more of a secret than where nothing is skipped', () => {
  const next = numbers(19);
  const part = () => {
    const piece = pieces[Math.floor(next() * pieces.length)] ?? '';
    const cut = Math.floor(next() * piece.length);
    const how = next();
    return how < 0.1 ? piece.slice(cut) : how < 0.2 ? piece.slice(0, cut) : how < 0.3 ? piece.toUpperCase() : piece;
  };
  let quiet = 0;
  const wrong: string[] = [];
  for (let n = 0; n < 20_000; n += 1) {
    const text = Array.from({ length: 1 + Math.floor(next() * 10) }, part).join('');
    if (tracesIn(text) === 0) quiet += 1;
    if (redact(text) !== withAll(text)) wrong.push(text);
    // What is short enough is sanitized in one pass.
    const safe = withAll(stripControl(text, 64_000));
    if (safe.length <= 16_000 && sanitize(text, 16_000) !== safe) wrong.push(text);
  }
  expect(wrong).toEqual([]);
  expect(quiet).toBeGreaterThan(20);
});

test.each([
  '{"level":30,"msg":"request completed","req":{"method":"GET","url":"/v1/studies/study_0"},"responseTime":0}',
  '2026-11-29 05:53:49 INFO started in 4.2s - 3 workers, 512 MB',
])('most lines have no trace: %s', (text) => {
  expect(tracesIn(text)).toBe(0);
});

test.each(['é', '\u001b', '\u007f', '\n', '\ufeff', '\ud800'])('%j is told as not printable', (char) => {
  expect(tracesIn(`a${char}b`)).toBe(unprintable);
});
