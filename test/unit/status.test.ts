import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { changesBetween, changeText } from '../../src/core/health/changes.ts';
import { areas, evaluate, type Finding } from '../../src/core/health/evaluate.ts';
import { evaluateReplica } from '../../src/core/health/replication.ts';
import { type Report, reportOf } from '../../src/core/health/report.ts';
import { countsInWords, reportLine, reportText } from '../../src/core/health/report-text.ts';
import { rolloutStep } from '../../src/core/health/rollout.ts';
import { width, wrap } from '../../src/core/text/text.ts';
import { type Deployment, factIds } from '../../src/core/world/facts.ts';
import { newest } from '../../src/core/world/reading.ts';
import { emptyWorld, type World } from '../../src/core/world/world.ts';
import { away, calm, deployment, down, empty, live, lost, now, outage, scope, stale } from '../support/worlds.ts';

const plain = { all: false, columns: Number.POSITIVE_INFINITY, colour: false };
const report = (world: World) => reportOf(world, 'production');

test('if all checks pass, status prints one line and exits with 0', () => {
  const calmReport = report(calm);
  expect(calmReport).toMatchObject({ verdict: 'ok', exitCode: 0 });
  expect(reportText(calmReport, plain).split('\n')).toEqual([
    '✓ OK  production  2026-01-17 03:14:07Z',
    expect.stringMatching(/^✓ all \d+ checks pass \(details: status --all\)$/),
  ]);
  expect(reportLine(calmReport)).toMatch(/^✓ prod OK \d+ checks$/);
});

