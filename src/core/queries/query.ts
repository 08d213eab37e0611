// Queries: what a screen subscribes to while it is open (a study, a pod, sessions, keys, evidence …). A new kind is one
// entry here, one resolver in the engine's table (src/engine/resolvers.ts) and one screen.
import type { ActionId, Choice } from '../actions/action.ts';
import { pending, type Reading } from '../world/reading.ts';
import type { ApiKeyList } from './api-key.ts';
import type { DatabaseDetail } from './database.ts';
import type { DeploymentDetail } from './deployment-detail.ts';
import type { EvidenceList, EvidenceStudy } from './evidence.ts';
import type { NodeDetail } from './node-detail.ts';
import type { ObjectKindName, ObjectText } from './object.ts';
import type { Pager } from './pager.ts';
import type { PodDetail } from './pod-detail.ts';
import type { StatementPlan } from './statement-plan.ts';
import type { StatementList } from './statements.ts';
import type { JobList, StudyDetail, StudyList, SurfaceDetail } from './study.ts';
import type { TableUseList } from './table-use.ts';
import type { WaitSamples } from './waits.ts';

/** Which of the two servers. */
export type DatabaseRole = 'primary' | 'replica';

/** Each kind of query: its parameters and its answer. */
export type Queries = {
  /** Studies, newest first, whose id, tenant or status have all words of `search`: so many rows. */
  studies: { ask: { search: string; rows: number }; answer: StudyList };
  /** One study, by the database and by the API. */
  study: { ask: { study: string }; answer: StudyDetail };
  /** A study's jobs, newest first; of one status, or of all where it is empty; that have all words of `search`. */
  jobs: { ask: { study: string; status: string; search: string; rows: number }; answer: JobList };
  /** Why a surface fails: its failures of the last hour. */
  surface: { ask: { surface: string }; answer: SurfaceDetail };
  'api-keys': { ask: Record<never, never>; answer: ApiKeyList };
  /** A PostgreSQL server: sessions, tables, replication. */
  database: { ask: { server: DatabaseRole }; answer: DatabaseDetail };
  /** Statements by what they cost; another `moment` begins to count anew. */
  statements: { ask: { server: DatabaseRole; moment: string }; answer: StatementList };
  /** What sessions wait for, in so many samples, one a second; another `moment` samples anew. */
  waits: { ask: { server: DatabaseRole; moment: string; samples: number }; answer: WaitSamples };
  /** How tables and indexes are used; another `moment` begins to count anew. */
  'table-use': { ask: { server: DatabaseRole; moment: string }; answer: TableUseList };
  /** The plan of the statement that a session runs. */
  'statement-plan': { ask: { server: DatabaseRole; pid: number }; answer: StatementPlan };
  /** The evidence bucket, by study. */
  evidence: { ask: Record<never, never>; answer: EvidenceList };
  /** One pod by its name: containers, node, events. */
  pod: { ask: { pod: string }; answer: PodDetail };
  /** One node by its name: conditions, room, taints, events. */
  node: { ask: { node: string }; answer: NodeDetail };
  /** Any object by its kind and name, as text. */
  object: { ask: { of: ObjectKindName; name: string }; answer: ObjectText };
  /** One deployment by its name: revisions, conditions, events. */
  deployment: { ask: { deployment: string }; answer: DeploymentDetail };
  /** The choices for a field of an action; `target`: the fields before it, as JSON. */
  choices: { ask: { action: ActionId; field: string; target: string }; answer: readonly Choice[] };
  /** PagerDuty: who is on call, now and next, and the open pages of the service. */
  pager: { ask: Record<never, never>; answer: Pager };
  /** Versions, delete markers and locks of one study's evidence. */
  'evidence-study': { ask: { study: string }; answer: EvidenceStudy };
};

export type QueryKind = keyof Queries;

/** A query, as data. */
export type Query<K extends QueryKind = QueryKind> = { [Kind in K]: { kind: Kind } & Queries[Kind]['ask'] }[K];

export type QueryReading<K extends QueryKind> = Reading<Queries[K]['answer']>;

/** The newest readings of all subscribed queries, by `queryKey`. */
export type QueryReadings = { readonly [key: string]: Reading<unknown> };

/** The same query has the same key, whatever the order of its properties. */
export function queryKey(ask: Readonly<{ kind: QueryKind }>): string {
  return JSON.stringify(Object.entries(ask).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The current reading of a query. */
export function queryReading<K extends QueryKind>(looks: QueryReadings, ask: Query<K>): QueryReading<K> {
  // The key holds the kind, and the engine answers a kind with its own type only.
  return (looks[queryKey(ask)] as QueryReading<K> | undefined) ?? pending;
}
