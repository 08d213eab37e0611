// The probes that need no database, against small servers on loopback.
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Checkup } from '../../src/core/health/checkup.ts';
import { checkupTable, overall, summary } from '../../src/core/health/checkup.ts';
import { channelsProbe, journalProbe } from '../../src/data/channels/doctor.ts';
import { type DoctorCheck, runCheck } from '../../src/data/doctor-check.ts';
import { gatewayProbe } from '../../src/data/gateway/doctor.ts';
import { kubernetesProbe } from '../../src/data/kubernetes/doctor.ts';
import { toolsProbe } from '../../src/data/tools/doctor.ts';
import { quotesArguments } from '../../src/data/tools/package-manager.ts';
import { findProgram } from '../../src/data/tools/path.ts';
import { good } from '../support/configuration.ts';

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

async function directory(): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'bentham-doctor-'));
  endings.push(() => rm(made, { recursive: true, force: true }));
  return made;
}

type Answer = { status?: number; body: unknown };
type Asked = { path: string; body: string; authorization: string | undefined };

async function serve(answer: (asked: Asked) => Answer): Promise<string> {
  const server: Server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { status = 200, body: said } = answer({
      path: request.url ?? '',
      body,
      authorization: request.headers.authorization,
    });
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(said));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endings.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const run = (probe: DoctorCheck) => runCheck([probe], 10_000, new AbortController().signal);
const lines = (found: readonly Checkup[]) => found.map((one) => `${one.verdict} ${one.what}: ${one.answer}`);

/** A cluster that allows what `allows` says. */
async function cluster(
  allows: (right: string, name?: string) => boolean,
  deployments = ['api-gateway', 'orchestrator', 'executor'],
) {
  const url = await serve(({ path: asked, body }) => {
    if (asked === '/version') return { body: { gitVersion: 'v1.32.0' } };
    if (asked.includes('selfsubjectaccessreviews')) {
      const { verb, resource, subresource, name, namespace } = JSON.parse(body).spec.resourceAttributes;
      const where = namespace === 'bentham-prod' ? '' : ` in ${namespace || 'the cluster'}`;
      const allowed = allows(`${verb} ${resource}${subresource ? `/${subresource}` : ''}${where}`, name);
      return { status: 201, body: { status: { allowed, reason: allowed ? '' : 'no RBAC policy' } } };
    }
    if (asked === '/api/v1/namespaces/bentham-prod') return { status: 404, body: { message: 'not found' } };
    return { body: { items: deployments.map((name) => ({ metadata: { name } })) } };
  });
  const file = path.join(await directory(), 'kubeconfig');
  const kubeconfig = {
    'current-context': 'prod-eu-1',
    contexts: [{ name: 'prod-eu-1', context: { cluster: 'c', user: '' } }],
    clusters: [{ name: 'c', cluster: { server: url } }],
  };
  await writeFile(file, JSON.stringify(kubeconfig));
  const { settings } = await good({ env: { KUBECONFIG: file } });
  return kubernetesProbe(settings, 5000);
}

test('a cluster that allows everything', async () => {
  const found = await run(await cluster(() => true));
  expect(overall(found)).toBe('ok');
  expect(lines(found)[0]).toMatch(/^ok cluster prod-eu-1: http:\/\/127.*, v1\.32\.0, \d+ ms$/);
  expect(lines(found)).toContain('ok deployments: api-gateway, orchestrator, executor are in bentham-prod');
  expect(lines(found)).toContain('ok scale: allowed to patch deployments.apps/scale');
});

test('missing permissions are named: essential ones as broken, those of actions as limited', async () => {
  const found = await run(await cluster((right) => !['watch pods', 'patch deployments'].includes(right)));
  const of = (what: string) => found.find((one) => one.what === what);
  expect(of('watch pods')).toMatchObject({
    verdict: 'critical',
    answer: 'not allowed to watch pods in bentham-prod: no RBAC policy',
    todo: 'request a role that allows it: kubectl auth can-i watch pods -n bentham-prod',
  });
  expect(of('restart, roll back')).toMatchObject({ verdict: 'warning' });
  expect(of('watch deployments')).toMatchObject({ verdict: 'ok' });
});

