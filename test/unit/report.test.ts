import { expect, test } from 'vitest';
import { exported, listed, shown, verified } from '../../src/commands/incident/run.ts';
import type { Entry } from '../../src/core/incident/event.ts';
import { canText, handoff, messageText } from '../../src/runbook/messages.ts';
import { markdownReport } from '../../src/runbook/report.ts';
import { tell } from '../support/story.ts';
import { now, world } from '../support/world.ts';

const minute = 60_000;
const start = now - 40 * minute;
const restart = { kind: 'action', run: 'r1', action: 'restart-deployment', target: 'api-gateway' } as const;

const incident = () =>
  tell(
    start,
    [
      0,
      'ops1',
      {
        kind: 'opened',
        title: 'Complete API outage',
        severity: 1,
        why: '96 % answer 5xx',
        evidence: ['Health check failing: 503'],
      },
    ],
    [
      1,
      'ops1',
      { kind: 'notified', message: 'm1', channel: 'pagerduty', purpose: 'acknowledge', delivery: 'sent', text: 'mine' },
    ],
    [2, 'ops2', { kind: 'note', text: 'saw | a <script> `here`' }],
    [
      4,
      'ops1',
      { kind: 'step', step: 'sev1/gateway-status', mark: 'done', found: { state: 'fail', because: '2 of 3 crash' } },
    ],
    [
      5,
      'ops1',
      { ...restart, phase: 'confirmed', calls: ['kubectl rollout restart deployment/api-gateway -n bentham-prod'] },
    ],
    [5, 'ops1', { ...restart, phase: 'started' }],
    [6, 'ops1', { kind: 'sample', values: { p95: 4200, errorRate: 96 } }],
    [9, 'ops1', { ...restart, phase: 'verified', detail: '3/3 ready' }],
    [10, 'ops1', { kind: 'sample', values: { p95: 180, errorRate: 0.1 } }],
    [12, 'ops1', { kind: 'severity', severity: 3, why: 'it answers again' }],
    [13, 'ops1', { kind: 'mitigated', why: 'requests go through' }],
    [14, 'ops1', { kind: 'step', step: 'sev1/redis', mark: 'skipped', why: 'clearly fine' }],
    [15, 'ops1', { kind: 'pin', entry: '2'.padStart(26, '0'), pinned: true }],
    [30, 'ops1', { kind: 'resolved', why: 'calm for a quarter of an hour' }],
  );

