import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src/core/health/evaluate.ts';
import { evaluateMetric, metric } from '../../src/core/health/metrics.ts';
import { ruleIds, rules, worstRule } from '../../src/core/health/rules/index.ts';
import { healthStatuses } from '../../src/core/health/status.ts';
import type { Redis, Studies } from '../../src/core/world/facts.ts';
import { calm, live, lost } from '../support/worlds.ts';

const manual = readFileSync('docs/verdicts.md', 'utf8');

describe('docs/verdicts.md', () => {
  test.each(ruleIds)('has a row for %s with its verdict', (id) => {
    expect(manual).toContain(`| ${rules[id].verdict} | \`${id}\` | `);
  });

  test('has a row for each metric with its thresholds', () => {
    expect(manual).toContain('| API Response Time (p95) | > 500 ms | > 2 000 ms |');
    expect(manual).toContain('| Queue Depth | > 1 000 | > 5 000 |');
  });
});

test('every rule is one that the evaluation uses', () => {
  const files = readdirSync('src/core/health').filter((file) => file.endsWith('.ts'));
  const code = files.map((file) => readFileSync(`src/core/health/${file}`, 'utf8')).join('\n');
  const byVerdict = (id: string) => {
    const [group, verdict] = id.split('/');
    return healthStatuses.some((status) => status === verdict) && code.includes(`\`${group}/\${`);
  };
  expect(ruleIds.filter((id) => !code.includes(`'${id}'`) && !byVerdict(id))).toEqual([]);
});

test('the worst rule decides, the first among equals', () => {
  expect(worstRule(['workload/paused', 'workload/none-ready', 'workload/stuck-short'], 'workload/ok')).toBe(
    'workload/none-ready',
  );
  expect(worstRule([], 'workload/ok')).toBe('workload/ok');
});

test('a finding names the rule that decided it', () => {
  const world = { ...calm, readings: { ...calm.readings, redis: lost<Redis>() } };
  const found = new Map(evaluate(world).map((finding) => [finding.id, finding]));
  expect(found.get('pods/api-gateway')).toMatchObject({ rule: 'workload/ok', verdict: 'ok' });
  expect(found.get('redis')?.rule).toMatch(/^source\//);
});

describe('what is normally absent is quiet', () => {
  const value = <T>(reading: { value?: T }): T => {
    if (reading.value === undefined) throw new Error('the calm world is live');
    return reading.value;
  };
  const redis = value<Redis>(calm.readings.redis as { value?: Redis });
  const studies = value<Studies>(calm.readings.studies as { value?: Studies });

  test('a Redis without maxmemory', () => {
    const readings = { ...calm.readings, redis: live<Redis>({ ...redis, maxBytes: 0 }) };
    const world = { ...calm, readings };
    expect(evaluateMetric(metric('redisMemory'), world)).toBe('ok');
    expect(evaluate(world).find(({ id }) => id === 'metric/redisMemory')).toMatchObject({
      verdict: 'ok',
      rule: 'metric/quiet',
      says: 'no maxmemory is set',
    });
  });

  test('an hour without a finished study', () => {
    const none = { ...studies, finishedLastHour: 0, failedLastHour: 0, unclearLastHour: 0 };
    const world = { ...calm, readings: { ...calm.readings, studies: live<Studies>(none) } };
    expect(evaluateMetric(metric('studyFailures'), world)).toBe('ok');
    const stuck = { ...none, doubts: { lastHour: { why: 'unread', of: 'study' } } } as const;
    const unclear = { ...calm, readings: { ...calm.readings, studies: live<Studies>(stuck) } };
    expect(evaluateMetric(metric('studyFailures'), unclear)).toBe('unknown');
  });
});
