// The platform's data by meaning: which tables, columns and states stand for what. Platforms write them in two forms,
// the runbook's and Prisma's, and in forms between; everything that asks for data, changes it or prints a statement to
// type by hand goes through this file.

/** The meanings of states. */
export const allMeanings = ['waiting', 'running', 'checking', 'held', 'done', 'failed', 'cancelled'] as const;
export type Meaning = (typeof allMeanings)[number];

export type TableId = 'study' | 'job' | 'apiKey' | 'result' | 'tenant' | 'account' | 'session' | 'cost';

type TableNames = {
  /** The runbook's name first: it wins where a schema has both. */
  names: readonly [string, ...string[]];
  /** Names of each column, the runbook's first. */
  columns: Readonly<Record<string, readonly [string, ...string[]]>>;
};

export const tableNames = {
  study: {
    names: ['studies', 'Study'],
    columns: {
      id: ['id'],
      tenant: ['tenant_id', 'tenantId'],
      status: ['status'],
      created: ['created_at', 'createdAt'],
      started: ['started_at', 'startedAt'],
      updated: ['updated_at', 'updatedAt'],
      completed: ['completed_at', 'completedAt'],
      deadline: ['deadline'],
      progress: ['progress'],
      manifest: ['manifest'],
      totalCells: ['total_cells', 'totalCells'],
      completedCells: ['completed_cells', 'completedCells'],
      failedCells: ['failed_cells', 'failedCells'],
    },
  },
  job: {
    names: ['jobs', 'Job'],
    columns: {
      id: ['id'],
      study: ['study_id', 'studyId'],
      surface: ['surface_id', 'surfaceId'],
      status: ['status'],
      created: ['created_at', 'createdAt'],
      updated: ['updated_at', 'updatedAt'],
      completed: ['completed_at', 'completedAt'],
      attempts: ['attempt_count', 'attempts'],
      attempted: ['last_attempt_at', 'lastAttemptAt'],
      error: ['error_message', 'errorMessage'],
      result: ['result'],
    },
  },
  apiKey: {
    names: ['api_keys', 'ApiKey'],
    columns: {
      id: ['id'],
      tenant: ['tenant_id', 'tenantId'],
      name: ['name'],
      permissions: ['permissions'],
      rateLimit: ['rate_limit', 'rateLimit'],
      lastUsed: ['last_used_at', 'lastUsedAt'],
      created: ['created_at', 'createdAt'],
      revoked: ['revoked'],
      revokedAt: ['revoked_at', 'revokedAt'],
      active: ['active'],
      expires: ['expires_at', 'expiresAt'],
    },
  },
  result: { names: ['results'], columns: {} },
  tenant: { names: ['tenants', 'Tenant'], columns: { id: ['id'], name: ['name'], status: ['status'] } },
  account: {
    names: ['accounts', 'Account'],
    columns: { id: ['id'], surface: ['surface_id', 'surfaceId', 'surface'], status: ['status'] },
  },
  session: {
    names: ['sessions', 'Session'],
    columns: {
      id: ['id'],
      surface: ['surface_id', 'surfaceId', 'surface'],
      status: ['status'],
      proxy: ['proxy_provider', 'proxyProvider'],
      created: ['created_at', 'createdAt'],
      refreshed: ['refreshed_at', 'refreshedAt'],
      used: ['last_used_at', 'lastUsedAt'],
      updated: ['updated_at', 'updatedAt'],
    },
  },
  cost: {
    names: ['cost_records', 'CostRecord'],
    columns: { id: ['id'], study: ['study_id', 'studyId'], total: ['total'] },
  },
} as const satisfies Record<TableId, TableNames>;

export type ColumnId<T extends TableId> = keyof (typeof tableNames)[T]['columns'] & string;

/** States in lower case; those of one meaning in the order in which they are preferred for writing. */
const words = {
  study: {
    queued: 'waiting',
    pending: 'waiting',
    validating: 'waiting',
    executing: 'running',
    running: 'running',
    validating_results: 'checking',
    paused: 'held',
    completed: 'done',
    complete: 'done',
    failed: 'failed',
    cancelled: 'cancelled',
    canceled: 'cancelled',
  },
  job: {
    pending: 'waiting',
    queued: 'waiting',
    executing: 'running',
    running: 'running',
    validating: 'running',
    completed: 'done',
    complete: 'done',
    failed: 'failed',
    cancelled: 'cancelled',
    canceled: 'cancelled',
  },
} as const satisfies Record<StateOwner, Readonly<Record<string, Meaning>>>;

/** What has states. */
export type StateOwner = 'study' | 'job';

const meanings: Record<StateOwner, ReadonlyMap<string, Meaning>> = {
  study: new Map(Object.entries(words.study)),
  job: new Map(Object.entries(words.job)),
};

/** The meaning of a state, whatever its case; undefined if unknown. */
export function meaningOf(owner: StateOwner, state: string): Meaning | undefined {
  return meanings[owner].get(state.toLowerCase());
}

/** The words for a meaning, in lower case, the runbook's first. */
export function wordsFor(owner: StateOwner, meaning: Meaning): readonly string[] {
  return [...meanings[owner]].flatMap(([word, means]) => (means === meaning ? [word] : []));
}

/** An unfinished study. */
export const openStudy: readonly Meaning[] = ['waiting', 'running', 'checking', 'held'];
/** An unfinished job. */
export const openJob: readonly Meaning[] = ['waiting', 'running'];
/** Finished with a result: a cancelled job is no failure. */
export const finished: readonly Meaning[] = ['done', 'failed'];
