// Preflight and verification on the real platform. Every query is added to the command log with its duration.

import type { Settings } from '../config/settings.ts';
import type { ActionContext, Answer, Need, OpenIncident, Preflight } from '../core/actions/preflight.ts';
import type { Progress } from '../core/actions/progress.ts';
import { toShellCommand } from '../core/actions/shell-command.ts';
import { quote } from '../core/text/shell.ts';
import { type Ms, second } from '../core/time.ts';
import type { Gateway } from '../core/world/facts.ts';
import { studyUrl } from '../core/world/targets.ts';
import type { World } from '../core/world/world.ts';
import { healthBudget } from './gateway/budget.ts';
import { askHealthInTurn } from './gateway/health-request.ts';
import { healthUrls, readGateway } from './gateway/source.ts';
import { readApiStudy } from './gateway/study-api.ts';
import type { KeptFiles } from './journal/kept-rows.ts';
import { askedOfKubectl, describeRight } from './kubernetes/access.ts';
import { KubernetesPreflight } from './kubernetes/preflight.ts';
import { localNeed } from './local-needs.ts';
import { paced } from './looked-through.ts';
import { pagerPreflight } from './pagerduty/preflight.ts';
import { PostgresPreflight } from './postgres/preflight.ts';
import { dispatcherFor } from './proxy.ts';
import { redisIdle, redisKeys, redisMemory, redisPermission } from './redis/preflight.ts';
import type { Result } from './source.ts';

/** One query, for the command log. */
export type Looked = { says: string; took: Ms; ok: boolean; what?: string };

export type PreflightOptions = {
  settings: Settings;
  context: ActionContext;
  signal: AbortSignal;
  kept: KeptFiles;
  incident(): OpenIncident | undefined;
  world(): Promise<World>;
  looked(look: Looked): void;
  /** How far a long look came. */
  progress?(progress: Progress): void;
};

const healthWithin: Ms = 5 * second;

