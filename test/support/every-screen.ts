// A state for every screen there is, with rows where it has rows: for tests that hold on all of them.

import { settingsSchema } from '../../src/config/settings.ts';
import type { Run } from '../../src/core/actions/run.ts';
import { GrowingList } from '../../src/core/growing.ts';
import type { DueAlert } from '../../src/core/incident/context.ts';
import { readEntry } from '../../src/core/logs/log.ts';
import type { ApiKey } from '../../src/core/queries/api-key.ts';
import { type Query, type QueryReadings, queryKey } from '../../src/core/queries/query.ts';
import type { StudyDetail, SurfaceDetail } from '../../src/core/queries/study.ts';
import type { Reading } from '../../src/core/world/reading.ts';
import { viewOf } from '../../src/screens/logs/view.ts';
import { here, placeAt, type State } from '../../src/store.ts';
import { statementPlan, statements, tableUse, waits } from './statement-answers.ts';
import { contextOf, tell } from './story.ts';
import { live, now, outage, stateOf } from './worlds.ts';

export type Answered = readonly [Query, Reading<unknown>];
const long = `Rate limited: ${'too many requests for this window '.repeat(6)}and the last word`;

const job = {
  id: 'job_1',
  surface: 'openai-api',
  status: 'failed',
  attempts: 3,
  createdAt: now - 600_000,
  error: long,
};
export const surface: SurfaceDetail = {
  errors: [
    { message: 'Rate limited: too many requests', count: 304, studies: 2 },
    { message: 'boom', count: 1, studies: 1 },
  ],
  studies: [
    { study: 'study_abc', count: 300 },
    { study: 'study_def', count: 5 },
  ],
  newest: [
    { ...job, study: 'study_def', error: 'boom' },
    { ...job, id: 'job_2', study: 'study_abc', error: 'Rate limited: too many requests' },
  ],
  exact: true,
};
const study: StudyDetail = {
  api: { url: 'https://api', problem: '404' },
  counts: [{ surface: 'openai-api', status: 'failed', count: 3 }],
  exact: true,
  errors: [{ message: 'boom', count: 1 }],
  running: [{ ...job, status: 'executing' }],
  slowest: [{ ...job, id: 'job_3', status: 'completed', endedAt: now }],
};
const session = {
  pid: 12,
  user: 'bentham',
  application: 'gateway',
  client: '10.0.0.1',
  database: 'bentham',
  state: 'active',
  query: `SELECT ${'a_column, '.repeat(30)}the_last_one`,
  blockedBy: [],
};
const table = { name: 'jobs', totalBytes: 1e6, liveRows: 10, deadRows: 5 };
const apiKey: ApiKey = {
  id: 'key-1',
  tenant: 'tenant-kyanos',
  name: 'Production Key',
  permissions: ['studies:write'],
  rateLimit: 600,
  lastUsedAt: now - 60_000,
  createdAt: now - 9_000_000_000,
  revoked: false,
};
const version = {
  key: 'study_abc/shot.png',
  versionId: 'v1',
  kind: 'version' as const,
  latest: true,
  bytes: 10,
  at: now - 1000,
  lock: { legalHold: true },
};
const database = {
  sessions: [session],
  sessionsExact: true,
  tables: [table],
  idAges: [],
  vacuums: [],
  replicas: [],
  slots: [],
  missing: [],
  inRecovery: false,
};

