// The same studies, jobs and API keys in every form that the platform's tables have: the runbook's names or Prisma's,
// states as text or as an enum, in lower case or in capitals; and forms in between, one table of each.

type Row = { id: string; study: string; surface: string; status: string; error?: string };

const studies: readonly { id: string; status: string; done?: number }[] = [
  { id: 'st_runs', status: 'executing', done: 45 },
  { id: 'st_waits', status: 'queued' },
  { id: 'st_checks', status: 'validating_results' },
  { id: 'st_good', status: 'complete' },
  { id: 'st_good2', status: 'complete' },
  { id: 'st_mostly', status: 'complete' },
  { id: 'st_failed', status: 'failed' },
];

const many = (n: number, row: Omit<Row, 'id'>) => Array.from({ length: n }, () => row);

export const jobs: readonly Row[] = [
  ...many(3, { study: 'st_runs', surface: 'openai-api', status: 'failed', error: 'Rate limited' }),
  ...many(1, { study: 'st_runs', surface: 'openai-api', status: 'complete' }),
  ...many(3, { study: 'st_runs', surface: 'anthropic-api', status: 'complete' }),
  ...many(1, { study: 'st_runs', surface: 'anthropic-api', status: 'executing' }),
  ...many(4, { study: 'st_runs', surface: 'anthropic-api', status: 'pending' }),
  ...many(3, { study: 'st_waits', surface: 'openai-api', status: 'pending' }),
  ...many(1, { study: 'st_good', surface: 'anthropic-api', status: 'complete' }),
  ...many(2, { study: 'st_mostly', surface: 'openai-api', status: 'failed', error: 'Rate limited' }),
].map((row, at) => ({ ...row, id: `job-${at}` }));

/** No word for what is cancelled: Prisma's has none. The last one is in no mapping. */
const states = {
  study: ['queued', 'validating', 'executing', 'validating_results', 'paused', 'complete', 'failed', 'on_ice'],
  job: ['pending', 'executing', 'validating', 'complete', 'failed', 'on_ice'],
};

export type PlatformForm = {
  name: string;
  schema: string;
  /** Of jobs and keys. */
  prisma: boolean;
  prismaStudies: boolean;
  /** SQL that makes it. */
  create: string;
  /** SQL that gives two studies and their thirty jobs a state, in the case of the others. */
  odd(schema: string, state: string): string;
};

