// commands.yaml: what is accepted, how each mistake is named, and which values a placeholder takes.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isActionId } from '../../src/actions/index.ts';
import { readOwnCommands } from '../../src/config/own-commands/read.ts';
import { describeProblem } from '../../src/config/problem.ts';
import { wrongArgument } from '../../src/core/actions/own/argv-rules.ts';
import { type OwnCommand, ownWheres } from '../../src/core/actions/own/command.ts';
import { askedFor, fillAll, placeholdersOf } from '../../src/core/actions/own/placeholders.ts';
import type { ActionContext } from '../../src/core/actions/preflight.ts';
import { hostileTexts } from '../support/hostile-arguments.ts';

const read = (text: string) =>
  readOwnCommands(text, { file: 'commands.yaml', home: '/home/ops', directory: '/etc/bentham', taken: isActionId });
const problemsOf = (text: string) => read(text).problems.map(describeProblem);

const one = (more: string) => `commands:
  - name: drain
    where: pod
    risk: reversible
    command: [kubectl, get, pod, "{{pod}}"]
${more}`;

describe('commands.yaml', () => {
  test('is read with its defaults', () => {
    expect(read(one('')).commands).toMatchObject([
      { name: 'drain', title: 'drain', where: 'pod', risk: 'reversible', environment: [], within: 60_000 },
    ]);
    expect(read('').problems).toEqual([]);
    expect(read('# nothing yet\n').commands).toEqual([]);
  });

  test.each(['[', '{a: ', '- ', 'a: [', '&a [', '? '])(
    'nested without end by %j is an error, at any depth',
    (begin) => {
      for (const depth of [90, 120, 1000, 4000, 60_000])
        for (const text of [begin.repeat(depth), `commands:\n  - name: ${begin.repeat(depth)}`]) {
          const { commands, problems } = read(text.slice(0, 64_000));
          expect(commands).toEqual([]);
          expect(problems.length).toBeGreaterThan(0);
          expect(problems.length).toBeLessThanOrEqual(50);
        }
    },
  );

  test('takes look and verify as a list or as a section', () => {
    const [list] = read(one('    look: [kubectl, get, pod, "{{pod}}"]\n    verify: ["true"]\n')).commands;
    expect(list).toMatchObject({
      look: ['kubectl', 'get', 'pod', '{{pod}}'],
      verify: { command: ['true'], within: 30_000 },
    });
    const section =
      '    look: { command: [date], unchanged: true }\n    verify: { check: "pods/{{deployment}}", withinSeconds: 5 }\n';
    expect(read(one(section)).commands).toMatchObject([
      { look: ['date'], lookUnchanged: true, verify: { check: 'pods/{{deployment}}', within: 5000 } },
    ]);
  });

  test.each([
    [one('    risc: data\n'), 'commands.yaml:6: commands[1].risc: unknown: did you mean risk?'],
    [one('    key: [x]\n'), 'commands.yaml:6: commands[1].key: must be a text; put digits in quotes'],
    [one('    key: F1\n'), 'commands.yaml:6: commands[1].key = F1: one printable character, or ctrl- and a letter'],
    [
      one('    look: kubectl get pods\n'),
      'commands.yaml:6: commands[1].look = kubectl get pods: must be a list of arguments',
    ],
    [one('    look: { command: [date], unchnged: true }\n'), 'commands.yaml:6: commands[1].look.unchnged: unknown'],
    [one('    verify: {}\n'), 'commands.yaml:6: commands[1].verify: needs either command or check'],
    [one('    verify: { check: podz }\n'), 'commands.yaml:6: commands[1].verify.check = podz: did you mean pods?'],
    [
      one('    timeoutSeconds: 0\n'),
      'commands.yaml:6: commands[1].timeoutSeconds = 0: must be a whole number of seconds from 1 to 3600',
    ],
    ['commands:\n  - name: x\n', 'commands.yaml:2: commands[1].where: is missing: one of pod, deployment'],
    ['comands: []\n', 'commands.yaml:1: comands: unknown: did you mean commands?'],
    ['- a\n', 'commands.yaml:1: '],
    ['commands: [\n', 'commands.yaml:2: invalid YAML'],
    ['drain\n', 'commands.yaml:1: must begin with commands: and a list below it'],
    ['- name: drain\n', 'commands.yaml:1: must begin with commands: and a list below it'],
    [
      one('').replace('drain', 'restart-deployment'),
      'commands.yaml:2: commands[1].name = restart-deployment: an action',
    ],
    [one('').replace('drain', 'Drain'), 'commands.yaml:2: commands[1].name = Drain: lower-case letters'],
    [
      one('').replace('{{pod}}', '{{pot}}'),
      'commands.yaml:5: commands[1].command[4] = {{pot}}: there is no {{pot}}: did you mean {{pod}}?',
    ],
    [
      one('').replace('{{pod}}', '{{study}}'),
      'commands.yaml:5: commands[1].command[4] = {{study}}: there is no {{study}}: where: pod has pod,',
    ],
    [
      one('').replace('{{pod}}', '{{pod}'),
      'commands.yaml:5: commands[1].command[4] = {{pod}: braces without their pair',
    ],
    [
      one('').replace('kubectl, get', '"{{pod}}", get'),
      'commands.yaml:5: commands[1].command[1] = {{pod}}: the program is fixed',
    ],
    [one('').replace('get, pod', 'get, 5'), 'commands.yaml:5: commands[1].command[3] = 5: must be a text; put numbers'],
  ])('names a mistake where it stands, and what would be right: %j', (text, problem) => {
    expect(problemsOf(text).join('\n')).toContain(problem);
    expect(read(text).commands).toEqual([]);
  });

  test('has all its mistakes named at once', () => {
    const many = `${one('    risc: data\n')}  - { name: b, where: pod, risk: data, command: [sh, -c, "echo {{pod}}"] }\n  - { name: b, where: x }\n`;
    const lines = problemsOf(many).map((text) => text.slice(0, 40));
    expect(lines.join('\n')).toMatch(/:6: .*risc[\s\S]*:7: .*command\[3\][\s\S]*:8: .*where/);
  });

  test('with one mistake offers none of its commands', () => {
    const two = `${one('')}  - name: drain\n    where: everywhere\n    risk: data\n    command: [date]\n`;
    expect(problemsOf(two)).toEqual(['commands.yaml:6: commands[2].name = drain: is given twice: choose another name']);
    expect(read(two).commands).toEqual([]);
  });

  test('that expands to too much, or has secrets and escapes in it, is named without them', () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [${'*a,'.repeat(9)}*a]\nc: &c [${'*b,'.repeat(9)}*b]\ncommands: [*c,*c,*c]\n`;
    expect(problemsOf(bomb).join()).toContain('commands.yaml');
    const [problem = ''] = problemsOf(one('    key: "\\e[31mpassword=hunter2hunter2"\n'));
    expect(problem).not.toMatch(/\u001b|hunter2/);
  });
});

/** Argument lists with a placeholder where something would run it, and the place. */
const refused: readonly (readonly string[])[] = [
  ['sh', '-c', 'kubectl logs {{x}}'],
  ['bash', '-lc', 'echo {{x}}', '_'],
  ['/bin/dash', '-c', '{{x}}'],
  ['sh', '{{x}}'],
  ['bash', '--rcfile={{x}}', '-i'],
  ['bash', '-c{{x}}'],
  ['busybox', 'sh', '-c', 'echo {{x}}'],
  ['python3', '-c', 'print("{{x}}")'],
  ['python3.12', '-m', '{{x}}'],
  ['perl', '-ne', 'print {{x}}'],
  ['node', '--eval={{x}}'],
  ['node', '-e', '1', '-e', '{{x}}'],
  ['ruby', '{{x}}'],
  ['psql', '-c', 'select {{x}}'],
  ['psql', '-h', 'db', '--command=select {{x}}'],
  ['psql', '-c', 'select 1', '-c', "select '{{x}}'"],
  ['psql', '{{x}}'],
  ['sqlite3', 'a.db', 'select {{x}}'],
  ['sqlite3', 'a.db', '{{x}}'],
  ['make', 'POD={{x}}'],
  ['redis-cli', 'EVAL', '{{x}}', '0'],
  ['vim', '+{{x}}'],
  ['awk', '/{{x}}/ { print }'],
  ['sed', 's/{{x}}/y/'],
  ['env', '{{x}}'],
  ['env', 'A=1', '{{x}}'],
  ['env', 'sh', '-c', 'echo {{x}}'],
  ['env', '-S', '{{x}}'],
  ['sudo', '{{x}}'],
  ['sudo', '-u', '{{x}}', 'id'],
  ['sudo', '-n', 'bash', '-c', '{{x}}'],
  ['timeout', '5', '{{x}}'],
  ['timeout', '5', 'sh', '-c', '{{x}}'],
  ['nice', '-n', '5', 'bash', '-c', 'x {{x}}'],
  ['xargs', '{{x}}'],
  ['watch', 'kubectl get pod {{x}}'],
  ['watch', '-n', '1', 'kubectl', 'get', 'pod', '{{x}}'],
  ['ssh', 'host', 'systemctl', 'restart', '{{x}}'],
  ['ssh', '{{x}}'],
  ['su', '-c', '{{x}}'],
  ['eval', '{{x}}'],
  ['parallel', 'echo', '{{x}}'],
  ['find', '/tmp', '-exec', '{{x}}', ';'],
  ['tar', '--to-command={{x}}', '-xf', 'a.tar'],
  ['rsync', '--rsh={{x}}', 'a', 'b'],
  ['kubectl', 'exec', 'web', '--', '{{x}}'],
  ['kubectl', 'exec', '{{x}}', '--', 'sh', '-c', 'cat {{x}}'],
  ['kubectl', 'exec', 'web', '--', '/bin/sh', '-c', '{{x}}'],
  ['docker', 'exec', 'web', '{{x}}'],
  ['docker', 'exec', 'web', 'sh', '-c', '{{x}}'],
  ['docker', 'run', '-it', 'image', 'python', '-c', 'x={{x}}'],
  ['{{x}}'],
  ['./{{x}}.sh'],
  ['kubectl', '-{{x}}'],
  ['kubectl', '--{{x}}'],
  ['kubectl', '--{{x}}=yes'],
  ['kubectl', '-n{{x}}'],
];

const allowed: readonly (readonly string[])[] = [
  ['kubectl', 'get', 'pod', '{{x}}'],
  ['kubectl', 'describe', 'node', '{{x}}'],
  ['kubectl', 'logs', 'pod/{{x}}', '--namespace={{x}}', '-c', 'web'],
  ['kubectl', 'exec', '{{x}}', '--', 'env'],
  ['kubectl', 'exec', '-it', '{{x}}', '--namespace={{x}}', '--', 'cat', '/etc/hosts'],
  ['kubectl', 'exec', '{{x}}', '--', 'sh', '-c', 'cat /etc/hosts'],
  ['sh', '-c', 'kubectl logs "$1"', '_', '{{x}}'],
  ['./drain.sh', '{{x}}'],
  ['bash', 'drain.sh', '{{x}}'],
  ['python3', 'drain.py', '--pod={{x}}'],
  ['psql', '-h', '{{x}}', '-d', '{{x}}', '-c', 'select 1'],
  ['psql', '-v', 'study={{x}}', '-f', 'study.sql'],
  ['aws', 's3', 'cp', 's3://{{x}}/{{x}}', '.'],
  ['sudo', '-n', 'systemctl', 'restart', '{{x}}'],
  ['timeout', '30', 'curl', 'https://api/{{x}}'],
  ['docker', 'exec', 'web', 'cat', '{{x}}'],
  ['echo', '{{ x }}', '{{x}}-{{x}}'],
];

describe('a placeholder', () => {
  test.each(refused.map((argv) => [argv.join(' '), argv] as const))('is refused in: %s', (_, argv) => {
    const found = wrongArgument(argv);
    expect(found?.right).toMatch(/\w/);
    expect(argv[found?.at ?? -1]).toContain('{{x}}');
  });

  test.each(allowed.map((argv) => [argv.join(' '), argv] as const))('may stand in: %s', (_, argv) => {
    expect(wrongArgument(argv)).toBeUndefined();
  });

  test('never stands in a list without one', () => {
    expect(wrongArgument(['sh', '-c', 'rm -rf /tmp/cache'])).toBeUndefined();
  });
});

const context = {
  environment: 'PRODUCTION',
  targets: {
    namespace: 'bentham',
    context: 'admin@prod',
    bucket: 'evidence',
    primary: { host: 'db', database: 'bentham' },
  },
} as ActionContext;

const commandOf = (where: OwnCommand['where'], name: string): OwnCommand => ({
  name: 'x',
  title: 'x',
  where,
  command: ['echo', `{{${name}}}`, `--value={{${name}}}`, `a/{{${name}}}`],
  risk: 'data',
  environment: [],
  within: 1000,
  from: 'commands.yaml:1',
});

const asking = ownWheres.filter((where) => where !== 'everywhere');

describe.each(asking.map((where) => [where]))('a value from outside, where: %s', (where) => {
  const names = askedFor({
    ...commandOf(where, 'x'),
    command: ['x', ...placeholdersOf(where).map(({ name }) => `{{${name}}}`)],
  });

  test.each(names.map(({ name }) => [name]))('{{%s}} takes no hostile text', (name) => {
    for (const text of hostileTexts)
      expect(fillAll(commandOf(where, name).command, commandOf(where, name), { [name]: text }, context)).toMatchObject({
        ok: false,
      });
  });

  test.each(names.map(({ name }) => [name]))(
    '{{%s}} becomes no option, no blank and no code, whatever it is',
    (name) => {
      const command = commandOf(where, name);
      const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'-aZ0./:@=,+_$`;|& \n') }));
      fc.assert(
        fc.property(text, (value) => {
          const filled = fillAll(command.command, command, { [name]: value }, context);
          if (!filled.ok) return;
          const [, whole = '', option, within] = filled.value;
          expect(whole).toMatch(/^[A-Za-z0-9_][\w.:/@=+-]*$/);
          expect(whole.split('/')).not.toContain('..');
          expect([option, within]).toEqual([`--value=${whole}`, `a/${whole}`]);
          expect(filled.value).toHaveLength(4);
        }),
      );
    },
  );
});

test('a value of the configuration is checked as well', () => {
  const hostile = {
    ...context,
    targets: { ...context.targets, namespace: '--all-namespaces', context: undefined },
  } as ActionContext;
  const filled = (name: string) => fillAll(['echo', `{{${name}}}`], commandOf('everywhere', name), {}, hostile);
  expect(filled('namespace')).toMatchObject({ ok: false, placeholder: 'namespace' });
  expect(filled('context')).toMatchObject({ ok: false, why: 'context is not set' });
  expect(filled('bucket')).toEqual({ ok: true, value: ['echo', 'evidence'] });
});

test('the examples in docs/own-commands.md are valid, and its table has every placeholder', () => {
  const manual = readFileSync('docs/own-commands.md', 'utf8');
  const examples = [...manual.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml = '']) => yaml);
  expect(examples.length).toBeGreaterThan(0);
  for (const yaml of examples) expect(problemsOf(yaml), yaml).toEqual([]);
  const named = ownWheres.flatMap((where) => placeholdersOf(where).map(({ name }) => name));
  for (const name of named) expect(manual).toContain(`{{${name}}}`);
});