test('the report leaves only the root cause to write', () => {
  const report = markdownReport(incident(), { now, notes: ['1 file checked'] });
  expect(report).toMatchInlineSnapshot(`
    "# SEV1: Complete API outage

    ## Summary

    - PRODUCTION: opened 2026-01-17 02:34:07Z by ops1, resolved 2026-01-17 03:04:07Z
    - 02:34:07Z SEV1: 96 % answer 5xx
      - Health check failing: 503
    - 02:46:07Z SEV3: it answers again
    - 02:47:07Z mitigated: requests go through
    - 03:04:07Z resolved: calm for a quarter of an hour

    ## Why

    _Write here what happened, and why._

    ## Impact

    | Impact | Measured |
    | --- | --- |
    | Start | 02:40:07Z, first sample above its threshold: API p95 4 200 ms |
    | End | 02:47:07Z, after 7 m 0 s |
    | Requests | unknown: requests were not counted during it |
    | Failed jobs | unknown: jobs were not counted |

    | Severity | Meaning | Time |
    | --- | --- | --- |
    | SEV1 | Complete outage | 12 min |
    | SEV3 | Minor degradation | 18 min |

    ## Times

    | From opening to | Time |
    | --- | --- |
    | acknowledged | 1 m 0 s |
    | first relevant finding | 4 m 0 s |
    | mitigated | 13 m 0 s |
    | resolved | 30 m 0 s |

    ## Responders

    | Role | Who | When |
    | --- | --- | --- |
    | commander | ops1 | 02:34:07Z to 03:04:07Z |
    | took part | ops1, ops2 |  |

    ## Actions

    ### 02:39:07Z restart-deployment api-gateway: verified

    By ops1, 4 m 0 s.

    \`\`\`bash
    kubectl rollout restart deployment/api-gateway -n bentham-prod
    \`\`\`

    - 02:39:07Z confirmed
    - 02:39:07Z running
    - 02:43:07Z verified: 3/3 ready

    ## Metrics

    | Metric | Worst | Lowest | Highest | At the end |
    | --- | --- | --- | --- | --- |
    | API Response Time (p95) | critical | 180 ms | 4 200 ms | 180 ms |
    | Error Rate | critical | 0.1 % | 96 % | 0.1 % |

    Not measured: Database Connections, Redis Memory, Queue Depth, Study Failure Rate.

    ### API Response Time (p95) (UTC, once a minute)

    \`\`\`text
    4 200 ms ┤██████████████████
             ┤██████████████████
             ┤██████████████████
    2 000 ms ┤██████████████████╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌
             ┤██████████████████
      500 ms ┤██████████████████╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▂▂▂▂▂▂▂▂▂▂▂▂
              02:40                       02:42                      02:45
    \`\`\`

    ### Error Rate (UTC, once a minute)

    \`\`\`text
    96 % ┤██████████████████
         ┤██████████████████
         ┤██████████████████
         ┤██████████████████
         ┤██████████████████
     5 % ┤██████████████████╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▁▁▁▁▁▁▁▁▁▁▁▁
          02:40                       02:42                      02:45
    \`\`\`

    ## Messages

    | Time | By | Channel | What | Delivery | Text |
    | --- | --- | --- | --- | --- | --- |
    | 02:35:07Z | ops1 | PagerDuty | acknowledge | sent | mine |

    ## Timeline (UTC)

    | Time | Who | What |
    | --- | --- | --- |
    | 2026-01-17 02:34:07Z | ops1 | opened as SEV1: Complete API outage: 96 % answer 5xx |
    | 2026-01-17 02:35:07Z | ops1 | PagerDuty acknowledge: sent |
    | 2026-01-17 02:36:07Z | ops2 | **saw \\| a \\<script\\> \\\`here\\\`** |
    | 2026-01-17 02:38:07Z | ops1 | done: Check API gateway status: 2 of 3 crash |
    | 2026-01-17 02:39:07Z | ops1 | restart-deployment api-gateway: confirmed: kubectl rollout restart deployment/api-gateway -n bentham-prod |
    | 2026-01-17 02:39:07Z | ops1 | restart-deployment api-gateway: running |
    | 2026-01-17 02:43:07Z | ops1 | restart-deployment api-gateway: verified after 4 m 0 s: 3/3 ready |
    | 2026-01-17 02:46:07Z | ops1 | now SEV3: it answers again |
    | 2026-01-17 02:47:07Z | ops1 | mitigated: requests go through |
    | 2026-01-17 02:48:07Z | ops1 | skipped: Check Redis: clearly fine |
    | 2026-01-17 03:04:07Z | ops1 | resolved: calm for a quarter of an hour |

    ## Open follow-ups

    - [ ] not done: Disable the surface temporarily
    - [ ] not done: Check surface-specific issues
    - [ ] not done: Test surface manually
    - [ ] not done: Re-enable when fixed
    - [ ] skipped: Check Redis (clearly fine)
    - [ ] PagerDuty: not notified of the resolution

    ## The record

    - Incident one, 14 entries.
    - 1 file checked
    "
  `);
});

test('the report of an open incident lists what is not done', () => {
  const open = tell(
    start,
    [0, 'ops1', { kind: 'opened', title: 'Single surface failing', severity: 3, why: 'x' }],
    [1, 'ops1', { ...restart, phase: 'started' }],
  );
  const report = markdownReport(open, { now });
  expect(report).toContain('- \\[ \\] '.replaceAll('\\', ''));
  expect(report).toContain('restart-deployment api-gateway: outcome unknown: check the current state');
  expect(report).toContain('not done: Disable the surface temporarily');
  expect(report).toContain('| acknowledged | not yet |');
});