test('permissions outside of the namespace are checked: nodes, their events and usage, capacity', async () => {
  const denied = ['get nodes in the cluster', 'list events in default', 'get pods', 'list limitranges'];
  const found = await run(await cluster((right) => !denied.includes(right)));
  const of = (what: string) => found.find((one) => one.what === what);
  expect(of('nodes and node metrics')).toMatchObject({
    verdict: 'warning',
    answer: 'not allowed to get nodes, get nodes.metrics.k8s.io in the cluster: no RBAC policy',
    todo: 'request a role that allows it: kubectl auth can-i get nodes',
  });
  expect(of('node events')).toMatchObject({ answer: 'not allowed to list events in default: no RBAC policy' });
  expect(of('pod details')).toMatchObject({ verdict: 'warning' });
  expect(of('pod metrics')).toMatchObject({ verdict: 'warning' });
  expect(of('capacity to scale')).toMatchObject({
    answer: 'not allowed to list limitranges in bentham-prod: no RBAC policy',
  });
  expect(of('revisions and events')).toMatchObject({ verdict: 'ok' });
});

test('a role that names its deployments is enough to restart and scale them; one that omits a deployment is not', async () => {
  const only = (names: readonly string[]) => (right: string, name?: string) =>
    !/^(get|patch) deployments/.test(right) || (name !== undefined && names.includes(name));
  const verdictOf = async (names: readonly string[]) => {
    const found = await run(await cluster(only(names)));
    return ['restart, roll back', 'scale'].map((what) => found.find((one) => one.what === what)?.verdict);
  };
  expect(await verdictOf(['api-gateway', 'orchestrator', 'executor'])).toEqual(['ok', 'ok']);
  expect(await verdictOf(['api-gateway', 'executor'])).toEqual(['warning', 'warning']);
});

test('a missing namespace is named, although its lists are only empty', async () => {
  const found = await run(await cluster(() => true, []));
  expect(found.find((one) => one.what === 'deployments')).toMatchObject({
    verdict: 'critical',
    answer: 'no namespace bentham-prod in context prod-eu-1',
  });
});

test('a wrong namespace shows by its missing deployments', async () => {
  const found = await run(await cluster(() => true, ['web', 'api-gateway']));
  expect(found.find((one) => one.what === 'deployments')).toMatchObject({
    verdict: 'critical',
    answer: 'orchestrator, executor: not in bentham-prod, which has web',
  });
});

test('an unreachable cluster is one row, with what to do', async () => {
  const { settings } = await good({ env: { KUBECONFIG: '/nowhere/config' } });
  expect(await run(kubernetesProbe(settings, 1000))).toEqual([
    {
      area: 'kubernetes',
      what: 'cluster',
      verdict: 'critical',
      answer: 'no kubeconfig there (/nowhere/config)',
      todo: 'set KUBECONFIG, or kubernetes.kubeconfig',
    },
  ]);
});

test('the gateway’s health, and whether it accepts the admin key', async () => {
  const url = await serve(({ path: asked, authorization }) => {
    if (asked === '/health') return { body: { status: 'healthy', services: { database: 'healthy' } } };
    if (asked === '/v1/health') return { status: 503, body: { status: 'degraded', checks: { redis: 'error' } } };
    return { status: authorization === 'Bearer right' ? 404 : 401, body: {} };
  });
  const gateway = async (key: string) => {
    const { settings } = await good({ env: { BENTHAM_GATEWAY_URL: url, ADMIN_API_KEY: key } });
    return lines(await run(gatewayProbe(settings, 5000))).map((line) => line.replace(/, \d+ ms.*/, ''));
  };
  expect(await gateway('right')).toEqual([
    'ok health: 200 healthy',
    'critical detailed health: 503 degraded, redis error',
    'ok admin API key: accepted (404 for a study that does not exist)',
  ]);
  expect((await gateway('wrong'))[2]).toBe('warning admin API key: refused (401)');
  expect((await gateway(''))[2]).toBe('warning admin API key: not set');
});

test.each([429, 302, 503, 400])(
  'an admin key is unknown, not accepted, if the gateway answers %i before it checks the key',
  async (status) => {
    const url = await serve(({ path: asked }) =>
      asked.includes('health') ? { body: { status: 'ok' } } : { status, body: {} },
    );
    const { settings } = await good({ env: { BENTHAM_GATEWAY_URL: url, ADMIN_API_KEY: 'right' } });
    expect(lines(await run(gatewayProbe(settings, 5000))).at(-1)).toBe(
      `unknown admin API key: the gateway answered ${status}`,
    );
  },
);