/** Each look-up with an answer that has rows: the screen, what it is about, the question, the answer. */
export const looks: readonly (readonly [screen: string, of: Record<string, string>, ...Answered])[] = [
  ['surface', { surface: 'openai-api' }, { kind: 'surface', surface: 'openai-api' }, live(surface)],
  ['study', { study: 's' }, { kind: 'study', study: 's' }, live(study)],
  [
    'jobs',
    { study: 's', status: 'failed' },
    { kind: 'jobs', study: 's', status: 'failed', search: '', rows: 200 },
    live({ rows: [job], more: false }),
  ],
  ['sessions', {}, { kind: 'database', server: 'primary' }, live(database)],
  [
    'api-keys',
    {},
    { kind: 'api-keys' },
    live({ rows: [apiKey, { ...apiKey, id: 'key-2', tenant: 'tenant-lyra', lastUsedAt: now }], more: false }),
  ],
  [
    'all-studies',
    {},
    { kind: 'studies', search: '', rows: 200 },
    live({
      rows: [
        {
          id: 'study_old',
          tenant: 'tenant-kyanos',
          status: 'completed',
          completion: 100,
          createdAt: now,
          progressedAt: now,
        },
      ],
      more: false,
    }),
  ],
  [
    'pages',
    {},
    { kind: 'pager' },
    live({
      service: { id: 'P1', name: 'Bentham production' },
      policy: { id: 'P2', name: 'Bentham on-call' },
      pages: [
        {
          id: 'Q1',
          number: 4711,
          title: 'boom',
          status: 'triggered',
          createdAt: now - 240_000,
          service: { id: 'P1', name: 'Bentham production' },
          assignees: [{ id: 'U1', name: 'ops1' }],
          acknowledgedBy: [],
        },
      ],
      morePages: false,
      onCalls: [
        { user: { id: 'U1', name: 'ops1' }, level: 1, since: now - 60_000, until: now + 3_600_000 },
        { user: { id: 'U2', name: 'ops2' }, level: 1, since: now + 3_600_000, until: now + 7_200_000 },
      ],
      moreOnCalls: false,
      untold: [],
    }),
  ],
  [
    'object',
    { kind: 'Pod', name: 'api-gateway', view: 'yaml' },
    { kind: 'object', of: 'Pod', name: 'api-gateway' },
    live({
      yaml: ['kind: Pod', 'metadata:', '  name: api-gateway', `  message: ${long}`],
      describe: ['Name: api-gateway', `Message: ${long}`, 'Events: <none>'],
      isCut: false,
      missing: [],
    }),
  ],
  ['tables', {}, { kind: 'database', server: 'primary' }, live(database)],
  ['statements', {}, { kind: 'statements', server: 'primary', moment: '' }, live(statements)],
  ['waits', {}, { kind: 'waits', server: 'primary', moment: '', samples: 60 }, live(waits)],
  ['table-use', {}, { kind: 'table-use', server: 'primary', moment: '' }, live(tableUse)],
  ['indexes', {}, { kind: 'table-use', server: 'primary', moment: '' }, live(tableUse)],
  ['plan', { pid: '4711' }, { kind: 'statement-plan', server: 'primary', pid: 4711 }, live(statementPlan)],
  [
    'evidence-study',
    { study: 'study_abc' },
    { kind: 'evidence-study', study: 'study_abc' },
    live({ bucket: 'b', study: 'study_abc', versions: [version], complete: true }),
  ],
  [
    'evidence',
    {},
    { kind: 'evidence' },
    live({
      bucket: 'b',
      groups: [{ study: 's', objects: 1, bytes: 1, oldest: now, newest: now }],
      objects: 1,
      bytes: 1,
      complete: true,
    }),
  ],
];

const logFields = settingsSchema.shape.logFields.parse(undefined);
const entry = (id: number, of: object) =>
  readEntry(
    {
      id,
      at: now + id,
      pod: 'api-gateway-7d9f8b6c5-8qk5p',
      container: 'main',
      previous: false,
      text: JSON.stringify(of),
    },
    logFields,
  );
const logLines = [
  entry(1, { level: 30, msg: 'request completed', reqId: 'r-1', res: { statusCode: 200 }, responseTime: 12.4 }),
  entry(2, { level: 50, msg: 'Rate limited', studyId: 'study_abc123', reqId: 'r-2' }),
  entry(3, { level: 30, msg: 'request completed', reqId: 'r-2', studyId: 'study_abc123' }),
];

export const plannedRun: Run = {
  id: 'r1',
  action: 'restart-deployment',
  title: 'Restart api-gateway',
  risk: 'reversible',
  target: { deployment: 'api-gateway' },
  environment: 'PRODUCTION',
  by: 'ops1',
  phase: 'planned',
  plan: { impact: ['replaces 3 pods'], calls: [{ tool: 'http', url: 'http://x' }], answered: [], preconditions: 'r1' },
  plannedAt: now - 10_000,
  calls: [{ say: 'kubectl rollout restart deployment/api-gateway', summary: 'restart', to: 'prod-eu-1' }],
  accepts: [],
  performed: 0,
  output: ['deployment.apps/api-gateway restarted'],
  next: [
    { action: 'rollback-deployment', target: { deployment: 'api-gateway' }, says: 'roll back' },
    { action: 'scale-deployment', target: { deployment: 'api-gateway' }, says: 'scale' },
  ],
};

export const alert: DueAlert = {
  id: 'metric/p95',
  subject: 'API p95',
  level: 'critical',
  says: '4 210 ms  (critical > 2 000 ms)',
  remedy: 'Scale API nodes',
  raisedAt: now - 120_000,
  since: now - 120_000,
  flapping: false,
  channel: 'PagerDuty + Slack #alerts',
  responseTime: '15 min',
  due: now + 780_000,
};

