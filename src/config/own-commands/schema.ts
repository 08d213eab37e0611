// The schema of commands.yaml: what the reader checks, and docs/commands.schema.json for editors.
import * as z from 'zod';
import { ownWheres } from '../../core/actions/own/command.ts';
import { areas } from '../../core/health/finding.ts';
import '../settings.ts';

/** Commands, arguments of one and their length: what a person wrote has some dozens, tens and tens. */
export const mostCommands = 100;
const mostArguments = 100;
const longestArgument = 4000;

const sentence = z
  .string({ error: 'must be a text' })
  .trim()
  .min(1, 'must not be empty')
  .max(300, 'at most 300 characters');

const argument = z
  .string({ error: 'must be a text; put numbers and true or false in quotes' })
  .max(longestArgument, `at most ${longestArgument} characters`)
  .refine((text) => !text.includes('\0'), 'has a null character');

const rightArgv = 'must be a list of arguments, as in [kubectl, describe, pod, "{{pod}}"]; there is no shell';
const argv = z
  .tuple([argument.min(1, 'the program is empty')], argument, { error: rightArgv })
  .refine((all) => all.length <= mostArguments, `at most ${mostArguments} arguments`);

const seconds = (most: number, preset: number) =>
  z
    .number({ error: `must be a whole number of seconds from 1 to ${most}` })
    .int()
    .min(1)
    .max(most, `at most ${most}`)
    .default(preset);

const look = z.union([
  argv,
  z.strictObject({
    command: argv,
    unchanged: z
      .boolean({ error: 'true or false' })
      .default(false)
      .describe('nothing runs if its output differs when you confirm'),
  }),
]);

const withinSeconds = seconds(600, 30).describe('how long it may take until it is verified');
const check = z
  .string({ error: 'must be a text' })
  .max(300)
  .describe(`an area (${areas.join(', ')}) or a finding of \`status --all --json\`, such as pods/{{deployment}}`);

const verify = z.union([
  argv,
  z
    .strictObject({ command: argv.optional(), check: check.optional(), withinSeconds })
    .refine((v) => (v.command === undefined) !== (v.check === undefined), 'needs either command or check'),
]);

export const ownCommandSchema = z.strictObject({
  name: z
    .string({ error: 'must be a text' })
    .regex(/^[a-z][a-z0-9-]{0,39}$/, 'lower-case letters, digits and -, first a letter, at most 40 characters')
    .describe('as in `bentham-cockpit run NAME`'),
  title: sentence.optional().describe('for the list and the palette (default: the name)'),
  where: z
    .enum(ownWheres, { error: `one of ${ownWheres.join(', ')}` })
    .describe('what it is about; decides where it is offered, and its placeholders'),
  command: argv.describe('the program and its arguments; {{placeholders}} in arguments only'),
  look: look.optional().describe('a command that only reads; the plan shows its output'),
  risk: z
    .enum(['reversible', 'data', 'irreversible'], { error: 'one of reversible, data, irreversible' })
    .describe('y; type the name; type the name and the environment'),
  confirm: sentence.optional().describe('shown as a warning on the plan'),
  verify: verify.optional().describe('a command that exits with 0, or a check of health (default: its own exit code)'),
  undo: sentence.optional().describe('how to undo it, in words'),
  key: z
    .string({ error: 'must be a text; put digits in quotes' })
    .regex(/^([!-~]|ctrl-[a-z])$/, 'one printable character, or ctrl- and a letter')
    .optional()
    .describe('one that no other key uses there; `config check` lists the free ones'),
  environment: z
    .array(z.string().regex(/^[A-Za-z_]\w*\*?$/, 'a variable name, or a prefix as in AWS_*'), {
      error: 'must be a list of variable names',
    })
    .default([])
    .describe('variables that it gets in addition to PATH, HOME, locale and proxies'),
  directory: sentence.optional().describe('where it runs (default: where the cockpit was started)'),
  timeoutSeconds: seconds(3600, 60).describe('it is stopped after this'),
});

export const ownFileSchema = z.strictObject({
  $schema: z.string().optional(),
  commands: z
    .array(ownCommandSchema, { error: 'must be a list, each with name, where, command and risk' })
    .max(mostCommands, `at most ${mostCommands} commands`),
});

export type OwnCommandInput = z.output<typeof ownCommandSchema>;

/** JSON Schema draft 2020-12 of commands.yaml. */
export function ownCommandsSchema(): object {
  const { $schema, ...schema } = z.toJSONSchema(ownFileSchema, { io: 'input' });
  return { $schema, title: 'bentham-cockpit: your own commands (docs/own-commands.md)', ...schema };
}