test('CAN, handoff and messages contain what is known, and mark a drill as a drill', () => {
  const open = tell(
    start,
    [0, 'ops1', { kind: 'opened', title: 'Complete API outage', severity: 1, why: '5xx' }],
    [1, 'ops1', { ...restart, phase: 'unknown' }],
  );
  const text = canText(open, world());
  expect(text).toContain('SEV1 Complete API outage (PRODUCTION), open 00:40:00, commander ops1');
  expect(text).toMatch(
    /CONDITIONS: .* ACTIONS: restart-deployment api-gateway: outcome unknown\. NEEDS: next: Acknowledge/,
  );
  expect(messageText(open, world(), 'notify')).toContain('Next update by 03:44Z.');
  expect(messageText({ ...open, drill: 'api-outage' }, world(), 'notify')).toMatch(/^DRILL, not real: /);
  const brief = handoff(open, world()).join('\n');
  for (const part of ['State', 'Tried', 'Pending', 'Responders', 'Notified']) expect(brief).toContain(`\n${part}\n`);
  expect(brief).toContain('in control: ops1');
});

test('a report lists a message once, adds dates after midnight, and names what is open at the end', () => {
  const message = {
    kind: 'notified',
    message: 'm1',
    channel: 'slack-alerts',
    to: 'Slack #sev',
    purpose: 'notify',
  } as const;
  const key = {
    kind: 'notified',
    message: 'm2',
    channel: 'pagerduty',
    purpose: 'acknowledge',
    key: 'srv01/HTTP',
  } as const;
  const raised = { kind: 'alert', change: 'raised', level: 'critical', says: '503 unhealthy' } as const;
  const told = tell(
    Date.UTC(2026, 0, 16, 23, 50),
    [0, 'ann', { kind: 'opened', title: 'Complete API outage', severity: 1, why: '5xx' }],
    [0, 'ann', { ...raised, alert: 'gateway', subject: 'gateway', since: Date.UTC(2026, 0, 16, 23, 48) }],
    [0, 'ann', { ...raised, alert: 'p95', subject: 'API p95' }],
    [1, 'ann', { ...message, delivery: 'sending', text: 'we are on it' }],
    [1, 'ann', { ...message, delivery: 'sent', text: 'we are on it' }],
    [2, 'ann', { ...key, delivery: 'sent', text: 'words that PagerDuty never gets' }],
    [5, 'ann', { ...raised, change: 'cleared', alert: 'gateway', subject: 'gateway' }],
    [14, 'ann', { kind: 'mitigated', why: 'requests go through' }],
    [15, 'ann', { kind: 'resolved', why: 'calm' }],
  );
  const report = markdownReport(told, { now });
  expect(report.match(/we are on it/g)).toHaveLength(1);
  expect(report).toContain('| 2026-01-16 23:51:00Z | ann | Slack \\#sev | notify | sent | we are on it |');
  expect(report).toContain('| 2026-01-16 23:52:00Z | ann | PagerDuty | acknowledge | sent | alert key srv01/HTTP |');
  expect(report).not.toContain('never gets');
  expect(report).toContain(
    '- 2026-01-17 00:04:00Z mitigated: requests go through\n- 2026-01-17 00:05:00Z resolved: calm',
  );
  expect(report).toContain('first alert: gateway, 2 m 0 s before the incident was opened |');
  const followUps = report.slice(report.indexOf('## Open follow-ups'));
  expect(followUps).toContain('- [ ] alert not cleared: API p95');
  expect(followUps).not.toContain('not cleared: gateway');
  expect(followUps).toContain(
    '- [ ] Slack \\#sev: not notified of the resolution\n- [ ] PagerDuty: not notified of the resolution',
  );
  expect(shown(told, now).text.match(/we are on it/g)).toHaveLength(1);
});