test('a gateway that refuses is broken, one with an unknown name is unreachable', async () => {
  const health = async (url: string) => {
    const { settings } = await good({ env: { BENTHAM_GATEWAY_URL: url } });
    return (await run(gatewayProbe(settings, 2000)))[0]?.verdict;
  };
  expect(await health('http://127.0.0.1:1')).toBe('critical');
  expect(await health('http://no-such-host.invalid')).toBe('unknown');
});

test('the checkout is checked for its scripts, and each missing one is named', async () => {
  const checkout = await directory();
  const program = async (file: string, mode = 0o755) => {
    await mkdir(path.dirname(path.join(checkout, file)), { recursive: true });
    const says = file.endsWith('pnpm') ? '10.22.0' : '{"clientVersion":{"gitVersion":"v9"}}';
    await writeFile(path.join(checkout, file), `#!/bin/sh\necho '${says}'\n`);
    await chmod(path.join(checkout, file), mode);
  };
  await program('bin/kubectl');
  await program('bin/pnpm');
  await program('scripts/db-failover.sh', 0o644);
  await mkdir(path.join(checkout, 'k8s/staging'), { recursive: true });
  const scripts = { 'admin:apikey': '', 'admin:surface': '', 'test:surface': '' };
  await writeFile(path.join(checkout, 'package.json'), JSON.stringify({ scripts }));
  const env = {
    BENTHAM_ADMIN_DIRECTORY: checkout,
    BENTHAM_ADMIN_KUBECTL: './bin/kubectl',
    BENTHAM_ADMIN_COMMAND: './bin/pnpm',
  };
  const found = lines(await run(toolsProbe((await good({ env })).settings, 5000)));
  expect(found.map((line) => line.replaceAll(checkout, ''))).toEqual([
    'ok kubectl: v9, /bin/kubectl',
    'ok admin command: pnpm 10.22.0, /bin/pnpm',
    'warning Bentham checkout: /package.json has no admin:sessions',
    // It goes on after a check that failed.
    'warning failover script: /scripts/db-failover.sh: not executable',
    'ok staging manifests: /k8s/staging',
    'warning production manifests: /k8s/production: absent',
  ]);
  await writeFile(
    path.join(checkout, 'package.json'),
    JSON.stringify({ scripts: { ...scripts, 'admin:sessions': '' } }),
  );
  const whole = lines(await run(toolsProbe((await good({ env })).settings, 5000)));
  expect(whole.slice(2).map((line) => line.replaceAll(checkout, ''))).toEqual([
    'ok Bentham checkout: ',
    'warning failover script: /scripts/db-failover.sh: not executable',
    'ok staging manifests: /k8s/staging',
    'warning production manifests: /k8s/production: absent',
  ]);
});

