import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Call } from '../../src/core/actions/call.ts';
import { summarize, toShellCommand } from '../../src/core/actions/shell-command.ts';
import { quote } from '../../src/core/text/shell.ts';
import { literal } from '../../src/core/text/sql.ts';
import { printable, stripControl } from '../../src/core/text/text.ts';
import type { Targets } from '../../src/core/world/targets.ts';

const targets: Targets = {
  namespace: 'bentham-prod',
  deployments: { gateway: 'api-gateway', orchestrator: 'orchestrator', executor: 'executor' },
  logSelector: 'app=bentham',
  gatewayUrl: 'https://api.bentham.io',
  healthPath: '/health',
  detailedHealthPath: '/v1/health',
  studyPath: '/v1/studies',
  primary: { host: 'db-primary.bentham.io', port: 5432, user: 'bentham', database: 'bentham' },
  redis: { host: 'redis.bentham.io', port: 6379, tls: false },
  bucket: 'bentham-evidence',
  retentionDays: 30,
  aws: {},
  cluster: 'bentham-prod',
  recovered: 'bentham-recovered',
  secretId: 'bentham/db-credentials',
  admin: 'pnpm',
  channels: { pagerDuty: 'https://events.pagerduty.com/v2/enqueue', slackOps: 'hooks.slack.com' },
  failoverScript: './scripts/db-failover.sh',
  kubectl: 'kubectl',
  debugImage: 'busybox:1.37',
  staging: {
    manifests: 'k8s/staging/',
    namespace: 'bentham-staging',
    healthUrl: 'https://api-staging.bentham.io/health',
  },
  manifests: 'k8s/production/',
};

/** What a shell makes of the words after the first. */
function asShellReads(command: string): string[] {
  const out = execFileSync('/bin/sh', [
    '-c',
    `said() { for w in "$@"; do printf '%s\\0' "$w"; done; }; said ${command}`,
  ]);
  return out.toString('utf8').split('\0').slice(0, -1);
}

const hostile = [
  `'; DROP TABLE studies; --`,
  '$(touch /tmp/owned)',
  '`id`',
  'a\nb',
  'ends in a line end\n\n',
  '\u001b[2J\u001b]0;owned\u0007',
  '‮gpj.exe',
  'e\u0301',
  'thumb 👍🏽 flag 🇩🇪 family 👩‍👧',
  '\u212b',
  `"double" and 'single' and \\back\\slash %s %n`,
  '-rf',
  '=ls',
  '~root',
  '',
  'x'.repeat(10_240),
  `${"'".repeat(1000)}`,
];

describe('toShellCommand', () => {
  it('returns the runbook’s commands word for word', () => {
    const when = { uid: 'u', generation: 4 };
    const kubernetes = (change: Extract<Call, { tool: 'kubernetes' }>['do']): Call => ({
      tool: 'kubernetes',
      do: change,
      namespace: 'bentham-prod',
      when,
    });
    expect(toShellCommand(kubernetes({ verb: 'restart', deployment: 'api-gateway' }), targets)).toBe(
      'kubectl rollout restart deployment/api-gateway -n bentham-prod',
    );
    const within = 600_000;
    const waits: Call = {
      tool: 'rollout',
      deployments: ['api-gateway', 'executor'],
      namespace: 'bentham-prod',
      within,
    };
    expect(toShellCommand(waits, targets)).toBe(
      'kubectl rollout status deployment/api-gateway --timeout=600s -n bentham-prod && kubectl rollout status deployment/executor --timeout=600s -n bentham-prod',
    );
    expect(toShellCommand(kubernetes({ verb: 'rollback', deployment: 'api-gateway', toRevision: 41 }), targets)).toBe(
      'kubectl rollout undo deployment/api-gateway --to-revision=41 -n bentham-prod',
    );
    expect(
      toShellCommand({ tool: 'command', argv: ['pnpm', 'admin:surface', 'disable', 'openai-api'], within: 1 }, targets),
    ).toBe('pnpm admin:surface disable openai-api');
    expect(
      toShellCommand(
        {
          tool: 'rds',
          do: {
            verb: 'restore-to-point-in-time',
            source: 'bentham-prod',
            target: 'bentham-recovered',
            at: '2026-01-17T02:00:00Z',
          },
        },
        targets,
      ),
    ).toBe(
      'aws rds restore-db-cluster-to-point-in-time --source-db-cluster-identifier bentham-prod --db-cluster-identifier bentham-recovered --restore-to-time 2026-01-17T02:00:00Z',
    );
  });

  it('passes the kubeconfig to kubectl unless the environment does', () => {
    const restart = { verb: 'restart', deployment: 'executor' } as const;
    const when = { uid: 'u', generation: 1 };
    const call: Call = { tool: 'kubernetes', do: restart, namespace: 'bentham', when };
    expect(toShellCommand(call, { ...targets, kubeconfig: '/etc/my kube', context: 'eu' })).toBe(
      `KUBECONFIG='/etc/my kube' kubectl rollout restart deployment/executor -n bentham --context eu`,
    );
    const environment = { KUBECONFIG: '/etc/kube' };
    const apply: Call = { tool: 'command', argv: ['kubectl', 'apply'], directory: '/src', environment, within: 1 };
    expect(toShellCommand(apply, targets)).toBe('cd /src && KUBECONFIG=/etc/kube kubectl apply');
  });

  it('puts parameters into a statement as psql reads them, and counts long lists', () => {
    const call: Call = {
      tool: 'sql',
      server: 'primary',
      change: {
        text: `UPDATE jobs SET status = 'pending' WHERE id = ANY($2::bigint[]) AND study_id = $1`,
        parameters: ["o'neill", ['1', '2', '3', '4']],
      },
      transaction: true,
    };
    expect(toShellCommand(call, targets)).toBe(
      `psql -h db-primary.bentham.io -U bentham -d bentham -1 -v ON_ERROR_STOP=1 -c 'UPDATE jobs SET status = '\\''pending'\\'' WHERE id = ANY(ARRAY['\\''1'\\'', '\\''2'\\'', '\\''3'\\'', '\\''4'\\'']::bigint[]) AND study_id = '\\''o'\\'''\\''neill'\\'''`,
    );
    expect(summarize(call, targets)).toBe(
      `UPDATE jobs SET status = 'pending' WHERE id = ANY(<4 values>::bigint[]) AND study_id = 'o''neill'`,
    );
  });

  it('never puts a password or a webhook into a command', () => {
    const said = toShellCommand(
      { tool: 'secrets', do: { verb: 'rotate-password', secretId: 's', username: 'bentham' } },
      targets,
    );
    expect(said).toBe(
      "psql -h db-primary.bentham.io -U bentham -d bentham -c '\\password bentham' && " +
        'aws secretsmanager update-secret --secret-id s --secret-string file:///dev/stdin',
    );
    expect(toShellCommand({ tool: 'channel', channel: 'slack-ops', body: '{}' }, targets)).toContain(
      '"$BENTHAM_CHANNELS_SLACK_OPS_WEBHOOK"',
    );
  });
});