test('the CAN report lists a decision as decided, not as done', () => {
  const decided = tell(
    start,
    [0, 'ann', { kind: 'opened', title: 'Complete API outage', severity: 1, why: '5xx' }],
    [1, 'ann', { kind: 'decision', step: 'sev1/restart-gateway', answer: 'no', why: 'the database is down' }],
  );
  expect(canText(decided, world())).toContain('ACTIONS: Restart API gateway if needed: decided no.');
});

test('the report lists responders with role and duration', () => {
  const report = markdownReport(
    tell(
      start,
      [0, 'ann', { kind: 'opened', title: 'Complete API outage', severity: 1, why: '5xx' }],
      [5, 'bob', { kind: 'role', role: 'scribe', change: 'taken', person: 'bob' }],
      [10, 'ann', { kind: 'role', role: 'commander', change: 'handed', person: 'bob', from: 'ann' }],
      [15, 'cat', { kind: 'role', role: 'expert', change: 'taken', person: 'cat' }],
      [20, 'bob', { kind: 'role', role: 'scribe', change: 'left', person: 'bob' }],
    ),
    { now },
  );
  for (const row of [
    '| commander | ann | 02:34:07Z to 02:44:07Z |',
    '| commander | bob | 02:44:07Z to now |',
    '| scribe | bob | 02:39:07Z to 02:54:07Z |',
    '| expert | cat | 02:49:07Z to now |',
    '| took part | ann, bob, cat |  |',
  ])
    expect(report).toContain(row);
});

test('list, show and verify print JSON with a version', async () => {
  const one = incident();
  const report = {
    directory: '/j',
    files: [{ file: 'a.jsonl', entries: 14, signers: [], problems: [], notes: [] }],
    entries: one.entries,
    lines: [],
  };
  const parsed = (printed: { text: string }) => JSON.parse(printed.text) as Record<string, unknown>;
  expect(parsed(listed(report, true, now))).toMatchObject({
    version: 1,
    incidents: [
      { id: 'one', severity: 'SEV3', mitigatedAt: '2026-01-17T02:47:07.000Z', clocks: { toMitigate: 13 * minute } },
    ],
  });
  const cancelled: Entry = {
    ...one.entries.at(0),
    id: 'z'.repeat(26),
    at: now,
    event: { kind: 'cancelled', why: 'a test' },
  } as Entry;
  const mistake = { ...report, entries: one.entries.slice(0, 1).concat(cancelled) };
  expect(listed(mistake, false, now).text).toMatch(/ {2}cancelled {2}/);
  expect(parsed(listed(mistake, true, now))).toMatchObject({
    incidents: [{ state: 'cancelled', clocks: { open: now - one.openedAt } }],
  });
  expect(parsed(exported(one, report, 'json', { now }))).toMatchObject({
    version: 1,
    openedAt: '2026-01-17T02:34:07.000Z',
    clocks: { toAcknowledge: minute, toFirstFind: 4 * minute, toMitigate: 13 * minute, toResolve: 30 * minute },
    timePerSeverity: [
      { severity: 1, time: 12 * minute },
      { severity: 3, time: 18 * minute },
    ],
    problems: [],
  });
  expect(parsed(await verified(report, true))).toMatchObject({
    version: 1,
    entries: 14,
    cannotKnow: expect.any(Array),
  });
  const bad = {
    ...report,
    files: [{ file: 'a.jsonl', entries: 14, signers: [], problems: ['line 2 was changed'], notes: [] }],
  };
  expect([exported(one, bad, 'markdown', { now }).code, (await verified(bad, false)).code]).toEqual([1, 1]);
  expect(exported(one, bad, 'markdown', { now }).text).toContain('- a.jsonl: line 2 was changed');
  expect(shown(one, now).text).toContain('acknowledged after 1 m 0 s, first finding after 4 m 0 s');
});
