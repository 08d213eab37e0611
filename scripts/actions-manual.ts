// docs/actions.md from the actions themselves.
import { actions } from '../src/actions/index.ts';
import { runExitCode } from '../src/core/actions/run.ts';

const cell = (text: string) => text.replaceAll('|', '\\|').replace(/\s+/g, ' ');
const flags = (fields: (typeof actions)[number]['fields']) =>
  fields.map((f) => (f.optional || f.preset !== undefined ? `[--${f.name}]` : `--${f.name}`)).join(' ');

export function actionsManual(): string {
  const rows = actions.map(({ id, risk, about, fields }) =>
    [`\`${id}\` ${flags(fields)}`, risk, about.does, about.looksAt, about.calls, about.proof, about.undo, about.runbook]
      .map(cell)
      .join(' | '),
  );
  return `# Actions

Generated from \`src/actions\` (\`npm run docs\`). Every procedure of the runbook that a person would run by hand: from the
key \`a\`, a checklist's step, the palette, or \`bentham-cockpit run ACTION\`.

Each one looks first, shows what will be different with the exact commands, asks as much as its risk demands, looks
again, writes the journal, does it once, looks at the facts until they prove it, and writes the journal again.

- \`reversible\`: \`y\`, or \`--yes\`. \`data\`: the target's name is typed, or \`--yes\`. \`irreversible\`: target and environment are
  typed on a terminal; \`--yes\` is never enough.
- Production is read-only until it is armed with a reason: \`arm\` in the palette, \`--arm REASON\` on the command line.
- One action per target at a time, across all cockpits that share a journal. Nothing is ever tried a second time: a lost
  answer is looked into, and called unknown when the facts do not tell.

| action | risk | does | looks at before | calls | proof | undo | runbook |
| --- | --- | --- | --- | --- | --- | --- | --- |
${rows.map((row) => `| ${row} |`).join('\n')}

## Exit codes of \`run\`

| code | outcome |
| --- | --- |
${Object.entries(runExitCode)
  .map(([outcome, code]) => `| ${code} | ${outcome} |`)
  .join('\n')}
| 64 | wrong usage |
`;
}
