// Every regular expression of the sources, and texts that a backtracking engine would drown in.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** A regular expression and where it stands. */
export type Pattern = { where: string; pattern: RegExp };

/** All literals below a directory; `made`: the places that make one from parts. */
export function patternsBelow(
  directory: string,
  except: readonly string[] = [],
): { literals: Pattern[]; made: string[] } {
  const literals: Pattern[] = [];
  const made: string[] = [];
  for (const file of readdirSync(directory, { recursive: true, encoding: 'utf8' }).toSorted()) {
    if (!/\.tsx?$/.test(file) || except.some((one) => file.startsWith(one))) continue;
    const text = readFileSync(path.join(directory, file), 'utf8');
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
    const visit = (node: ts.Node) => {
      const line = () => source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      if (ts.isRegularExpressionLiteral(node)) {
        const [, body = '', flags = ''] = /^\/(.*)\/([a-z]*)$/s.exec(node.text) ?? [];
        literals.push({ where: `${file}:${line()}`, pattern: new RegExp(body, flags) });
      }
      if (ts.isNewExpression(node) && node.expression.getText() === 'RegExp') made.push(file);
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return { literals, made };
}

/** What may be repeated without end: of each kind of character, and what quotes, escapes and separators make of it. */
export const pumps = [
  ' ',
  '\t',
  '\n',
  'a',
  'A',
  '0',
  '_',
  '.',
  '-',
  '/',
  '\\',
  '\\\\',
  '"',
  "'",
  "''",
  '\\"',
  ':',
  '=',
  '@',
  '://',
  '[',
  ']',
  '{',
  '}',
  '(',
  '<',
  '>',
  ',',
  '$',
  '$$',
  '%',
  '*',
  '#',
  ';',
  '&',
  '?',
  '|',
  'a.',
  'a-',
  'a:',
  'a=',
  'a b',
  'a ',
  ' a',
  '0.',
  '00:',
  'a@',
  'a/',
  'aA',
  '\u001b[',
  '\u001b]',
  '\u001b',
  '\u0301',
  '\u0085',
  '..',
  '/*',
  '--',
  '$a$',
  'a,',
  '", "',
  '="',
  "='",
];

/** Pieces of the pattern itself, as a text that it may begin to match. */
function piecesOf({ source }: RegExp): string[] {
  const plain = source
    .replace(/\(\?(?:[:=!]|<[=!]|<\w+>)/g, '(')
    .replace(/\\s/g, ' ')
    .replace(/\\n/g, '\n')
    .replace(/\\d/g, '0')
    .replace(/\\w/g, 'a')
    .replace(/\\S/g, 'x')
    .replace(/\\[bB]/g, '')
    .replace(/\\u([0-9a-f]{4})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/\\(.)/g, '$1');
  const words = plain.split(/[()[\]|?*+^${},]+/).filter((one) => one.length > 0 && one.length < 40);
  return [...new Set(words)].slice(0, 14);
}

/** Texts of this length, each one piece repeated, behind a beginning that the pattern may want and before an end that it does not. */
export function* attacks(pattern: RegExp, length: number): Generator<string> {
  const pieces = piecesOf(pattern);
  const all = [...new Set([...pumps, ...pieces, ...pieces.map((one) => `${one} `), ...pieces.map((one) => `${one}=`)])];
  const heads = ['', ...pieces.slice(0, 6)];
  for (const pump of all)
    for (const head of heads) {
      const body = pump.repeat(Math.ceil(length / pump.length)).slice(0, length);
      yield `${head}${body}\u0000`;
    }
}
