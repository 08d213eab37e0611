// No text can hold the cockpit up: each regular expression of the sources takes a time in proportion to the text,
// whatever the text. A backtracking one would take seconds, years or for ever for some of these.
import { createContext, Script } from 'node:vm';
import { describe, expect, test } from 'vitest';
import type { LogFields } from '../../src/core/logs/log-fields.ts';
import { hitsOf, parseFilter, passes } from '../../src/core/logs/log-filter.ts';
import { statementKind, statementSays, withoutLiterals } from '../../src/core/text/statement.ts';
import { redact, sanitize, stripControl } from '../../src/core/text/text.ts';
import { LineSplitter } from '../../src/data/kubernetes/logs/line-splitter.ts';
import { attacks, type Pattern, patternsBelow, pumps } from '../support/patterns.ts';

const fields = { level: 'level' } as LogFields;

const { literals, made } = patternsBelow('src');

const box = createContext({ pattern: /x/, texts: [''], now: () => performance.now(), costs: [] });
const looks = new Script(`for (const text of texts) {
  const before = now();
  if (pattern.sticky) { pattern.lastIndex = 0; pattern.exec(text); }
  else for (const _ of text.matchAll(pattern));
  costs.push(now() - before);
}`);

/** The time of a look through each text, in ms, as far as they were finished within the limit. */
function costsOf({ source, flags, sticky }: RegExp, texts: readonly string[], limit: number): number[] {
  const costs: number[] = [];
  Object.assign(box, { pattern: new RegExp(source, sticky ? flags : `${flags.replace('g', '')}g`), texts, costs });
  try {
    looks.runInContext(box, { timeout: limit });
  } catch {
    costs.push(limit);
  }
  return costs;
}

/** CPU time in ms, which a busy machine does not lengthen; the least of some. */
function cpuOf(work: () => void): number {
  const once = () => {
    const { user, system } = process.cpuUsage();
    work();
    const after = process.cpuUsage();
    return (after.user + after.system - user - system) / 1000;
  };
  const first = once();
  return first < enough ? first : Math.min(first, once(), once());
}

/** A look through 100 kB for what is nowhere in it. */
const plain = Math.max(
  0.2,
  ...[1, 2, 3].map(() => costsOf(/[\u4e00]a|b[\u4e01]/, ['ab '.repeat(33_333)], 1000)[0] ?? 1),
);
/**
 * What 100 kB may cost: a bounded repetition is tried some hundred times for each character. A quadratic one needs ten times
 * as much, an exponential one never ends.
 */
const enough = Math.max(200, 200 * plain);

/** Which attack it is slowest on, measured again where it seems slow: a machine has other things to do. */
function slowest(pattern: RegExp): number {
  const texts = [...attacks(pattern, 2000)];
  const again = (at: number) => Math.min(...[1, 2, 3].map(() => costsOf(pattern, [texts[at] ?? ''], 500)[0] ?? 500));
  const worst = costsOf(pattern, texts, 3000)
    .map((cost, at) => ({ cost, at }))
    .toSorted((a, b) => b.cost - a.cost)
    .slice(0, 4)
    .map(({ at }) => ({ at, cost: again(at) }));
  return worst.toSorted((a, b) => b.cost - a.cost)[0]?.at ?? 0;
}

describe('each pattern of', () => {
  const byFile = Map.groupBy(literals, ({ where }) => where.replace(/:\d+$/, ''));
  test.each([...byFile])('%s', (_, patterns: readonly Pattern[]) => {
    for (const { where, pattern } of patterns) {
      const text = [...attacks(pattern, 100_000)][slowest(pattern)] ?? '';
      const cost = cpuOf(() => costsOf(pattern, [text], 4 * enough));
      expect({ where, pattern, cost: cost < enough ? 'in proportion' : `${cost} ms for ${text.slice(0, 60)}` }).toEqual(
        {
          where,
          pattern,
          cost: 'in proportion',
        },
      );
    }
  });
});

test('patterns built from parts are all listed here and tested', () => {
  expect([...new Set(made)]).toEqual([
    'core/logs/expression.ts',
    // One character class of the cockpit's own glyphs.
    'core/text/glyphs.ts',
    'core/text/secrets/names.ts',
    'core/text/secrets/shapes.ts',
    'core/text/statement.ts',
    // Field names of the settings, taken literally.
    'data/gateway/access-log.ts',
    // Paths of the settings, taken literally.
    'data/gateway/probe-request.ts',
    // A hash of the host's name.
    'disk/new-file.ts',
  ]);
});