/** Close it when the run is over. */
export function createPreflight({
  settings,
  context,
  signal,
  kept,
  incident,
  world,
  looked,
  progress,
}: PreflightOptions): Preflight & { close(): Promise<void> } {
  const kubernetes = new KubernetesPreflight(settings.kubernetes, signal);
  const sql = new PostgresPreflight(settings.database, signal);
  const { namespace } = settings.kubernetes;
  const timed = async <T>(says: string, look: () => Promise<Result<T>>): Promise<Result<T>> => {
    const begun = performance.now();
    const answer = await look();
    const took = Math.round(performance.now() - begun);
    looked({ says, took, ok: answer.ok, what: answer.ok ? undefined : answer.fault.what });
    return answer;
  };
  const aws = () => import('./aws/preflight.ts');
  /** Each look tells its first count at once. */
  const look = () => ({ signal, told: progress && paced(progress) });
  return {
    context: context,
    now: () => Date.now(),
    incident,
    world,
    allows: (need) => allows(need, { kubernetes, sql, settings, timed }),
    cluster: () => timed('kubectl auth whoami', () => kubernetes.who()),
    deployments: () => timed(`kubectl get deployments -n ${namespace}`, () => kubernetes.deployments()),
    deployment: (name) =>
      timed(`kubectl get ${quote(`deployment/${name}`)} -n ${namespace}`, () => kubernetes.deployment(name)),
    revisions: (name) =>
      timed(`kubectl rollout history ${quote(`deployment/${name}`)} -n ${namespace}`, () => kubernetes.revisions(name)),
    autoscaler: (name) => timed(`kubectl get hpa -n ${namespace}`, () => kubernetes.autoscaler(name)),
    room: (name, revision) =>
      timed(`kubectl get resourcequotas,limitranges,pdb,pods -n ${namespace}; kubectl describe nodes`, () =>
        kubernetes.room(name, revision),
      ),
    trialPod: (name, revision) =>
      timed(`dry run: kubectl create a pod of ${quote(name)} -n ${namespace}`, () =>
        kubernetes.trialPod(name, revision),
      ),
    resource: (kind) => timed(`kubectl explain ${quote(kind)}`, () => kubernetes.resource(kind)),
    dryRun: (call) => timed(`dry run: ${toShellCommand(call, context.targets)}`, () => kubernetes.dryRun(call)),
    mentioning: (text) => timed(`kubectl get deployments -n ${namespace} -o json`, () => kubernetes.mentioning(text)),
    database: (server) => timed(`${server}: server identity`, () => sql.who(server)),
    server: (server) => timed(`${server}: the query of the cockpit screen`, () => sql.look(server)),
    gateway: () => timed(`curl both health paths of ${settings.gateway.url}`, () => gatewayHealth(settings, signal)),
    apiStudy: (study) =>
      timed(`curl -H 'Authorization: Bearer …' ${quote(studyUrl(context.targets, study))}`, async () => ({
        ok: true,
        value: await readApiStudy(settings, study, signal),
      })),
    tables: () => timed('primary: tables and states of studies and jobs', () => sql.tables()),
    rows: (server, text, parameters) =>
      timed(`${server}: ${text.replace(/\s+/g, ' ').trim()}`, () => sql.rows(server, text, parameters)),
    health: (url, fresh = false) => timed(`curl ${quote(url)}`, () => health(settings, url, signal, fresh)),
    output: (argv, where) =>
      timed(argv.map(quote).join(' '), async () =>
        (await import('./tools/preflight.ts')).outputOf(argv, where, signal),
      ),
    redis: () => timed('redis-cli INFO', () => redisMemory(settings.redis, signal)),
    redisKeys: (wanted) =>
      timed(`redis-cli SCAN ${wanted.cursor} MATCH ${quote(`${wanted.prefix}*`)} COUNT 1000 …`, () =>
        redisKeys(settings.redis, wanted, look()),
      ),
    redisIdle: (keys) =>
      timed(`redis-cli OBJECT IDLETIME … of ${keys.length}`, () => redisIdle(settings.redis, keys, signal)),
    redisMay: (...command) =>
      timed(`redis-cli ACL DRYRUN $USER ${quote(command[0])} …`, () =>
        redisPermission(settings.redis, command, signal),
      ),
    evidence: (wanted) =>
      timed(`aws s3 ls ${quote(`s3://${settings.evidence.bucket}/${wanted.prefix}`)} --recursive`, async () =>
        (await aws()).evidenceObjects(settings, wanted, look()),
      ),
    versions: (key) =>
      timed(`aws s3api list-object-versions --prefix ${quote(key)}`, async () =>
        (await aws()).evidenceVersions(settings, key, look()),
      ),
    deletedEvidence: (wanted) =>
      timed(`aws s3api list-object-versions --prefix ${quote(wanted.prefix)}`, async () =>
        (await import('./aws/deleted-evidence.ts')).deletedEvidence(settings, wanted, look()),
      ),
    archivePlace: (directory, of) =>
      timed('look for archives that were begun', async () =>
        (await import('./preserve/place.ts')).archivePlace(settings, directory, of),
      ),
    preservable: (since) =>
      timed(`kubectl get pods -n ${namespace}; kubectl logs --limit-bytes of some`, async () =>
        (await import('./preserve/estimate.ts')).preservable(settings, since, signal),
      ),
    archive: (file) =>
      timed(`sha256sum ${quote(file)}; tar -tzf ${quote(file)}`, async () =>
        (await import('./preserve/verify-file.ts')).checkedArchive(file, look()),
      ),
    objectLock: (bucket) =>
      timed(`aws s3api get-object-lock-configuration --bucket ${quote(bucket)}`, async () =>
        (await import('./aws/upload.ts')).objectLockOf(settings, bucket, signal),
      ),
    uploaded: (file, bucket, key) =>
      timed(`aws s3api head-object --checksum-mode ENABLED ${quote(`s3://${bucket}/${key}`)}`, async () =>
        (await import('./aws/upload.ts')).uploadedAs(settings, { file, bucket, key }, look()),
      ),
    evidenceNames: (below) =>
      timed(`aws s3api list-object-versions --delimiter / --prefix ${quote(below)}`, async () =>
        (await import('./aws/deleted-evidence.ts')).evidenceNames(settings, below, signal),
      ),
    snapshots: () =>
      timed('aws rds describe-db-cluster-snapshots', async () => (await aws()).clusterSnapshots(settings, signal)),
    rdsCluster: (id) =>
      timed(`aws rds describe-db-clusters ${quote(id)}`, async () => (await aws()).clusterState(settings, id, signal)),
    secret: (id) =>
      timed(`aws secretsmanager describe-secret --secret-id ${quote(id)}`, async () =>
        (await aws()).secretState(settings, id, signal),
      ),
    secretOpens: (id, role) =>
      timed(`log in as ${role} with the password of ${id}`, async () =>
        (await import('./aws/secret-login.ts')).secretOpens(settings, id, role, signal),
      ),
    ...pagerPreflight(settings, signal, timed),
    kept: (run) => kept.read(run),
    async close() {
      await Promise.all([kubernetes.close(), sql.close()]);
    },
  };
}

