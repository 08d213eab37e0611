// What `y` copies, pasted into a real shell: the commands that are seen are the ones that run, each whole, and what has
// something to be filled in does not run.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { profiles } from '../../src/config/profiles.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import { targetsOf } from '../../src/config/targets.ts';
import type { Call } from '../../src/core/actions/call.ts';
import { summarize, toShellCommand } from '../../src/core/actions/shell-command.ts';
import { placeholdersIn, script, scriptSays } from '../../src/core/text/script.ts';
import { cleanLines } from '../../src/core/text/text.ts';
import type { Targets } from '../../src/core/world/targets.ts';
import { checklists } from '../../src/runbook/checklists.ts';
import { commands } from '../../src/runbook/commands.ts';
import { timelineText } from '../../src/runbook/timeline-text.ts';
import { commandLogScreen } from '../../src/screens/actions/commands.ts';
import { placeAt } from '../../src/store.ts';
import { tell } from '../support/story.ts';
import { calm, stateOf } from '../support/worlds.ts';

let place = '';
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'copies-'));
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

/** Whatever program is called says its words, one call a line; the shell is as an interactive one is. */
const prelude = `
set -o history -o histexpand
command_not_found_handle() { printf '%s\\n' "$(printf '%q ' "$@")" >&3; }
`;

/** The calls that a shell makes of a text. */
function pasted(text: string): readonly string[] {
  const log = join(place, 'log');
  writeFileSync(log, '');
  const env = { PATH: '/nowhere', ADMIN_API_KEY: 'k' };
  spawnSync('/bin/bash', ['--norc', '-c', `exec 3>>${log}; cd ${place}; ${prelude}\neval "$0"`, text], { env });
  return readFileSync(log, 'utf8').split('\n').filter(Boolean).toSorted();
}

const settings = settingsSchema.parse({ profile: 'production', ...profiles.production });
const ours = targetsOf(settings, {});
const odd = 'a b"$(touch pwned)`touch pwned`;touch pwned\'!x&|>pwned';
/** Every name is one that a shell would read something else in. */
const hostile: Targets = {
  ...ours,
  namespace: odd,
  context: odd,
  deployments: { gateway: odd, orchestrator: odd, executor: odd },
  logSelector: `app in (${odd})`,
  gatewayUrl: 'https://api.example/x?a=1&touch=pwned',
  primary: { host: odd, port: 5433, user: odd, database: odd },
  bucket: odd,
  cluster: odd,
  recovered: odd,
  secretId: odd,
  failoverScript: odd,
  manifests: odd,
  staging: { manifests: odd, namespace: odd, healthUrl: 'https://s.example/?a=1&touch=pwned' },
};

const all = (targets: Targets): readonly (readonly [string, readonly string[], boolean])[] => [
  ...checklists.flatMap(({ steps }) =>
    steps.map((step) => [step.id, step.byHand?.(targets, calm) ?? [], step.inOrder === true] as const),
  ),
  ...commands.map((one) => [`command ${one.id}`, [one.command(targets)], false] as const),
];
const named = all(ours).filter(([, lines]) => lines.length > 0);

describe.each([
  ['as configured', ours],
  ['with names that a shell would run', hostile],
] as const)('%s', (_, targets) => {
  test.each(named.map(([id]) => [id]))('%s', (id) => {
    const [, lines = [], inOrder = false] = all(targets).find(([one]) => one === id) ?? [];
    const text = cleanLines(script(lines, { inOrder }));
    for (const shell of ['/bin/sh', '/bin/bash']) execFileSync(shell, ['-n', '-c', text], { stdio: 'pipe' });
    for (const line of lines)
      expect(
        text.split('\n').some((one) => one.endsWith(line)),
        line,
      ).toBe(true);
    const runnable = lines.filter((line) => placeholdersIn(line).length === 0);
    const seen = runnable.flatMap((line) => pasted(line)).toSorted();
    expect(pasted(text)).toEqual(seen);
    expect(readdirSync(place)).not.toContain('pwned');
    if (lines.some((line) => line.includes(' > '))) return;
    expect(readdirSync(place)).toEqual(['log']);
  });
});

test('the security evidence goes into three files, with one command each', () => {
  const [, lines = []] = all(ours).find(([id]) => id === 'security/preserve') ?? [];
  expect(pasted(script(lines))).toEqual([
    expect.stringMatching(/^kubectl get events /),
    expect.stringMatching(/^kubectl logs .*--all-containers /),
    expect.stringMatching(/^kubectl logs .*--previous /),
  ]);
  expect(readdirSync(place).toSorted()).toEqual([
    'gateway-previous.txt',
    'incident-events.txt',
    'incident-logs.txt',
    'log',
  ]);
});

describe('a script', () => {
  test('of dependent commands stops at the first that fails, and keeps the session', () => {
    const text = script(['first', 'false', 'never'], { inOrder: true });
    expect(text).toBe('(\nset -e\nfirst\nfalse\nnever\n)');
    expect(pasted(`${text}\nafter`)).toEqual(['after ', 'first ']);
  });

  test('does not run a command with a placeholder, or one that depends on it', () => {
    expect(script(['a <pod-name>', 'b'])).toBe('# fill in <pod-name>: a <pod-name>\nb');
    expect(script(['a', 'b <x> <y> <x>', 'c'], { inOrder: true })).toBe(
      '(\nset -e\na\n# fill in <x> and <y>: b <x> <y> <x>\n# then: c\n)',
    );
    expect(pasted(script(['aws s3 rm s3://b/<study>/ --recursive']))).toEqual([]);
    expect(pasted(script(['psql -c "DELETE FROM x WHERE id = \'<study>\'"', 'b'], { inOrder: true }))).toEqual([]);
  });

  test('says what was copied', () => {
    expect(scriptSays(['a'])).toBe('a');
    expect(scriptSays(['a', 'b <x>'])).toBe('2 commands (fill in <x>)');
  });
});

test('line ends stay, whatever else is removed', () => {
  expect(cleanLines('a\u001b[2J\tb\r\nc\u202e\n\nd')).toBe('a b\nc\n\nd');
});

describe('what is logged of an action', () => {
  test('is copied as the whole command, however many keys it names', () => {
    const keys = Array.from({ length: 9 }, (_, at) => `cache:${at}`);
    const call = { tool: 'redis', command: ['UNLINK', ...keys] } as unknown as Call;
    const state = stateOf(calm);
    const says = summarize(call, ours);
    const command = toShellCommand(call, ours);
    expect(says).toContain('…');
    const logged = { at: state.world.now, run: 'r', kind: 'change', says, command, took: 1, ok: true } as const;
    const view = commandLogScreen.view?.({ ...state, commands: [logged] }, placeAt('commands'), {
      columns: 80,
      rows: 24,
    });
    expect(view?.rows[0]?.copies?.text).toBe(command);
    expect(pasted(command)[0]).toContain('cache:8');
  });

  test('stands in the timeline with one command, and several only by number', () => {
    const story = (...calls: string[]) => {
      const event = {
        kind: 'action',
        run: 'r',
        action: 'restart-deployment',
        target: 'x',
        phase: 'confirmed',
        calls,
      } as const;
      const incident = tell(0, [0, 'ops1', { kind: 'opened', title: 'x', severity: 1, why: 'y' }], [1, 'ops1', event]);
      const [, entry] = incident.entries;
      return entry && timelineText(entry)?.detail;
    };
    expect(story('kubectl a')).toBe('kubectl a');
    expect(story('kubectl a', 'kubectl b', 'kubectl c')).toBe('3 commands');
  });
});