export const incident = tell(
  now - 450_000,
  [0, 'ops1', { kind: 'opened', title: 'Complete API outage', severity: 1, why: '5xx' }],
  [1, 'ops1', { kind: 'step', step: 'sev1/acknowledge', mark: 'done', found: { state: 'pass', because: 'told' } }],
  [2, 'ops1', { kind: 'role', role: 'commander', change: 'taken', person: 'ops1' }],
  [3, 'ops2', { kind: 'note', text: 'the last deploy was at 03:01' }],
);

/** What a screen is about, where it has to be told. */
const about: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  backend: { backend: 'primary' },
  deployment: { deployment: 'api-gateway' },
  pod: { pod: 'api-gateway-8qk5p' },
  metric: { metric: 'p95' },
  run: { run: plannedRun.id },
  procedure: { procedure: 'sev1' },
  logs: { deployment: 'api-gateway', since: '15m' },
};

/** The screen, open on an outage with an incident that this cockpit drives. */
export function showing(screen: string, more: Partial<State> = {}): State {
  const asked = looks.find(([id]) => id === screen);
  const { targets } = contextOf('ops1');
  const pagerApi = { url: 'https://api.pagerduty.com', service: 'P1', from: 'ops1@bentham.io' };
  const state = stateOf(outage, {
    incident,
    incidentContext: contextOf('ops1', {
      targets: { ...targets, channels: { ...targets.channels, pagerApi } },
      alerts: [alert],
      received: [{ at: now, channel: 'slack-alerts', says: 'SEV1 Complete API outage' }],
    }),
    arming: { state: 'armed', reason: 'SEV1', since: now, until: now + 600_000, activeAt: now },
    runs: { [plannedRun.id]: plannedRun },
    shells: {
      forwards: [
        {
          id: 'f1',
          pod: 'api-gateway-7d9f8b6c5-8qk5p',
          port: 3000,
          address: '127.0.0.1:41234',
          pid: 4711,
          since: now - 60_000,
          open: 1,
          total: 3,
          fault: long,
        },
      ],
    },
    commands: [{ at: now, run: 'r1', kind: 'look', says: 'kubectl get deployment', took: 12, ok: true }],
    queries: Object.fromEntries(looks.map(([, , ask, reading]) => [queryKey(ask), reading])) as QueryReadings,
    ...more,
  });
  const place = placeAt(screen, asked?.[1] ?? about[screen] ?? {});
  const [cockpit] = state.ui.stack;
  const open: State = screen === 'cockpit' ? state : { ...state, ui: { ...state.ui, stack: [cockpit, place] } };
  if (screen !== 'logs') return open;
  return {
    ...open,
    logs: {
      view: viewOf(here(open)),
      generation: 1,
      entries: logLines,
      position: { offset: 0, first: 0, kept: logLines.length },
      collected: logLines.length,
      passed: logLines.length,
      pace: 1,
      forgotten: 0,
      waiting: 0,
      streams: { followed: 3, expected: 3, leftOut: 0, unstarted: [] },
      problems: [],
      at: now,
    },
  };
}

/** The same screen, everything on it called `name`: pods, studies, tenants, surfaces, errors, keys, people. */
export function named(screen: string, name: string): State {
  const state = showing(screen);
  return renamed(state, new Set(wordsReplaced), name) as State;
}

/** Names that stand in the literals above and in the world, whatever they are of. */
const wordsReplaced = [
  'api-gateway',
  'orchestrator',
  'executor',
  'tenant-kyanos',
  'tenant-lyra',
  'Production Key',
  'openai-api',
  'anthropic-api',
  'ops1',
  'ops2',
  'bastion',
  'jobs',
  'bentham',
  'gateway',
  'boom',
  'the last deploy was at 03:01',
  'Complete API outage',
  'Rate limited: too many requests from this key',
  '4 210 ms  (critical > 2 000 ms)',
  'slack-alerts',
  'CrashLoopBackOff',
  'ip-10-0-1-17',
];

/** The same value, its texts that are among `words` replaced. */
function renamed(value: unknown, words: ReadonlySet<string>, by: string): unknown {
  if (typeof value === 'string') return words.has(value) ? by : value;
  // A list that grows is read as an array is.
  if (Array.isArray(value) || value instanceof GrowingList) return value.map((one) => renamed(one, words, by));
  if (value === null || typeof value !== 'object' || value instanceof Map) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, renamed(one, words, by)]));
}
