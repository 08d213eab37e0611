// Nothing reads our own sentences back: codes and parts decide, words are made last.
import { globSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { expect, test } from 'vitest';

/** Properties that hold sentences of ours. */
const sentences = new Set(['says', 'what', 'because', 'hint', 'title', 'why', 'detail', 'remedy', 'notice', 'palette']);
/** Those whose name is never a code's. */
const never = new Set(['says', 'because', 'hint', 'title']);
const reading = new Set([
  'split',
  'match',
  'matchAll',
  'replace',
  'replaceAll',
  'search',
  'startsWith',
  'endsWith',
  'includes',
]);

const nameOf = (node: ts.Node): string | undefined =>
  ts.isPropertyAccessExpression(node) ? node.name.text : ts.isIdentifier(node) ? node.text : undefined;
const isSentence = (node: ts.Node): boolean => sentences.has(nameOf(node) ?? '');
/** Words with a blank between them, or a regular expression. */
const isWording = (node: ts.Node | undefined): boolean =>
  node !== undefined &&
  ((ts.isStringLiteralLike(node) && /\S \S/.test(node.text)) || ts.isRegularExpressionLiteral(node));

const isNever = (node: ts.Node): boolean =>
  never.has(nameOf(node) ?? '') && (ts.isIdentifier(node) || ts.isPropertyAccessExpression(node));
/** A text that is written here, or that is another thing's sentence. */
const isAnothers = (node: ts.Node): boolean =>
  (ts.isStringLiteralLike(node) && node.text !== '') ||
  (ts.isPropertyAccessExpression(node) && sentences.has(nameOf(node) ?? '')) ||
  (ts.isIdentifier(node) && never.has(node.text));

/** Places of a source file that decide by the wording of a sentence: `file:line text`. */
function readers(file: string, text: string): string[] {
  const source = ts.createSourceFile(
    file,
    text,
    ts.ScriptTarget.Latest,
    true,
    file.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS,
  );
  const found: string[] = [];
  const report = (node: ts.Node) => {
    const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
    found.push(`${file}:${line} ${node.getText().split('\n')[0]}`);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const { expression: of, name } = node.expression;
      const [first] = node.arguments;
      // `fault.what.includes('…')`, `f.says.split(…)`
      if (reading.has(name.text) && isSentence(of) && isWording(first)) report(node);
      // `title.includes(kind.says)`, `title.includes('surface')`
      else if (reading.has(name.text) && isNever(of) && first && isAnothers(first)) report(node);
      // `/…/.test(fault.what)`
      if (
        (name.text === 'test' || name.text === 'exec') &&
        first &&
        ts.isPropertyAccessExpression(first) &&
        isSentence(first)
      )
        report(node);
    }
    // `f.says === 'no answer yet'`
    if (ts.isBinaryExpression(node) && /^[!=]==$/.test(node.operatorToken.getText()))
      if ([node.left, node.right].some(isSentence) && [node.left, node.right].some(isWording)) report(node);
      // `title === 'explain'`, `key.title === screen.palette`, `was.says === says`
      else if (isNever(node.left) && isAnothers(node.right)) report(node);
      else if (isNever(node.right) && isAnothers(node.left)) report(node);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

test('no code decides by reading our sentences', () => {
  const files = globSync('src/**/*.{ts,tsx}');
  expect(files.length).toBeGreaterThan(300);
  expect(files.flatMap((file) => readers(file, readFileSync(file, 'utf8')))).toEqual([
    // It keeps the same object while the words are the same; nothing is decided.
    expect.stringMatching(/^src\/core\/health\/alert\.ts:\d+ says === alert\.says$/),
  ]);
});

test.each([
  "if (f.says === 'no answer yet') return;",
  'const [short] = f.says.split(/,| \\(/);',
  'if (/authority|self-signed/.test(fault.what)) return;',
  "const b = run.says.includes('too old');",
  "if ('not measured' !== found.because) return;",
  "if (title === 'explain') return [];",
  'keys.some((k) => k.title === s.palette);',
  'named.find(({ says }) => title.includes(says));',
  "const isSurface = action.title.endsWith('surface');",
  'if (was.says !== says) return [change];',
])('the check finds code that reads sentences: %s', (line) => {
  expect(readers('x.ts', line)).toHaveLength(1);
});

test.each([
  "if (fault.code === 'ECONNREFUSED') return;",
  "if (f.code === 'pending') return;",
  "if (part.what === 'tables') return;",
  "if (title === '') return;",
  'if (said === undefined || says === told) return;',
])('the check allows code that reads codes: %s', (line) => {
  expect(readers('x.ts', line)).toEqual([]);
});

/** A number before a noun whose verb is that of many: "1 study use it now". */
const ofMany = /\bcounted\([^`]*?\)\} (?:become|stay|stop|remain|use|are|have|start|wait|fail|run|need)\b/g;

test('a verb behind a counted noun agrees with it', () => {
  expect("counted(n, 'study', 'studies')} use it now".match(ofMany)).toHaveLength(1);
  expect("counted(n, 'study uses', 'studies use')} it now".match(ofMany)).toBeNull();
  const found = globSync('src/**/*.{ts,tsx}').flatMap((file) => [...(readFileSync(file, 'utf8').match(ofMany) ?? [])]);
  expect(found).toEqual([]);
});
