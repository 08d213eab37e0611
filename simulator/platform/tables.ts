// The platform's tables as Prisma makes them: its names, native enums, times without zone in UTC. Keys come after the
// rows: a million rows go in quicker.

const enums: Readonly<Record<string, readonly string[]>> = {
  TenantStatus: ['ACTIVE', 'SUSPENDED', 'PENDING'],
  StudyStatus: ['VALIDATING', 'QUEUED', 'EXECUTING', 'VALIDATING_RESULTS', 'PAUSED', 'COMPLETE', 'FAILED'],
  JobStatus: ['PENDING', 'EXECUTING', 'VALIDATING', 'COMPLETE', 'FAILED'],
  EvidenceType: ['SCREENSHOT', 'HTML_ARCHIVE', 'HAR_FILE', 'VIDEO', 'METADATA'],
  AccountStatus: ['AVAILABLE', 'IN_USE', 'COOLING_DOWN', 'FLAGGED', 'BLOCKED', 'RETIRED'],
  SessionStatus: ['WARMING', 'IDLE', 'ACTIVE', 'COOLING', 'EXPIRED', 'INVALID'],
};

const types = Object.entries(enums)
  .map(([name, labels]) => `CREATE TYPE "${name}" AS ENUM (${labels.map((label) => `'${label}'`).join(', ')});`)
  .join('\n');

const at = 'timestamp(3)';
const made = `${at} NOT NULL DEFAULT CURRENT_TIMESTAMP`;

export const prismaTables = `
${types}
CREATE TABLE "Tenant" (
  id text NOT NULL, name text NOT NULL, slug text NOT NULL, status "TenantStatus" NOT NULL DEFAULT 'ACTIVE',
  quota jsonb NOT NULL DEFAULT '{}', notifications jsonb NOT NULL DEFAULT '{}',
  "createdAt" ${made}, "updatedAt" ${at} NOT NULL
);
CREATE TABLE "ApiKey" (
  id text NOT NULL, "tenantId" text NOT NULL, name text NOT NULL, "keyHash" text NOT NULL, "keyPrefix" text NOT NULL,
  permissions text[] DEFAULT '{}', active boolean NOT NULL DEFAULT true,
  "createdAt" ${made}, "expiresAt" ${at}, "lastUsedAt" ${at}
);
CREATE TABLE "Study" (
  id text NOT NULL, "tenantId" text NOT NULL, manifest jsonb NOT NULL,
  status "StudyStatus" NOT NULL DEFAULT 'VALIDATING',
  "totalCells" integer NOT NULL DEFAULT 0, "completedCells" integer NOT NULL DEFAULT 0,
  "failedCells" integer NOT NULL DEFAULT 0,
  "createdAt" ${made}, "startedAt" ${at}, "completedAt" ${at}, deadline ${at} NOT NULL,
  "lastCheckpoint" jsonb, "resultSummary" jsonb,
  "estimatedCost" jsonb NOT NULL DEFAULT '{}', "actualCost" jsonb NOT NULL DEFAULT '{}'
);
CREATE TABLE "Job" (
  id text NOT NULL, "studyId" text NOT NULL, "queryIndex" integer NOT NULL, "surfaceId" text NOT NULL,
  "locationId" text NOT NULL, status "JobStatus" NOT NULL DEFAULT 'PENDING', attempts integer NOT NULL DEFAULT 0,
  "lastAttemptAt" ${at}, result jsonb, "dependsOn" text[] DEFAULT '{}',
  "createdAt" ${made}, "updatedAt" ${at} NOT NULL
);
CREATE TABLE "Evidence" (
  id text NOT NULL, "jobId" text NOT NULL, "studyId" text NOT NULL, "tenantId" text NOT NULL,
  type "EvidenceType" NOT NULL, url text NOT NULL, size integer NOT NULL, "sha256Hash" text NOT NULL,
  "timestampToken" text, "capturedAt" ${at} NOT NULL, metadata jsonb, "createdAt" ${made}
);
CREATE TABLE "Account" (
  id text NOT NULL, "surfaceId" text NOT NULL, email text, username text,
  status "AccountStatus" NOT NULL DEFAULT 'AVAILABLE', health integer NOT NULL DEFAULT 100,
  "totalQueries" integer NOT NULL DEFAULT 0, "lastUsedAt" ${at}, "lastSuccessAt" ${at},
  "monthlyCost" numeric(10, 2) NOT NULL DEFAULT 0, "totalCost" numeric(10, 2) NOT NULL DEFAULT 0, metadata jsonb,
  "createdAt" ${made}, "updatedAt" ${at} NOT NULL, "retiredAt" ${at}
);
CREATE TABLE "Session" (
  id text NOT NULL, "surfaceId" text NOT NULL, "accountId" text, "browserEngine" text NOT NULL, "userAgent" text,
  "proxyProvider" text, "proxyIp" text, "locationId" text,
  status "SessionStatus" NOT NULL DEFAULT 'WARMING', health integer NOT NULL DEFAULT 100,
  "queryCount" integer NOT NULL DEFAULT 0, "lastUsedAt" ${at}, "lastSuccessAt" ${at}, "stateData" jsonb,
  "createdAt" ${made}, "expiresAt" ${at}
);
CREATE TABLE "CostRecord" (
  id text NOT NULL, "tenantId" text NOT NULL, "studyId" text, breakdown jsonb NOT NULL,
  "lineItems" jsonb NOT NULL DEFAULT '[]', total numeric(10, 4) NOT NULL, "periodStart" ${at} NOT NULL,
  "periodEnd" ${at} NOT NULL, "createdAt" ${made}, "updatedAt" ${at} NOT NULL
);
CREATE TABLE "Schedule" (
  id text NOT NULL, "tenantId" text NOT NULL, name text NOT NULL, "cronExpression" text NOT NULL,
  timezone text NOT NULL DEFAULT 'UTC', "manifestTemplate" jsonb NOT NULL, active boolean NOT NULL DEFAULT true,
  "lastRunAt" ${at}, "nextRunAt" ${at}, "createdAt" ${made}, "updatedAt" ${at} NOT NULL
);
CREATE TABLE "Checkpoint" (
  id text NOT NULL, "studyId" text NOT NULL, "completedJobs" text[] DEFAULT '{}', "failedJobs" text[] DEFAULT '{}',
  "inProgressJobs" text[] DEFAULT '{}', "stateData" jsonb, "createdAt" ${made}
);
CREATE TABLE "AuditLog" (
  id text NOT NULL, "tenantId" text NOT NULL, "userId" text, action text NOT NULL, resource text NOT NULL,
  "resourceId" text, "ipAddress" text, "userAgent" text, before jsonb, after jsonb, metadata jsonb, "createdAt" ${made}
);
CREATE TABLE _prisma_migrations (
  id varchar(36) NOT NULL, checksum varchar(64) NOT NULL, finished_at timestamptz, migration_name varchar(255) NOT NULL,
  logs text, rolled_back_at timestamptz, started_at timestamptz NOT NULL DEFAULT now(),
  applied_steps_count integer NOT NULL DEFAULT 0
);
`;