function form(
  prisma: boolean,
  type: 'text' | 'enum',
  upper: boolean,
  indexed: boolean,
  prismaStudies = prisma,
): PlatformForm {
  const between = prismaStudies === prisma ? '' : prismaStudies ? 'study_' : 'job_';
  const schema = `${prisma ? 'prisma' : 'runbook'}_${between}${type}_${upper ? 'upper' : 'lower'}`;
  const word = (state: string) => `'${upper ? state.toUpperCase() : state}'`;
  const typeOf = (of: 'study' | 'job') => (type === 'enum' ? `"${of}Status"` : 'text');
  const at = `(now() AT TIME ZONE 'UTC')`;
  const study = prismaStudies ? '"Study"' : 'studies';
  const job = prisma ? '"Job"' : 'jobs';
  const studyRow = (id: string, state: string, done = 0) =>
    prismaStudies
      ? `('${id}', 'tenant-a', ${state}, ${at}, 100, ${done}, CASE WHEN lower(${state}) IN ('complete', 'failed', 'on_ice') THEN ${at} END)`
      : `('${id}', 'tenant-a', ${state}, '{"completionPercentage": ${done}}', now(), now())`;
  const jobRow = ({ id, study: of, surface, status, error }: Row) =>
    prisma
      ? `('${id}', '${of}', '${surface}', ${status}, ${error ? `'{"error": {"message": "${error}"}}'` : 'NULL'}, ${at}, ${at})`
      : `('${id}', '${of}', '${surface}', ${status}, ${error ? `'${error}'` : 'NULL'}, now())`;
  const enums = (['study', 'job'] as const).map(
    (of) => `CREATE TYPE "${of}Status" AS ENUM (${states[of].map(word).join(', ')});`,
  );
  const studyTable = prismaStudies
    ? `CREATE TABLE "Study" (id text PRIMARY KEY, "tenantId" text NOT NULL, status ${typeOf('study')} NOT NULL, "createdAt" timestamp(3) NOT NULL,
         "startedAt" timestamp(3), "completedAt" timestamp(3), deadline timestamp(3), "totalCells" int NOT NULL, "completedCells" int NOT NULL,
         "failedCells" int NOT NULL DEFAULT 0);`
    : `CREATE TABLE studies (id text PRIMARY KEY, tenant_id text NOT NULL, status ${typeOf('study')} NOT NULL, progress jsonb, created_at timestamptz, updated_at timestamptz);`;
  const jobTables = prisma
    ? `CREATE TABLE "Job" (id text PRIMARY KEY, "studyId" text NOT NULL, "surfaceId" text NOT NULL, status ${typeOf('job')} NOT NULL,
         attempts int NOT NULL DEFAULT 3, result jsonb, "lastAttemptAt" timestamp(3), "createdAt" timestamp(3) NOT NULL, "updatedAt" timestamp(3) NOT NULL);
       CREATE TABLE "ApiKey" (id text PRIMARY KEY, "tenantId" text, name text, permissions text[], "lastUsedAt" timestamp(3), "createdAt" timestamp(3), active boolean, "expiresAt" timestamp(3));
       INSERT INTO "ApiKey" VALUES ('k1', 'tenant-a', 'in use', '{studies:read}', NULL, ${at}, true), ('k2', 'tenant-a', 'gone', '{}', NULL, ${at}, false);
       CREATE TABLE "Account" (id text PRIMARY KEY, "surfaceId" text NOT NULL, status text NOT NULL);
       CREATE TABLE "Session" (id text PRIMARY KEY, "surfaceId" text NOT NULL, status text NOT NULL, "proxyProvider" text);
       CREATE TABLE "CostRecord" (id text PRIMARY KEY, "tenantId" text NOT NULL, "studyId" text, total numeric(10, 4) NOT NULL);
       CREATE TABLE "Tenant" (id text PRIMARY KEY, name text NOT NULL, status text NOT NULL);`
    : `CREATE TABLE jobs (id text PRIMARY KEY, study_id text NOT NULL, surface_id text NOT NULL, status ${typeOf('job')} NOT NULL, error_message text,
         attempt_count int NOT NULL DEFAULT 3, created_at timestamptz);
       CREATE TABLE api_keys (id text PRIMARY KEY, tenant_id text, name text, permissions text[], rate_limit int, last_used_at timestamptz, created_at timestamptz,
         revoked boolean, revoked_at timestamptz);
       INSERT INTO api_keys VALUES ('k1', 'tenant-a', 'in use', '{studies:read}', 60, NULL, now(), false, NULL), ('k2', 'tenant-a', 'gone', '{}', 60, NULL, now(), true, now());`;
  const studyColumns = prismaStudies
    ? '(id, "tenantId", status, "createdAt", "totalCells", "completedCells", "completedAt")'
    : '(id, tenant_id, status, progress, created_at, updated_at)';
  const jobColumns = prisma
    ? '(id, "studyId", "surfaceId", status, result, "createdAt", "updatedAt")'
    : '(id, study_id, surface_id, status, error_message, created_at)';
  const insert = (theStudies: typeof studies, theJobs: readonly Row[], as = word) =>
    `INSERT INTO ${study} ${studyColumns} VALUES ${theStudies.map((one) => studyRow(one.id, as(one.status), one.done)).join(', ')};
     INSERT INTO ${job} ${jobColumns} VALUES ${theJobs.map((one) => jobRow({ ...one, status: as(one.status) })).join(', ')};`;
  return {
    name: `${prisma ? 'Prisma’s names' : 'the runbook’s names'}${between === '' ? '' : `, studies in ${prismaStudies ? 'Prisma’s' : 'the runbook’s'}`}, ${type} in ${upper ? 'capitals' : 'lower case'}${indexed ? '' : ', no index'}`,
    schema,
    prisma,
    prismaStudies,
    create: `CREATE SCHEMA "${schema}"; SET search_path = "${schema}"; ${type === 'enum' ? enums.join(' ') : ''} ${studyTable} ${jobTables}
      ${insert(studies, jobs)}
      ${indexed ? `CREATE INDEX ON ${job} (status); CREATE INDEX ON ${study} (status);` : ''}`,
    odd: (into, state) => {
      const odd = ['st_odd1', 'st_odd2'].map((id) => ({ id, status: state }));
      const theirs = many(30, { study: 'st_odd1', surface: 'anthropic-api', status: state });
      return `SET search_path = "${into}"; ${insert(
        odd,
        theirs.map((row, n) => ({ ...row, id: `odd-${n}` })),
        word,
      )}`;
    },
  };
}

export const forms: readonly PlatformForm[] = [
  form(false, 'text', false, true),
  form(false, 'text', true, false),
  form(false, 'enum', false, false),
  form(false, 'enum', true, true),
  form(true, 'text', false, true),
  form(true, 'text', true, false),
  form(true, 'enum', false, false),
  form(true, 'enum', true, true),
  form(false, 'enum', true, true, true),
  form(false, 'text', true, false, true),
  form(true, 'enum', false, true, false),
  form(true, 'text', true, true, false),
];
