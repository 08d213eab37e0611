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

Generated from \`src/actions\` (\`npm run docs\`). Every procedure of the runbook that changes or lists something. Start an
action with the key \`a\`, from a checklist's step, from the palette, or with \`bentham-cockpit run ACTION\`.

Every action runs in the same order: preflight, plan with the exact commands, confirmation, preflight again, journal,
execution, verification, journal.

- \`reversible\` needs \`y\` or \`--yes\`. \`data\` needs the target's name, typed, or \`--yes\`. \`irreversible\` needs the target and
  the environment, typed on a terminal; \`--yes\` is not enough.
- Production is read-only until you arm it with a reason: \`arm\` in the palette, \`--arm REASON\` on the command line.
- \`run ACTION --help\` shows the action's flags. The command refuses a flag of another action, an invalid value, and a flag
  that is repeated or empty, before it asks anything. A value may begin with a dash.
- Arguments of an admin command (\`admin.command\`, pnpm by default) contain only letters, digits and \`_ . : / @ , + -\`, and
  start with a letter, a digit or \`_\`: pnpm before 9.15.5 and 10.2 and npm before 8.13 pass arguments to a shell. Any other
  value is refused before the plan, with the command to run by hand; \`doctor\` names the version. External commands get
  only the environment variables that they need: admin commands and the failover script get those of
  \`admin.environment\`.
- Actions that only read (\`list-api-keys\`, \`list-snapshots\`) print a table, or an object with \`--json\` (\`found\`).
- One action runs per target at a time, across all cockpits that share a journal. Nothing is retried: if an answer is
  lost, the cockpit reads the facts, and the outcome is unknown if they do not tell.

| action | risk | does | preflight | calls | verification | undo | runbook |
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
