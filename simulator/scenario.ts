// The scenarios: what is wrong in the embedded Bentham. The servers read the conditions at every turn; actions change
// them.
import type { Ms } from './time.ts';

export const deploymentNames = ['api-gateway', 'orchestrator', 'executor'] as const;
export type DeploymentName = (typeof deploymentNames)[number];

export const surfaceIds = ['openai-api', 'anthropic-api', 'chatgpt-web', 'google-search', 'perplexity-web'] as const;
export type SurfaceId = (typeof surfaceIds)[number];

/** The state of one deployment. */
export type DeploymentConditions = {
  replicas: number;
  /** How many of its pods fail; the reasons are used in turn. */
  failing: number;
  reasons: readonly ('CrashLoopBackOff' | 'OOMKilled' | 'ImagePullBackOff' | 'NotReady')[];
  /** Its newest revision does not become available (ProgressDeadlineExceeded). */
  stuck: boolean;
  /** What fixes it: new pods of the same template, or of the previous revision. */
  heals: 'restart' | 'rollback';
};

export type SurfaceConditions = {
  /** 0–1, of its jobs. */
  failureShare: number;
  /** The message of most of its failures. */
  error: string;
  disabled: boolean;
};

export type Conditions = {
  gateway: {
    /** Median response time of the API. */
    latency: Ms;
    /** 0–1, answers with 5xx. */
    errorShare: number;
    /** As in /health: healthy or not, by service. */
    services: { database: boolean; redis: boolean; orchestrator: boolean };
  };
  deployments: Record<DeploymentName, DeploymentConditions>;
  surfaces: Record<SurfaceId, SurfaceConditions>;
  /** False: the primary is stopped and refuses connections. */
  primaryUp: boolean;
  /** Studies that are created each minute. */
  studiesPerMinute: number;
  /** 0–1, of Redis’ maxmemory. */
  redisFill: number;
  /** Pending jobs at the start. */
  queue: number;
  /** Idle sessions of a report on the primary, one of them with row locks; ended ones do not come back. */
  forgottenSessions: number;
  /** The gateway's statement needs an index that is missing: the API is slow until it exists. */
  slowStatement?: boolean;
  /** Other workloads of the namespace are broken: a stateful set, a deployment, a job, a volume claim. */
  brokenNeighbours?: boolean;
  /** The id of a leaked API key, until it is revoked. */
  misusedKey?: string;
};

/** `page`: the title of the incident that PagerDuty has opened for it; absent: nobody was paged. */
export type Scenario = { id: string; says: string; conditions: Conditions; page?: string };

const deployment = (replicas: number, more: Partial<DeploymentConditions> = {}): DeploymentConditions => ({
  replicas,
  failing: 0,
  reasons: [],
  stuck: false,
  heals: 'restart',
  ...more,
});

const surface = (failureShare: number, error: string): SurfaceConditions => ({ failureShare, error, disabled: false });

/** The conditions when everything works. */
export const healthy: Conditions = {
  gateway: { latency: 120, errorShare: 0.001, services: { database: true, redis: true, orchestrator: true } },
  deployments: { 'api-gateway': deployment(3), orchestrator: deployment(2), executor: deployment(6) },
  surfaces: {
    'openai-api': surface(0.004, 'Rate limited: too many requests'),
    'anthropic-api': surface(0.003, 'Connection timeout after 30000 ms'),
    'chatgpt-web': surface(0.012, 'Invalid session: login required'),
    'google-search': surface(0.008, 'Captcha detected on page 1'),
    'perplexity-web': surface(0.006, 'Invalid session: token expired'),
  },
  primaryUp: true,
  studiesPerMinute: 3,
  redisFill: 0.61,
  queue: 140,
  forgottenSessions: 0,
};

export const scenarios: readonly Scenario[] = [
  { id: 'calm', says: 'everything works', conditions: healthy },
  {
    id: 'api-outage',
    says: 'SEV1: the new api-gateway crashes, the API answers 5xx, no new studies',
    page: 'API: 96 % of requests fail',
    conditions: {
      ...healthy,
      gateway: { latency: 4200, errorShare: 0.96, services: { database: true, redis: true, orchestrator: false } },
      deployments: {
        ...healthy.deployments,
        'api-gateway': deployment(3, { failing: 2, reasons: ['CrashLoopBackOff', 'OOMKilled'], stuck: true }),
      },
      studiesPerMinute: 0,
      queue: 1320,
    },
  },
  {
    id: 'database-down',
    says: 'SEV1: the primary database refuses connections, the replica works',
    page: 'PostgreSQL primary refuses connections',
    conditions: {
      ...healthy,
      gateway: { latency: 2400, errorShare: 0.98, services: { database: false, redis: true, orchestrator: true } },
      primaryUp: false,
      studiesPerMinute: 0,
    },
  },
  {
    id: 'study-failures',
    says: 'SEV2: most studies fail, on several surfaces',
    page: 'Study failure rate above 50 %',
    conditions: {
      ...healthy,
      surfaces: {
        ...healthy.surfaces,
        'chatgpt-web': surface(0.92, 'Invalid session: login required'),
        'google-search': surface(0.88, 'Captcha detected on page 1'),
        'perplexity-web': surface(0.9, 'Invalid session: token expired'),
        'openai-api': surface(0.55, 'Connection timeout after 30000 ms'),
      },
      queue: 2400,
    },
  },
  {
    id: 'surface-down',
    says: 'SEV3: one surface fails, the others work',
    page: 'Surface openai-api fails',
    conditions: {
      ...healthy,
      surfaces: { ...healthy.surfaces, 'openai-api': surface(0.71, 'Rate limited: too many requests') },
    },
  },
  {
    id: 'slow-api',
    says: 'SEV4: the API is slow, everything else works',
    conditions: { ...healthy, gateway: { ...healthy.gateway, latency: 780 } },
  },
  {
    id: 'slow-statement',
    says: 'SEV4: the API is slow, as one SQL statement needs an index that is missing',
    conditions: { ...healthy, gateway: { ...healthy.gateway, latency: 820 }, slowStatement: true },
  },
  {
    id: 'queue-full',
    says: 'studies arrive faster than the executors finish them',
    conditions: { ...healthy, queue: 5600, studiesPerMinute: 6 },
  },
  {
    id: 'redis-full',
    says: 'Redis is nearly full of keys that were not used for a long time',
    conditions: { ...healthy, redisFill: 0.965 },
  },
  {
    id: 'sessions-pile-up',
    says: 'idle sessions hold nearly every database connection, and one of them holds a lock',
    page: 'PostgreSQL: connections above 90 %',
    conditions: { ...healthy, forgottenSessions: 68 },
  },
  {
    id: 'broken-neighbours',
    says: 'Bentham works, other workloads in its namespace do not',
    conditions: { ...healthy, brokenNeighbours: true },
  },
  {
    id: 'security',
    says: 'an API key of tenant-lyra with every permission has leaked',
    conditions: { ...healthy, misusedKey: 'key-lyr001' },
  },
];

/** A scenario by its name. */
export function scenarioNamed(id: string): Scenario | undefined {
  return scenarios.find((scenario) => scenario.id === id);
}