type Askable = {
  kubernetes: KubernetesPreflight;
  sql: PostgresPreflight;
  settings: Settings;
  timed<T>(says: string, look: () => Promise<Result<T>>): Promise<Result<T>>;
};

/** Whether it is allowed, or there. */
async function allows(need: Need, { kubernetes, sql, settings, timed }: Askable): Promise<Answer<true>> {
  const no = (where: string, what: string, hint: string): Answer<true> => ({
    ok: false,
    fault: { kind: 'forbidden', where, what, hint },
  });
  switch (need.kind) {
    case 'kubernetes': {
      const right = describeRight(need);
      const answer = await timed(askedOfKubectl(need), () => kubernetes.allowed(need));
      if (!answer.ok) return answer;
      const { allowed, why } = answer.value;
      const within = need.namespace ? ` in ${need.namespace}` : '';
      const what = `not allowed to ${right}${within}${why ? `: ${why}` : ''}`;
      return allowed ? { ok: true, value: true } : no('kubernetes', what, `request permission to ${right}`);
    }
    case 'table': {
      const answer = await timed(`privileges on ${need.schema}.${need.table}`, () => sql.allowed(need));
      if (!answer.ok) return answer;
      const access = answer.value;
      return access.allowed ? { ok: true, value: true } : no('postgres primary', access.what, access.hint);
    }
    case 'signal':
      // The server refuses per session; the plan checks the session's role.
      return { ok: true, value: true };
    case 'tool':
    case 'script':
    case 'pager':
      return localNeed(need, settings);
    case 'channel': {
      const { pagerDuty, slackAlerts, slackOps } = settings.channels;
      const set = {
        pagerduty: pagerDuty.routingKey,
        'slack-alerts': slackAlerts.webhook,
        'slack-ops': slackOps.webhook,
      };
      return set[need.channel]
        ? { ok: true, value: true }
        : no(
            need.channel,
            `${need.channel} is not configured`,
            'set channels in the configuration, or send it by hand',
          );
    }
  }
}

/** Both paths, whatever one of them says: a contradiction has to be seen. */
async function gatewayHealth(settings: Settings, signal: AbortSignal): Promise<Result<Gateway>> {
  const { health: plain, detailed } = healthUrls(settings.gateway);
  healthBudget(plain, settings);
  const dispatcher = dispatcherFor(plain);
  try {
    return await readGateway(plain, detailed, healthWithin, dispatcher, signal);
  } finally {
    await dispatcher.destroy();
  }
}

async function health(
  settings: Settings,
  url: string,
  signal: AbortSignal,
  fresh: boolean,
): Promise<Result<{ statusCode: number; healthy: boolean; services: Readonly<Record<string, boolean>> }>> {
  healthBudget(new URL(url), settings);
  const dispatcher = dispatcherFor(new URL(url));
  try {
    const answer = await askHealthInTurn(new URL(url), { timeout: healthWithin, dispatcher, signal, fresh });
    if ('fault' in answer) return { ok: false, fault: answer.fault };
    const { statusCode, services, problem = 'no answer', healthy } = answer.endpoint;
    if (statusCode === undefined)
      return { ok: false, fault: { kind: 'malformed', where: url, what: problem, hint: `curl -i ${url}` } };
    const known = Object.fromEntries(services.map((s) => [s.name, s.healthy]));
    return { ok: true, value: { statusCode, healthy, services: known } };
  } finally {
    await dispatcher.destroy();
  }
}
