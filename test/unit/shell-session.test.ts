// The commands of sessions: a hostile name is refused or stays an argument, and no secret is in them.
import { describe, expect, test } from 'vitest';
import { profiles } from '../../src/config/profiles.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import { targetsOf } from '../../src/config/targets.ts';
import { forwardArgv, podArgv, probeArgv, sessionCommand } from '../../src/core/shell/command.ts';
import { isChange, isImageName, isObjectName } from '../../src/core/shell/session.ts';
import { prepareSession } from '../../src/data/shell/prepare.ts';
import { timelineText } from '../../src/runbook/timeline-text.ts';

const settings = settingsSchema.parse({ profile: 'production', ...profiles.production });
const targets = targetsOf(settings, {});
const context = { settings, targets, inherits: [], signal: AbortSignal.timeout(60_000) };

const hostile = [
  '--kubeconfig=/tmp/x',
  '-n',
  '',
  'a b',
  'a;id',
  '$(id)',
  '../x',
  'a\n-x',
  'A',
  'x'.repeat(300),
  'ä',
  '.',
  '-a',
];

describe('a hostile name', () => {
  test.each(hostile.filter(Boolean))('%j starts nothing', async (name) => {
    expect(isObjectName(name)).toBe(false);
    for (const request of [
      { tool: 'exec', pod: name, container: 'app' },
      { tool: 'exec', pod: 'api', container: name },
      { tool: 'debug', pod: name, container: 'app', image: 'busybox' },
    ] as const)
      expect(await prepareSession(request, context)).toMatchObject({ ok: false, code: 'refused' });
  });

  test.each(['--privileged', '', 'a b', '-x', 'busybox --privileged', 'a\nb', '$(id)', 'x'.repeat(600)])(
    '%j is no image',
    async (image) => {
      expect(isImageName(image)).toBe(false);
      const made = await prepareSession({ tool: 'debug', pod: 'api', container: 'app', image }, context);
      expect(made).toMatchObject({ ok: false, code: 'refused' });
    },
  );

  test('is no option of kubectl even where it is not checked', () => {
    for (const name of hostile) {
      const lists = [
        podArgv({ tool: 'exec', pod: name, container: name }, targets),
        podArgv({ tool: 'debug', pod: name, container: name, image: name }, targets),
        probeArgv({ pod: name, container: name }, targets),
        forwardArgv({ pod: name, port: 1, local: 0 }, targets),
      ];
      const known = /^(-n|-it|--|-c|--context|--(container|image|target)=.*|--profile=general)$/s;
      for (const argv of lists)
        for (const word of argv.filter((one) => one.startsWith('-'))) expect(word).toMatch(known);
    }
  });
});

test.each(['busybox:1.37', 'ghcr.io/bentham/tools@sha256:abc', 'localhost:5000/x/y:z'])('%s is an image', (image) =>
  expect(isImageName(image)).toBe(true),
);

test('what may change the platform is known', () => {
  expect(isChange({ tool: 'exec', pod: 'a', container: '' })).toBe(true);
  expect(isChange({ tool: 'debug', pod: 'a', container: '', image: 'b' })).toBe(true);
  for (const writes of [true, false]) {
    expect(isChange({ tool: 'psql', server: 'primary', writes })).toBe(writes);
    expect(isChange({ tool: 'redis-cli', writes })).toBe(writes);
  }
});

test('a read-only psql says so in its command', () => {
  const command = sessionCommand({ tool: 'psql', server: 'primary', writes: false }, targets);
  expect(command).toContain("PGOPTIONS='-c default_transaction_read_only=on'");
  expect(sessionCommand({ tool: 'psql', server: 'primary', writes: true }, targets)).not.toContain('PGOPTIONS');
});

test('secrets come by the environment of the child only', async () => {
  const { database } = settings;
  const secret = { ...settings, database: { ...database, primary: { ...database.primary, password: 'hunter2' } } };
  const made = await prepareSession(
    { tool: 'psql', server: 'primary', writes: false },
    { ...context, settings: secret },
  );
  if (!made.ok) return expect(made.why).toContain('psql');
  expect(made.value.env).toMatchObject({ PGPASSWORD: 'hunter2', PGOPTIONS: '-c default_transaction_read_only=on' });
  expect(JSON.stringify([made.value.argv, made.value.command])).not.toContain('hunter2');
  expect(made.value.env.ADMIN_API_KEY).toBeUndefined();
});

test('the timeline tells what was run, and how it ended', () => {
  const event = {
    kind: 'shell',
    session: 's',
    tool: 'exec',
    target: 'pod api',
    command: 'kubectl exec -it pod/api',
  } as const;
  const told = (more: { phase: 'started' | 'ended'; exit?: number; detail?: string }) =>
    timelineText({
      id: '1',
      at: 0,
      environment: 'PRODUCTION',
      writer: { session: 'x', user: 'ops', name: 'ops', host: 'bastion' },
      event: { ...event, ...more },
    });
  expect(told({ phase: 'started' })).toMatchObject({
    says: 'exec started: pod api',
    verdict: undefined,
    detail: 'kubectl exec -it pod/api',
  });
  expect(told({ phase: 'ended', exit: 3 })).toMatchObject({
    says: 'exec ended, exit code 3: pod api',
    verdict: undefined,
  });
  expect(told({ phase: 'ended', detail: 'killed by SIGKILL' })).toMatchObject({
    detail: 'killed by SIGKILL',
    verdict: 'unknown',
  });
});