test('--line contains nothing that tmux or a shell would interpret', () => {
  const outside = report(outage);
  const [first, ...rest] = outside.findings;
  if (!first) throw new Error('an outage has findings');
  const short = '#[bg=red]a #(reboot)b $(id)c `id`d';
  const verdict = 'critical';
  const line = reportLine({
    ...outside,
    verdict,
    findings: [{ ...first, verdict, subject: '#{pid}', short }, ...rest],
  });
  expect(line).toContain('{pid} [bg=red]a');
  expect(line).not.toMatch(/[#$`\\]/);
});

const api = {
  id: '01ARZ3NDEKTSV4RRFFQ69G5FAV',
  title: 'API down',
  severity: 'SEV1',
  environment: 'production',
  openedAt: new Date(now - 12 * 60_000).toISOString(),
  commander: ['ana'],
  control: 'ana',
} as const;

test('status names the open incidents, newest first, and neither verdict nor exit code follow from them', () => {
  const older = {
    ...api,
    severity: 'SEV3',
    title: 'Slow',
    openedAt: '2026-01-15T23:00:00.000Z',
    commander: [],
  } as const;
  const staging = { ...api, environment: 'staging', mitigatedAt: new Date(now - 60_000).toISOString() };
  const said = reportOf(calm, 'production', { incidents: [api, older, staging] });
  expect(said).toMatchObject({ verdict: 'ok', exitCode: 0 });
  expect(reportText(said, plain).split('\n').slice(1, 4)).toEqual([
    'incident SEV1 API down, open since 03:02:07Z (12 m 0 s), commander ana',
    'incident SEV3 Slow, open since 2026-01-15 23:00:00Z (1 d 4 h), no commander',
    'incident SEV1 API down in staging, open since 03:02:07Z (12 m 0 s), mitigated 03:13:07Z, commander ana',
  ]);
  expect(reportLine(said)).toMatch(/^✓ prod OK \(SEV1 open 12 m 0 s, \+2\) \d+ checks$/);
  const lines = reportText(reportOf(outage, 'production', { incidents: [api] }), { ...plain, columns: 60 }).split('\n');
  expect(lines.join(' ').replaceAll(/ +/g, ' ')).toContain('open since 03:02:07Z (12 m 0 s), commander ana');
  for (const line of lines.slice(1)) expect(width(line)).toBeLessThanOrEqual(60);
});

test('a journal that cannot be read is no journal without incidents', () => {
  const fault = { what: '/j: permission denied', hint: 'change its permissions' };
  const said = reportOf(calm, 'production', { fault });
  expect(reportText(said, plain)).toContain('\nincidents unknown: /j: permission denied; change its permissions\n');
  expect(said).toMatchObject({ exitCode: 0, journalFault: fault });
  expect(said.incidents).toBeUndefined();
});

test('an outage lists what is not ok, worst first, with thresholds and remedies', () => {
  const text = reportText(report(outage), plain);
  const lines = text.split('\n');
  expect(lines[0]).toMatch(/^● CRITICAL {2}production {2}2026-01-17 03:14:07Z {2}\d+ critical/);
  expect(text).toMatch(/● API p95 +.* ms \(critical > 2 000 ms in 5 min\) {3}Fix api-gateway first/);
  const glyphs = lines.slice(1).map((line) => line[0]);
  expect(glyphs).toEqual(glyphs.toSorted((a, b) => '●▲?✓'.indexOf(a ?? '') - '●▲?✓'.indexOf(b ?? '')));
  expect(report(outage).exitCode).toBe(2);
});

test('an overdue backup is a warning of status in each of its forms, until it is there', () => {
  const backups = newest(calm.readings.backups)?.value;
  if (!backups) throw new Error('the calm world has backups');
  const withRedis = (last: number) =>
    report({
      ...calm,
      readings: {
        ...calm.readings,
        backups: live({ ...backups, redis: { ok: true, value: { newest: last, objects: 1 } } }),
      },
    });
  const late = withRedis(now - 3 * 86_400_000);
  expect(late).toMatchObject({ verdict: 'warning', exitCode: 1 });
  expect(reportText(late, plain)).toMatch(/▲ .*Redis.*overdue: newest 3 d 0 h ago/i);
  expect(reportLine(late)).toMatch(/WARN redis daily overdue/);
  expect(withRedis(now - 3_600_000)).toMatchObject({ verdict: 'ok', exitCode: 0 });
});

describe('a statement that waits too long for a lock', () => {
  const primary = newest(calm.readings.primary)?.value;
  if (!primary) throw new Error('the calm world has a primary');
  const wait = (pid: number, blockedBy: readonly number[], waiting: number) => ({
    pid,
    blockedBy,
    waiting,
    query: 'x',
  });
  const found = (blocked: readonly ReturnType<typeof wait>[], more: Partial<typeof primary> = {}) =>
    evaluate({
      ...calm,
      readings: { ...calm.readings, primary: live({ ...primary, ...more, blocked }) },
    }).find(({ id }) => id === 'database/primary');

  test('is what the finding says first, with the session that holds the lock', () => {
    const blocked = [wait(7, [5], 130_000), wait(5, [3], 90_000), wait(9, [3], 61_000), wait(8, [4], 5_000)];
    expect(found(blocked)).toMatchObject({
      verdict: 'warning',
      short: '4 sessions wait for a lock, the longest for 2 m 10 s',
      says: '4 sessions wait for a lock, the longest for 2 m 10 s, 41/97 connections',
      remedy: 'end session 3, which holds it (1 other session holds locks, too)',
    });
    expect(found([wait(7, [5], 61_000)])?.remedy).toBe('end session 5, which holds it');
    expect(found([wait(7, [0], 61_000)])?.remedy).toContain('ROLLBACK PREPARED');
    expect(found([wait(7, [], 61_000)])?.remedy).toBeUndefined();
  });

  test('a short wait is no problem, and a worse one is said before it', () => {
    expect(found([wait(7, [5], 5_000)])).toMatchObject({ verdict: 'ok', short: 'answers' });
    const both = found([wait(7, [5], 61_000)], { inRecovery: true });
    expect(both).toMatchObject({ verdict: 'critical', short: 'in recovery: it is a replica' });
    expect(both?.says).toContain('1 session waits for a lock');
  });
});

test('a gateway that claims to be well says first which of its services is not', () => {
  const gateway = newest(calm.readings.gateway)?.value;
  if (!gateway) throw new Error('the calm world has a gateway');
  const services = [{ name: 'database', healthy: false, word: 'unhealthy' }];
  const reading = live({ ...gateway, detailed: { ...gateway.detailed, services } });
  const [found] = evaluate({ ...calm, readings: { ...calm.readings, gateway: reading } });
  expect(found).toMatchObject({ id: 'gateway/health', verdict: 'critical', short: 'database unhealthy' });
});

test('--all has a table per area', () => {
  const text = reportText(report(calm), { ...plain, all: true });
  for (const title of ['Gateway', 'Pods and deployments', 'Database', 'Redis', 'Metrics', 'Surfaces, last hour'])
    expect(text).toContain(`\n\n${title}\n`);
  expect(text).toMatch(/✓ primary +answers, 41\/97 connections/);
});

test('no line is wider than the terminal, and nothing is lost', () => {
  const wide = reportText(report(outage), plain);
  const narrow = reportText(report(outage), { ...plain, columns: 60 });
  for (const line of narrow.split('\n').slice(1)) expect(width(line)).toBeLessThanOrEqual(60);
  expect(narrow.replace(/\s+/g, ' ')).toBe(wide.replace(/\s+/g, ' '));
});

test('colours are used only on a terminal that wants them', () => {
  expect(reportText(report(outage), plain)).not.toContain('\u001b');
  expect(reportText(report(outage), { ...plain, colour: true })).toContain('\u001b[31m●');
});

test('without any answer the status is unknown, exit code 3; a refused connection is down and outranks it', () => {
  const nothing = report(emptyWorld(scope, now));
  expect(nothing).toMatchObject({ verdict: 'unknown', exitCode: 3 });
  expect(report(away).exitCode).toBe(3);
  expect(report(down).exitCode).toBe(2);
});

test('--line fits its columns and counts what it leaves out', () => {
  for (const columns of [40, 60, 100, 200])
    expect(width(reportLine(report(outage), columns))).toBeLessThanOrEqual(columns);
  expect(reportLine(report(outage), 60)).toMatch(/^● prod CRIT .+ · \+\d+$/);
});

test('the schema describes the report of any world', () => {
  const schema = JSON.parse(readFileSync(new URL('../../docs/status.schema.json', import.meta.url), 'utf8'));
  const validate = new Ajv2020({ allErrors: true }).compile(schema);
  const worlds = [
    calm,
    outage,
    away,
    down,
    stale,
    empty,
    emptyWorld(scope, now),
    { ...calm, scope: { ...scope, drill: 'calm' } },
  ];
  for (const world of worlds) {
    for (const journal of [undefined, { incidents: [] }, { incidents: [api] }, { fault: { what: 'w', hint: 'h' } }]) {
      const json: unknown = JSON.parse(JSON.stringify(reportOf(world, 'production', journal)));
      expect(validate(json), JSON.stringify(validate.errors)).toBe(true);
    }
  }
  expect(schema.$defs.finding.properties.area.enum).toEqual(areas);
  expect(schema.$defs.source.properties.fact.enum).toEqual(factIds);
  const other: Partial<Report> = { ...report(calm) };
  delete other.verdict;
  expect(validate(JSON.parse(JSON.stringify(other)))).toBe(false);
});

test('counts in words', () => {
  expect(countsInWords({ counts: { ok: 3, unknown: 1, warning: 0, critical: 2 } })).toBe('2 critical, 1 unknown');
});

test('a change is printed once, in one line; a fluctuating value is no change', () => {
  const before = evaluate(calm);
  expect(changesBetween(before, before, now).changes).toEqual([]);
  const { changes } = changesBetween(before, evaluate(outage), now);
  const gateway = changes.find((change) => change.id === 'gateway/health');
  expect(gateway).toMatchObject({ from: 'ok', to: 'critical' });
  expect(gateway && changeText(gateway)).toMatch(/^03:14:07Z ● gateway {11}503 .*\(was ok\)$/);
  const primary = calm.readings.primary;
  if (primary.state !== 'live') throw new Error('calm is live');
  const more = { ...primary.value, connections: { used: 42, active: 7, idle: 34, idleInTransaction: 1, limit: 97 } };
  const wavering = { ...calm, readings: { ...calm.readings, primary: live(more) } };
  expect(changesBetween(before, evaluate(wavering), now).changes).toEqual([]);
  const back = changesBetween(evaluate(outage), before, now).changes;
  expect(back.find((change) => change.id === 'gateway/health')).toMatchObject({ from: 'critical', to: 'ok' });
});

test('another state of the same verdict is a change, in whatever words it is said', () => {
  const sick = deployment('api-gateway', 1, 3);
  const of = (deployments: readonly Deployment[]) =>
    evaluate({ ...calm, readings: { ...calm.readings, pods: live([]), deployments: live(deployments) } });
  const ids = (before: readonly Finding[], after: readonly Finding[]) =>
    changesBetween(before, after, now).changes.map(({ id }) => id);
  const before = of([sick]);
  expect(ids(before, of([{ ...sick, rollout: { state: 'progressing' } }]))).toContain('pods/api-gateway');
  const other = before.map((finding) => ({ ...finding, says: `now: ${finding.says}` }));
  expect(ids(before, other)).toEqual([]);
  const gateway = (statusCode: number) => {
    const reading = outage.readings.gateway;
    if (reading.state !== 'live') throw new Error('the gateway of the outage answers');
    const { health, detailed } = reading.value;
    const both = { health: { ...health, statusCode }, detailed: { ...detailed, statusCode } };
    return evaluate({ ...outage, readings: { ...outage.readings, gateway: live(both) } });
  };
  expect(ids(gateway(503), gateway(502))).toEqual(['gateway/health']);
});

describe('a finding that disappears between two checks', () => {
  const without = (world: World): World => ({
    ...world,
    readings: { ...world.readings, deployments: lost(), pods: lost() },
  });
  const lines = (...worlds: readonly World[]) => {
    let before: readonly Finding[] = evaluate(worlds[0] ?? calm);
    return worlds.slice(1).map((world) => {
      const { changes, after } = changesBetween(before, evaluate(world), now, world);
      before = after;
      return changes.map((change) => changeText(change).slice('03:14:07Z '.length).replace(/ +/g, ' '));
    });
  };

  test('is good news if its source answers again', () => {
    const [gone, back] = lines(calm, without(calm), calm);
    expect(gone).toEqual([expect.stringMatching(/^\? kubernetes timed out/)]);
    expect(back).toEqual(['✓ kubernetes recovered (was unknown)']);
  });

  test('is unknown if its source is lost, and its return is printed', () => {
    const broken = { ...calm, readings: { ...calm.readings, deployments: live([deployment('api-gateway', 1, 3)]) } };
    const [gone, still, back] = lines(broken, without(broken), without(broken), calm);
    expect(gone).toContain('? api-gateway unknown: kubernetes does not answer (was warning)');
    expect(still).toEqual([]);
    expect(back).toContainEqual(expect.stringMatching(/^✓ api-gateway .*3\/3 ready.*\(was unknown\)$/));
  });

  test('is no recovery if the object was deleted: a deployment, a job, a pod, a node', () => {
    const withWorkloads = (all: unknown[], nodes: unknown[] = [], deployments = [deployment('api-gateway', 3, 3)]) =>
      ({
        ...calm,
        readings: {
          ...calm.readings,
          pods: live([]),
          deployments: live(deployments),
          workloads: live({ all, unseen: [], refusals: [], nodes } as never),
        },
      }) as World;
    const job = { kind: 'Job', name: 'nightly', state: 'failed', failed: 3, createdAt: now - 60_000, says: [] };
    const only = (texts: readonly string[] | undefined, name: string) => texts?.filter((text) => text.includes(name));
    const sick = deployment('worker', 1, 3);
    expect(
      only(lines(withWorkloads([], [], [deployment('api-gateway', 3, 3), sick]), withWorkloads([]))[0], 'worker'),
    ).toEqual(['– worker no longer exists (was warning)']);
    expect(only(lines(withWorkloads([job]), withWorkloads([]))[0], 'nightly')).toEqual([
      expect.stringMatching(/^– nightly no longer exists \(was (warning|critical)\)$/),
    ]);
    // It is there, and it is well again.
    const well = { ...job, state: 'complete', failed: 0 };
    expect(only(lines(withWorkloads([job]), withWorkloads([well]))[0], 'nightly')?.[0]).toMatch(/^✓ nightly recovered/);
    // Nobody says that it is gone while the cluster does not answer.
    const away = without(withWorkloads([]));
    const silent = { ...away, readings: { ...away.readings, workloads: lost() } } as World;
    expect(only(lines(withWorkloads([job]), silent)[0], 'nightly')?.join()).not.toContain('exists');
  });

  test('is good news if the thing is ok, and unknown if a surface has no jobs left', () => {
    const cluster = live({ context: 'c', server: 's', version: 'v1', latency: 4, clockOffset: 120_000 });
    expect(lines({ ...calm, readings: { ...calm.readings, cluster } }, calm)).toEqual([
      ['✓ clock recovered (was warning)'],
    ]);
    const idle = { ...outage, readings: { ...outage.readings, surfaces: live({ surfaces: [], estimated: false }) } };
    expect(lines(outage, idle)[0]).toContain('? openai-api no jobs to evaluate (was critical)');
  });
});

test('a rollout is followed to its end', () => {
  const step = (more: Partial<Deployment>) =>
    rolloutStep(live([deployment('api-gateway', 3, 3, { revision: 42, ...more })]), 'api-gateway', now);
  expect(step({})).toEqual({ says: 'revision 42: complete, 3 of 3 available', ends: 0 });
  expect(step({ updated: 1, replicas: 4, rollout: { state: 'progressing' } })).toEqual({
    says: 'revision 42: 1 of 3 updated, 3 available, 3 old terminating',
  });
  expect(step({ rollout: { state: 'stuck', why: 'progress deadline exceeded' } })).toEqual({
    says: 'revision 42: stuck: progress deadline exceeded',
    ends: 2,
  });
  expect(step({ rollout: { state: 'paused' } }).ends).toBeUndefined();
  expect(rolloutStep(live([deployment('executor', 1, 1)]), 'api-gateway', now)).toEqual({
    says: 'no such deployment; found: executor',
    ends: 3,
  });
  expect(rolloutStep(lost(), 'api-gateway', now).ends).toBeUndefined();
  const old = live([deployment('api-gateway', 3, 3)], 60_000);
  expect(rolloutStep(old, 'api-gateway', now)).toEqual({ says: 'no answer from the cluster yet' });
});

test('text is broken at blanks, and a long word is cut', () => {
  expect(wrap('one two three', 8)).toEqual(['one two', 'three']);
  expect(wrap('abcdefghij k', 5)).toEqual(['abcd…', 'k']);
});

test('status never loads the screen, at the start or later', async () => {
  const screen = /^(ink|react|zustand)(\/|$)|^src\/(screens|app|store)/;
  const graph = async (entry: string) => {
    const entryPoints = [entry];
    const bundled = { bundle: true, splitting: true, format: 'esm', packages: 'external', platform: 'node' } as const;
    return (await build({ ...bundled, entryPoints, write: false, outdir: 'out', metafile: true })).metafile.outputs;
  };
  /** The modules that a chunk leads to: by imports that are always made, or by those that are made when needed too. */
  const modules = (outputs: Awaited<ReturnType<typeof graph>>, start: string, lazyToo: boolean) => {
    const files = new Set([start]);
    const packages = new Set<string>();
    for (const file of files)
      for (const { path, kind, external } of outputs[file]?.imports ?? [])
        if (lazyToo || kind === 'import-statement') (external ? packages : files).add(path);
    return [...packages, ...[...files].flatMap((file) => Object.keys(outputs[file]?.inputs ?? {}))];
  };
  const ever = modules(await graph('src/commands/status/run.ts'), 'out/run.js', true);
  expect(ever).toContain('pg');
  expect(ever.filter((module) => screen.test(module))).toEqual([]);
  const program = await graph('src/cli.ts');
  const atOnce = modules(program, 'out/cli.js', false);
  expect(atOnce).toContain('src/commands/status/command.ts');
  expect(atOnce.filter((module) => screen.test(module))).toEqual([]);
  expect(modules(program, 'out/cli.js', true)).toContain('ink');
});

test('a replica that does not stream is critical, even when it cannot say how far behind it is', () => {
  const replica = calm.readings.replica;
  if (replica.state !== 'live') throw new Error('calm is live');
  const verdictOf = (lag?: { ms?: number; streaming: boolean }) => {
    const { lag: _, ...rest } = replica.value;
    return evaluateReplica(lag ? { ...rest, lag } : rest).verdict;
  };
  expect(verdictOf({ streaming: false })).toBe('critical');
  expect(verdictOf({ streaming: false, ms: 0 })).toBe('critical');
  expect(verdictOf({ streaming: true })).toBe('unknown');
  expect(verdictOf()).toBe('unknown');
  expect([0, 31_000, 301_000].map((ms) => verdictOf({ streaming: true, ms }))).toEqual(['ok', 'warning', 'critical']);
});