test('a package manager that passes arguments to a shell causes a warning, by its version', async () => {
  const told = async (program: string, script: string) => {
    const place = await directory();
    await writeFile(path.join(place, program), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    await writeFile(path.join(place, 'package.json'), '{}');
    const env = { BENTHAM_ADMIN_DIRECTORY: place, BENTHAM_ADMIN_COMMAND: `./${program}` };
    const found = await run(toolsProbe((await good({ env })).settings, 5000));
    const { verdict, answer } = found.find(({ what }) => what === 'admin command') ?? {};
    return `${verdict} ${answer?.replaceAll(place, '')}`;
  };
  expect(await told('pnpm', 'echo 8.15.9')).toBe('warning pnpm 8.15.9, /pnpm: it passes script arguments to a shell');
  expect(await told('npm', 'echo 10.9.0')).toBe('ok npm 10.9.0, /npm');
  expect(await told('pnpm', 'exit 1')).toBe('warning /pnpm prints no version');
  expect(await told('make', 'touch ran; echo 4.4')).toBe('ok /make');
});

test.each([
  ['pnpm', '6.35.1', false],
  ['pnpm', '9.15.4', false],
  ['pnpm', '9.15.5', true],
  ['pnpm', '10.1.0', false],
  ['pnpm', '10.2.0', true],
  ['pnpm', '11.0.0-rc.1', true],
  ['npm', '8.12.2', false],
  ['npm', '8.13.0', true],
  ['yarn', '1.22.22', true],
  ['pnpm', 'command not found', undefined],
  ['just', '1.0.0', undefined],
])('%s %s quotes the arguments of scripts: %s', (manager, version, quotes) => {
  expect(quotesArguments(manager, version)).toBe(quotes);
});

test('programs are found as a shell finds them', async () => {
  const place = await directory();
  await writeFile(path.join(place, 'tool'), '');
  expect(await findProgram('tool', '/', place)).toEqual({ ok: false, code: 'not-executable' });
  await chmod(path.join(place, 'tool'), 0o755);
  expect(await findProgram('tool', '/', `/nowhere:${place}`)).toEqual({ ok: true, file: path.join(place, 'tool') });
  expect(await findProgram('./tool', place, '')).toEqual({ ok: true, file: path.join(place, 'tool') });
  expect(await findProgram('other', place, place)).toEqual({ ok: false, code: 'absent' });
  expect(await findProgram('.', place, place)).toEqual({ ok: false, code: 'directory' });
});

test('the journal’s directory: made when needed, not open to others, a file in its place', async () => {
  const place = await directory();
  const look = async (given: string, group = '') => {
    const env = { BENTHAM_JOURNAL_DIRECTORY: given, BENTHAM_JOURNAL_GROUP: group };
    return (await run(journalProbe((await good({ env })).settings)))[0];
  };
  expect(await look(path.join(place, 'a', 'b'))).toMatchObject({
    verdict: 'ok',
    answer: expect.stringContaining('created when needed'),
  });
  await chmod(place, 0o755);
  const close = `restrict it: chmod go-rwx ${place}`;
  expect(await look(place)).toMatchObject({
    verdict: 'critical',
    answer: `${place}: is accessible to all users`,
    todo: close,
  });
  await chmod(place, 0o750);
  expect(await look(place)).toMatchObject({
    verdict: 'critical',
    answer: `${place}: is accessible to a group`,
    todo: close,
  });
  await chmod(place, 0o700);
  expect(await look(place)).toMatchObject({ verdict: 'ok' });
  await mkdir(path.join(place, 'locks'), { mode: 0o755 });
  expect(await look(place)).toMatchObject({
    verdict: 'critical',
    answer: `${place}: locks is accessible to all users`,
    todo: `restrict it: chmod go-rwx ${path.join(place, 'locks')}`,
  });
  expect(await look(place, 'oncall')).toMatchObject({
    verdict: 'critical',
    answer: `${place}: a group journal (oncall) is not supported`,
    todo: expect.stringContaining('remove journal.group'),
  });
  await writeFile(path.join(place, 'file'), '');
  expect(await look(path.join(place, 'file'))).toMatchObject({ verdict: 'critical' });
});

test('channels are checked, never used', async () => {
  const { settings } = await good({ env: { BENTHAM_CHANNELS_PAGER_DUTY_ROUTING_KEY: 'hush' } });
  const found = await run(channelsProbe(settings));
  expect(lines(found)).toEqual([
    'ok PagerDuty: configured (nothing was sent)',
    'warning Slack #alerts: not configured',
    'warning Slack #ops: not configured',
  ]);
  expect(JSON.stringify(found)).not.toContain('hush');
});

test('a check that hangs or fails is one row, and delays no other', async () => {
  const about = { area: 'x', where: 'there', essential: true };
  const found = await runCheck(
    [
      { ...about, what: 'hangs', run: () => new Promise(() => {}) },
      { ...about, what: 'breaks', run: () => Promise.reject(new Error('no')) },
      { ...about, what: 'works', run: async () => [{ area: 'x', what: 'works', verdict: 'ok', answer: 'yes' }] },
    ],
    50,
    new AbortController().signal,
  );
  expect(found.map((one) => [one.what, one.verdict])).toEqual([
    ['hangs', 'unknown'],
    ['breaks', 'critical'],
    ['works', 'ok'],
  ]);
});

test('the table: glyph, what, answer, and below what to do; nothing wider than the terminal', () => {
  const found: Checkup[] = [
    { area: 'gateway', what: 'health', verdict: 'ok', answer: '200 healthy' },
    {
      area: 'database',
      what: 'primary',
      verdict: 'critical',
      answer: 'refused',
      todo: 'start it, or fail over to the replica, as the runbook says',
    },
    { area: 'gateway', what: 'admin API key', verdict: 'warning', answer: 'not set' },
  ];
  expect(checkupTable(found, 60)).toBe(
    `gateway
 ✓ health         200 healthy
 ▲ admin API key  not set

database
 ● primary        refused
                  → start it, or fail over to the replica,
                    as the runbook says`,
  );
  expect(summary(found)).toBe('1 failed, 1 missing or limited, 1 ok');
  expect(overall(found)).toBe('critical');
});
