// An object's properties stand in its literal, where the compiler checks their names: `a: x`, with x perhaps undefined,
// and not `...(x ? { a: x } : {})`, where any name passes.
import { globSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { expect, test } from 'vitest';

const bare = (node: ts.Expression): ts.Expression =>
  ts.isParenthesizedExpression(node) || ts.isAsExpression(node) ? bare(node.expression) : node;

/** `{}`, also as one side of another condition. */
function mayBeEmpty(node: ts.Expression): boolean {
  const value = bare(node);
  if (ts.isConditionalExpression(value)) return mayBeEmpty(value.whenTrue) || mayBeEmpty(value.whenFalse);
  return ts.isObjectLiteralExpression(value) && value.properties.length === 0;
}

function isConditional(node: ts.Expression): boolean {
  const value = bare(node);
  if (ts.isBinaryExpression(value)) return value.operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken;
  return ts.isConditionalExpression(value) && mayBeEmpty(value);
}

/** The conditional spreads in object literals of a source text. */
function conditionalSpreads(file: string, text: string): string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isSpreadAssignment(node) && isConditional(node.expression)) {
      const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      found.push(`${file}:${line} ${node.getText().split('\n')[0]}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

test.each([
  ['...(x ? { a: x } : {})', 1],
  ['...(x === undefined ? {} : { a: x })', 1],
  ['...(x ? { a: x } : y ? { b: y } : {})', 1],
  ['...(x ? ({ a: x } as const) : {})', 1],
  ['...(x && { a: x })', 1],
  ['...(x ? { a: x } : { a: y, b: y })', 0],
  ['...x', 0],
  ['a: [...(x ? [x] : [])]', 0],
  ['a: x ? y : undefined', 0],
])('in { %s } it finds %i', (inside, count) =>
  expect(conditionalSpreads('example.ts', `const o = { ${inside} };`)).toHaveLength(count),
);

test('no object is made with conditional spreads', () => {
  const files = globSync('{src,simulator}/**/*.{ts,tsx}');
  expect(files.length).toBeGreaterThan(400);
  expect(files.flatMap((file) => conditionalSpreads(file, readFileSync(file, 'utf8')))).toEqual([]);
});
