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
- \`run ACTION --help\` tells an action's flags. A flag of another action, a value that is none of the choices, a number out
  of its range, a flag twice or empty is refused before anything is asked. A value may begin with a dash: it is never
  taken for a flag.
- What goes to an admin command (\`admin.command\`, pnpm by default) consists of letters, digits and \`_ . : / @ , + -\`, the
  first one a letter, a digit or \`_\`: pnpm before 9.15.5 and 10.2 and npm before 8.13 hand arguments to a shell. Everything
  else is refused before the plan, with the way by hand; \`doctor\` names the version. A program gets the variables that it
  needs and no others: admin commands and the failover script those of \`admin.environment\`.
- An action that only looks (\`list-api-keys\`, \`list-snapshots\`) prints a table, with \`--json\` an object (\`found\`).
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