describe('quote', () => {
  it('returns hostile text unchanged through a real shell', () => {
    expect(asShellReads(hostile.map(quote).join(' '))).toEqual(hostile);
    for (const word of hostile.map(quote)) expect(printable(word)).toBe(word);
  });

  it('leaves no ! in double quotes: an interactive bash puts an earlier command in its place', () => {
    const said = quote('a\u200b!!b');
    expect(said).toMatch(/^"\$\(printf '[^!]*'\)"$/);
    expect(asShellReads(said)).toEqual(['a\u200b!!b']);
  });

  it('returns any text unchanged through a real shell', () => {
    const word = fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => text.replaceAll('\0', '').toWellFormed());
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 40 }), (words) => {
        expect(asShellReads(words.map(quote).join(' '))).toEqual(words);
      }),
      { numRuns: 40 },
    );
  });

  it('returns only sanitized text, except for line ends at the end', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const said = quote(text.toWellFormed().replace(/[\0\n]+/g, ''));
        expect(stripControl(said, 100_000)).toBe(said);
      }),
      { numRuns: 50 },
    );
  });
});

describe('an S3 key that aws could misread', () => {
  const said = (key: string) =>
    asShellReads(
      toShellCommand({ tool: 's3', bucket: 'b', do: { verb: 'restore-version', key, versionId: 'v' } }, targets),
    );

  it('is a separate argument if aws reads it as one', () => {
    expect(said('study/a b.png').slice(-2)).toEqual(['--key', 'study/a b.png']);
  });

  it.each(['--profile', '-x', 'file:///etc/passwd', 'fileb://x', 'https://x'])(
    '%s is neither option nor file',
    (key) => {
      const words = said(key);
      expect(words).not.toContain(key);
      expect(words.slice(-2)).toEqual(['--cli-input-json', JSON.stringify({ Key: key })]);
    },
  );
});

describe('literal', () => {
  it('keeps quotes, backslashes and control characters inside', () => {
    expect(literal(`'; DROP TABLE x; --`)).toBe(`'''; DROP TABLE x; --'`);
    expect(literal('a\\b\n')).toBe(`E'a\\\\b\\u000a'`);
    expect(literal(null)).toBe('NULL');
    expect(literal(['a', null, 3])).toBe(`ARRAY['a', NULL, 3]`);
  });

  it('is closed: no part of the value is outside of the quotes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const said = literal(value);
        expect(said).toMatch(/^(?:'(?:[^'\\]|'')*'|E'(?:[^'\\]|''|\\\\|\\u[0-9a-f]{4}|\\U[0-9a-f]{8})*')$/s);
      }),
    );
  });
});