const primary = [
  ...['Tenant', 'ApiKey', 'Study', 'Job', 'Evidence', 'Account', 'Session'],
  ...['CostRecord', 'Schedule', 'Checkpoint', 'AuditLog', '_prisma_migrations'],
];

const indexes: readonly (readonly [table: string, ...columns: string[]])[] = [
  ['Study', 'tenantId'],
  ['Study', 'status'],
  ['Study', 'deadline'],
  ['Study', 'createdAt'],
  ['Job', 'studyId'],
  ['Job', 'studyId', 'status'],
  ['Job', 'status'],
  ['ApiKey', 'tenantId'],
  ['ApiKey', 'keyHash'],
  ['Account', 'surfaceId', 'status'],
  ['Session', 'surfaceId', 'status'],
  ['Evidence', 'jobId'],
  ['Evidence', 'studyId'],
  ['CostRecord', 'tenantId', 'studyId'],
];

export const prismaKeys = [
  ...primary.map((table) => `ALTER TABLE "${table}" ADD PRIMARY KEY (id);`),
  ...['ApiKey', 'Study', 'CostRecord'].map(
    (table) => `ALTER TABLE "${table}" ADD FOREIGN KEY ("tenantId") REFERENCES "Tenant" ON DELETE CASCADE;`,
  ),
  'ALTER TABLE "Job" ADD FOREIGN KEY ("studyId") REFERENCES "Study" ON DELETE CASCADE;',
  ...indexes.map(
    ([table, ...columns]) => `CREATE INDEX ON "${table}" (${columns.map((one) => `"${one}"`).join(', ')});`,
  ),
].join('\n');