/** Texts that resemble what the whole function looks for, and never become it. */
const teasing = [
  ...pumps,
  'password="\\\\',
  "password='",
  'password=',
  'password ',
  'password\\',
  '"password",',
  '"password","value',
  'password=[',
  'cookie={',
  '<password>',
  '<password',
  'name="',
  'token=%22',
  'token=&quot;',
  "token='\\",
  'authorization: ',
  'authorization: a ',
  'Authorization: "',
  'cookie: ',
  'a://b:',
  '://',
  '://:@',
  'a://@',
  'a:b@',
  ':@',
  '@:',
  'redis:',
  'mysql ',
  'mysql -p',
  'mysql -p"',
  'curl -u ',
  'curl "',
  'docker -p',
  '-----BEGIN PRIVATE KEY',
  '-----BEGIN ',
  'A-----END PRIVATE KEY-----',
  '-----END ',
  'AKIAAAAAAAAAAAAAAAAA ',
  'AKIAAAAAAAAAAAAAAAAA',
  'AKIAAAAAAAAAAAAAAAAA , ',
  'acl setuser ',
  'acl setuser >',
  '"AUTH" ',
  '"AUTH" "',
  'auth args [',
  'token aA1',
  'secret ',
  'redis:/',
  'redis:/a:',
  'redis:/a:b',
  '"mysql","',
  'mysql ["',
  '["az","-p","',
  'eyJ',
  'eyJa.',
  'sk-',
  'ghp_',
  'Bearer ',
  'Basic ',
  'basic a',
  'https://a.office.com/',
  'https://a/hooks/',
  '?key=',
  "IDENTIFIED BY '",
  'login a password ',
  "e'\\",
  '$a$',
  '/*',
  "'",
  "key '' ",
  'insert into ',
  'crypt ',
  'U&',
  '--password ',
  '"--password",',
  'password\n',
  'PASSWORD $',
  'password: |',
  'AUTH ',
  'AUTH a ',
  '>auth a1 ',
  'setuser a >',
  'user a on >',
  'auth-pass a ',
  'name: ',
  'value: ',
  'value: [',
  '- value: a\n',
  '"name":"',
  '"value":"a",',
  'SECRET_',
  'token_a',
  'tokens: ',
  '(token)=(',
  '["token","',
  '["authorization","a ',
  '--from-literal=a=',
  "--from-literal='",
  'vault login ',
  '12:',
  '12:a@',
  'mailto:a@b',
  'a:b/v1@prod',
  'password is ',
  'alter role a password ',
];

test.each([
  ['redact', redact],
  ['clean', (text: string) => stripControl(text, 200_000)],
  ['the door', (text: string) => sanitize(text, 2000)],
  ['a session’s statement', withoutLiterals],
  ['a shown statement', (text: string) => statementSays(text, 600)],
  ['a statement’s kind', (text: string) => statementKind(text, 600)],
  ['a filter that is read', parseFilter],
  ['lines of a log', (text: string) => new LineSplitter(16_384).push(Buffer.from(text), () => {})],
] as const)('%s takes linear time', (_, look) => {
  for (const piece of teasing)
    for (const end of ['', '\u0000', '"'])
      for (const head of ['', 'password="', '"']) {
        const text = `${head}${piece.repeat(100_000 / piece.length)}${end}`;
        const cost = cpuOf(() => void look(text));
        expect(cost < 4 * enough ? 'in proportion' : `${cost} ms for ${text.slice(0, 40)}`).toBe('in proportion');
      }
});

/** What a person may type, and where a backtracking engine, or one that counts, would be lost. */
const typed = [
  '/^(a+)+$/',
  '/(a|a)*b/',
  '/(a|aa)+$/',
  '/(.*)(.*)(.*)(.*)[QZ]$/',
  '/(x+x+)+y/',
  '/(e|.){0,100}[QZ]/',
  '/[^x]*e[^x]{300}[QZ]/',
  '/(.?){300}[QZ]$/',
  '/(?:.{0,900})[QZ]/',
  '/\\s*\\s*\\s*$/',
  '/(\\w+\\s?)*[QZ]/',
  '/((a*)*)*[QZ]/',
  'pod=*a*a*a*a*a*a*Q',
  'x="*\\"*\\"*Q"',
  '"a a a a"',
  '-/(a+)+$/',
  `/${'(a|'.repeat(50)}b${')'.repeat(50)}*[QZ]/`,
];

test.each(typed)('the filter %s takes linear time', (text) => {
  const filter = parseFilter(text);
  for (const piece of ['a', ' ', 'e', 'ax', 'a ', 'aaab', '"', '\\"', 'é']) {
    const line = {
      id: 1,
      at: 0,
      pod: piece.repeat(250),
      container: '',
      previous: false,
      text: piece.repeat(16_384 / piece.length),
    };
    const lines = Array.from({ length: 20 }, () => line);
    const cost = cpuOf(() => {
      for (const one of lines) passes(filter, one, fields);
      hitsOf(filter, line.text);
    });
    // Three times as much text as elsewhere, and its places once.
    expect(cost < 12 * enough ? 'in proportion' : `${cost} ms for ${line.text.slice(0, 20)}`).toBe('in proportion');
  }
});
