// One resolver for each kind of query, and how often it is asked while a screen subscribes.
import type { Settings } from '../config/settings.ts';
import type { Queries, Query, QueryKind } from '../core/queries/query.ts';
import { sampleEvery } from '../core/queries/waits.ts';
import { hour, type Ms, minute, second } from '../core/time.ts';
import { Connection } from '../data/kubernetes/connection.ts';
import type { Result } from '../data/source.ts';

export type Resolver<K extends QueryKind> = {
  every: Ms;
  timeout: Ms;
  /** Where the answer comes from. */
  from: string;
  where: string;
  /** `wait`: how long the backend wants to be left alone. */
  read(ask: Query<K>, signal: AbortSignal): Promise<Result<Queries[K]['answer']> & { wait?: Ms }>;
};

export type Resolvers = { readonly [K in QueryKind]?: Resolver<K> };

/** The resolvers, and how to close their connections. Backends are imported on first use. */
export function resolversFor(settings: Settings): { readers: Resolvers; close(): Promise<void> } {
  // One for all queries: a credential plugin must not run every few seconds.
  const connection = new Connection(settings);
  return { readers: tableOf(settings, connection), close: () => connection.close() };
}

function tableOf(settings: Settings, connection: Connection): Resolvers {
  const evidence = `s3://${settings.evidence.bucket}`;
  const { primary } = settings.database;
  const database = { from: `postgres ${primary.host}`, where: `${primary.host}:${primary.port}` };
  const kubernetes = { from: 'kubernetes', where: 'kubernetes', every: 5 * second, timeout: 12 * second };
  const studies = () => import('../data/postgres/study-query.ts');
  return {
    studies: {
      ...database,
      every: 15 * second,
      timeout: 12 * second,
      read: async (ask, signal) => (await studies()).listStudies(settings, ask, signal),
    },
    study: {
      ...database,
      every: 5 * second,
      timeout: 12 * second,
      read: async ({ study }, signal) => (await studies()).queryStudy(settings, study, signal),
    },
    jobs: {
      ...database,
      every: 10 * second,
      timeout: 8 * second,
      read: async (ask, signal) => (await studies()).listJobs(settings, ask, signal),
    },
    surface: {
      ...database,
      every: 10 * second,
      timeout: 12 * second,
      read: async ({ surface }, signal) => (await studies()).querySurface(settings, surface, signal),
    },
    'api-keys': {
      ...database,
      every: 15 * second,
      timeout: 6 * second,
      read: async (_ask, signal) => (await import('../data/postgres/keys-query.ts')).listApiKeys(settings, signal),
    },
    database: {
      ...database,
      from: 'postgres',
      every: 3 * second,
      timeout: 6 * second,
      read: async ({ server }, signal) =>
        (await import('../data/postgres/database-query.ts')).queryDatabase(settings, server, signal),
    },
    statements: {
      ...database,
      from: 'postgres',
      every: 5 * second,
      timeout: 10 * second,
      read: async (ask, signal) =>
        (await import('../data/postgres/statements-query.ts')).queryStatements(settings, ask, signal),
    },
    waits: {
      ...database,
      from: 'postgres',
      every: sampleEvery,
      timeout: 5 * second,
      read: async (ask, signal) => (await import('../data/postgres/waits-query.ts')).queryWaits(settings, ask, signal),
    },
    'table-use': {
      ...database,
      from: 'postgres',
      every: 5 * second,
      timeout: 10 * second,
      read: async (ask, signal) =>
        (await import('../data/postgres/table-use-query.ts')).queryTableUse(settings, ask, signal),
    },
    // Planned when it is asked for, not again and again: R asks again.
    'statement-plan': {
      ...database,
      from: 'postgres',
      every: hour,
      timeout: 8 * second,
      read: async (ask, signal) => (await import('../data/postgres/plan-query.ts')).queryPlan(settings, ask, signal),
    },
    pod: {
      ...kubernetes,
      read: async ({ pod }, signal) =>
        (await import('../data/kubernetes/pod-query.ts')).queryPod(connection, pod, signal),
    },
    node: {
      ...kubernetes,
      read: async ({ node }, signal) =>
        (await import('../data/kubernetes/node-query.ts')).queryNode(connection, node, signal),
    },
    deployment: {
      ...kubernetes,
      read: async ({ deployment }, signal) =>
        (await import('../data/kubernetes/deployment-query.ts')).queryDeployment(connection, deployment, signal),
    },
    object: {
      ...kubernetes,
      read: async (ask, signal) =>
        (await import('../data/kubernetes/object-query.ts')).queryObject(connection, ask, signal),
    },
    evidence: {
      every: 5 * minute,
      timeout: 2 * minute,
      from: evidence,
      where: evidence,
      read: async (_ask, signal) => (await import('../data/aws/evidence.ts')).listEvidence(settings, signal),
    },
    choices: {
      every: 15 * second,
      timeout: 12 * second,
      from: 'the platform',
      where: 'completion',
      read: async (ask, signal) => (await import('./choices.ts')).choicesOf(settings, ask, signal),
    },
    pager: {
      every: 30 * second,
      timeout: 12 * second,
      from: 'PagerDuty',
      where: new URL(settings.channels.pagerDuty.apiUrl).host,
      read: async (_ask, signal) => (await import('../data/pagerduty/read.ts')).readPager(settings, signal),
    },
    'evidence-study': {
      every: minute,
      timeout: minute,
      from: evidence,
      where: evidence,
      read: async ({ study }, signal) =>
        (await import('../data/aws/evidence.ts')).queryStudyEvidence(settings, study, signal),
    },
  };
}
