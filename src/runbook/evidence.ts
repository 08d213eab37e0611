// Evidence for the steps: facts of the world in the on-call's words.
import type { Check } from '../core/actions/action.ts';
import { describeFault } from '../core/health/describe.ts';
import { evaluate, type Finding } from '../core/health/evaluate.ts';
import { databaseOfPlatform, receiptSays } from '../core/health/failover.ts';
import { marginSays, measureSays, sampledSays } from '../core/health/measure.ts';
import { metric } from '../core/health/metrics.ts';
import { evaluatePod } from '../core/health/pods.ts';
import { evaluateRedis } from '../core/health/redis.ts';
import { behindSays } from '../core/health/replication.ts';
import { disabledSays, failureRate, sampledShare, studiesSay, uncountedSays } from '../core/health/surfaces.ts';
import { fewestRequests } from '../core/health/traffic.ts';
import { evaluateWrites } from '../core/health/writes.ts';
import type { Evidence } from '../core/incident/checklist.ts';
import { disabledSince, surfaceStandings } from '../core/platform/surface-acts.ts';
import { doubtSays } from '../core/platform/unclear.ts';
import { formatAge, formatCount, formatLimit, formatPercent } from '../core/text/format.ts';
import { uncapitalized } from '../core/text/text.ts';
import type { Pod } from '../core/world/facts.ts';
import { isStale, known, newest, type Reading } from '../core/world/reading.ts';
import type { MetricId } from '../core/world/thresholds.ts';
import type { World } from '../core/world/world.ts';
import { causeOf } from './causes.ts';

const assessed = new WeakMap<World, readonly Finding[]>();

/** `assess`, once for each world. */
export function findings(world: World): readonly Finding[] {
  const before = assessed.get(world);
  if (before) return before;
  const found = evaluate(world);
  assessed.set(world, found);
  return found;
}

/** Lost, pending and stale are unknown; a proven refusal fails. Only a fresh value is evaluated. */
export function look<T>(world: World, subject: string, reading: Reading<T>, see: (value: T) => Check): Evidence {
  const at = newest(reading)?.at;
  const about = { subject, at };
  if (reading.state === 'pending') return { ...about, state: 'unknown', because: 'no answer yet' };
  if (reading.state === 'lost')
    return {
      ...about,
      state: reading.fault.kind === 'refused' ? 'fail' : 'unknown',
      because: describeFault(reading.fault),
    };
  if (isStale(reading, world.now))
    return { ...about, state: 'unknown', because: `last answer ${formatAge(world.now - reading.at)} ago` };
  return { ...about, ...see(reading.value) };
}

const pass = (because: string): Check => ({ state: 'pass', because });
const fail = (because: string): Check => ({ state: 'fail', because });
const unknown = (because: string): Check => ({ state: 'unknown', because });

/** An evaluated item as evidence: warning and critical fail. */
export function judged(world: World, id: string, at?: number): Evidence {
  const found = findings(world).find((one) => one.id === id);
  if (!found) return { subject: id.split('/').at(-1) ?? id, state: 'unknown', because: 'not measured' };
  const state = found.verdict === 'ok' ? 'pass' : found.verdict === 'unknown' ? 'unknown' : 'fail';
  const level = found.verdict === 'warning' ? found.verdict : undefined;
  return { subject: found.subject, state, because: found.says, at, level };
}

export const health = (world: World): Evidence => judged(world, 'gateway/health', newest(world.readings.gateway)?.at);

export const metricEvidence = (world: World, id: MetricId): Evidence =>
  judged(world, `metric/${id}`, newest(metric(id).measure(world))?.at);

/** A deployment: replicas, rollout, reasons. */
export function workload(world: World, role: keyof World['scope']['deployments']): Evidence {
  const at = newest(world.readings.deployments)?.at;
  const name = world.scope.deployments[role];
  const found = judged(world, `pods/${name}`, at);
  if (findings(world).some((one) => one.id === `pods/${name}`)) return found;
  return { ...judged(world, 'pods/kubernetes', at), subject: name };
}

/** The unhealthy pods of a deployment, worst first. */
export function troubled(world: World, role: keyof World['scope']['deployments']): readonly Pod[] {
  const pods = known(world.readings.pods, world.now) ?? [];
  const name = world.scope.deployments[role];
  return pods
    .filter((p) => p.app === name && !p.terminating && evaluatePod(p, world.now) === 'critical')
    .toSorted((a, b) => b.restarts - a.restarts);
}

/** One line for each unhealthy pod, at most three. */
export function troubledPods(world: World, role: keyof World['scope']['deployments']): readonly Evidence[] {
  const at = newest(world.readings.pods)?.at;
  return troubled(world, role)
    .slice(0, 3)
    .map((p) => ({
      subject: p.name,
      ...fail(
        [
          p.reason ?? 'not ready',
          ...(p.exitCode === undefined ? [] : [`exit ${p.exitCode}`]),
          ...(p.restarts > 0 ? [`${p.restarts} restarts`] : []),
        ].join(', '),
      ),
      at,
    }));
}

export function primary(world: World): Evidence {
  return look(world, 'primary', world.readings.primary, (db) => {
    const says = [`SELECT 1 in ${Math.round(db.latency)} ms`];
    if (db.connections) says.push(`${db.connections.used} of ${db.connections.limit} connections`);
    const problem = evaluateWrites(db);
    says.push(problem?.says ?? 'not in recovery');
    const bad = problem?.verdict === 'critical' ? fail : problem?.verdict === 'unknown' ? unknown : pass;
    return bad(says.join(', '));
  });
}

/** The database in the platform's own health report. */
export function platformDatabase(world: World): Evidence {
  const { gateway } = world.readings;
  const { state, says } = databaseOfPlatform(gateway, world.now);
  const at = newest(gateway)?.at;
  return {
    subject: 'platform',
    ...(state === 'well' ? pass : state === 'away' ? fail : unknown)(says),
    at,
  };
}

export function replica(world: World): readonly Evidence[] {
  if (!world.scope.hasReplica) return [];
  return [
    look(world, 'replica', world.readings.replica, (db) => {
      if (!db.inRecovery) return fail('not in recovery: it was promoted');
      if (!db.lag) return unknown(`SELECT 1 in ${Math.round(db.latency)} ms, lag not visible`);
      const behind = behindSays(db.lag);
      if (!db.lag.streaming) return fail(db.wal ? receiptSays(db) : behind);
      if (db.lag.paused) return fail(behind);
      return pass(`streaming, ${behind}`);
    }),
  ];
}

export function redis(world: World): Evidence {
  return look(world, 'redis', world.readings.redis, (r) => {
    const { verdict, says } = evaluateRedis(r);
    if (verdict === 'critical') return fail(says);
    const answer = `PONG in ${Math.round(r.latency)} ms, ${r.role}`;
    return verdict === 'unknown' ? unknown(says) : pass(verdict === 'ok' ? answer : `${answer}; ${says}`);
  });
}

/** The share of the API's requests that fail: 5xx, or given up by the client. `limit` in percent: above it fails. */
export function errors(world: World, limit: number): Evidence {
  return look(world, 'requests', world.readings.traffic, (t) => {
    const served = t.served ?? t.samples;
    if (t.errorRate === undefined || (served === 0 && t.source !== 'prometheus'))
      return unknown(t.samples === 0 ? 'no requests seen' : `${formatCount(t.samples)} requests, all refused`);
    const rate = t.errorRate * 100;
    const margin = (t.margins?.errorRate ?? 0) * 100;
    const share = `${measureSays({ exact: t.sampling === 1, margin }, rate, 'percent')}${marginSays(margin, rate, 'percent')}`;
    const says = `${share} of ${sampledSays(served, t.margins?.counts?.served)} requests fail`;
    if (rate > limit) return fail(says);
    if (rate + margin > limit) return unknown(`${says}: may be above ${formatLimit(limit, 'percent')}`);
    return served < fewestRequests && t.source !== 'prometheus' ? unknown(`${says}: too few to tell`) : pass(says);
  });
}

/** No study was created in the last ten minutes. */
export function newStudies(world: World): Evidence {
  return look(world, 'new studies', world.readings.studies, (s) => {
    if (s.newLastTenMinutes > 0) return pass(`${s.newLastTenMinutes} in the last 10 minutes`);
    const doubt = s.doubts?.active;
    if (doubt?.why === 'hidden') return unknown(doubtSays(doubt, []));
    const last = s.newestCreatedAt === undefined ? '' : `, the newest ${formatAge(world.now - s.newestCreatedAt)} ago`;
    return fail(`none in the last 10 minutes${last}`);
  });
}

/** Studies that end with more than half of their jobs failed. */
export function mostlyFailing(world: World): Evidence {
  return look(world, 'studies', world.readings.studies, (s) => {
    const doubt = s.doubts?.lastHour;
    const of = s.finishedLastHour + (s.unclearLastHour ?? 0);
    if (of === 0) return unknown(doubt ? doubtSays(doubt, s.unclear ?? []) : 'none finished in the last hour');
    const says = `${s.mostlyFailedLastHour} of ${of} finished with >50 % failures`;
    const share = (s.failedLastHour / of) * 100;
    if (s.mostlyFailedLastHour > 0 || share > 50) return fail(`${says}, ${formatPercent(share)} failed`);
    return doubt ? unknown(`${says}; ${doubtSays(doubt, s.unclear ?? [])}`) : pass(says);
  });
}

/** Surfaces whose jobs fail above the runbook's critical share, worst first; none that is disabled: its jobs are from before. */
export function failingSurfaces(
  world: World,
): readonly { id: string; share: number; says: string; topError?: string }[] {
  const surfaces = known(world.readings.surfaces, world.now)?.surfaces ?? [];
  return surfaces
    .filter((s) => s.failures > 0 && !disabledSince(world.surfaceActs, s.id))
    .map((s) => ({
      id: s.id,
      share: failureRate(s),
      says: sampledShare(s),
      topError: s.topError,
    }))
    .filter((s) => s.share > world.scope.thresholds.studyFailures.critical)
    .toSorted((a, b) => b.share - a.share);
}

/** Surfaces that were disabled and not enabled since, the last one first. */
export const disabledSurfaces = ({ surfaceActs = [] }: World): readonly string[] =>
  surfaceStandings(surfaceActs).flatMap(({ id, switched }) => (switched?.to === 'disabled' ? [id] : []));

/** One line for each failing or disabled surface, or one line that none fails. */
export function surfaces(world: World, most = 5): readonly Evidence[] {
  const whole = look(world, 'surfaces', world.readings.surfaces, (seen) => {
    const { surfaces: all, doubt } = seen;
    if (doubt) return unknown(doubtSays(doubt, []));
    if (all.length === 0) return unknown(uncountedSays(seen) ?? 'no finished jobs in the last hour');
    const unclear = all.reduce((sum, s) => sum + (s.unclear ?? 0), 0);
    if (unclear > 0)
      return unknown(`${all.length} surfaces, ${formatCount(unclear)} of their jobs in states not understood`);
    const { critical } = world.scope.thresholds.studyFailures;
    const perhaps = all.filter(
      (s) => failureRate(s) + (s.margin ?? 0) > critical && !disabledSince(world.surfaceActs, s.id),
    );
    const [first] = perhaps;
    if (!first) return pass(`none of ${all.length} fails`);
    const more = perhaps.length > 1 ? `, and ${perhaps.length - 1} more` : '';
    return unknown(`${first.id} may fail: ${sampledShare(first)}, sampled${more}`);
  });
  const failing = failingSurfaces(world);
  const off = disabledSurfaces(world).map((id): Evidence => {
    const disabled = disabledSince(world.surfaceActs, id);
    return { subject: id, ...fail(disabled ? disabledSays(disabled, world.now).says : 'DISABLED'), at: disabled?.at };
  });
  if (failing.length === 0) return off.length > 0 ? off.slice(0, most) : [whole];
  const all = known(world.readings.surfaces, world.now)?.surfaces ?? [];
  const fails = failing.map(({ id, says }): Evidence => {
    const s = all.find((one) => one.id === id);
    return {
      subject: id,
      ...fail(
        `${says}, ${sampledSays(s?.failures ?? 0, s?.failuresMargin)} failures in ${s ? studiesSay(s) : 0} studies`,
      ),
      at: whole.at,
    };
  });
  return [...fails, ...off].slice(0, most);
}

/** The most frequent error of each failing surface, with the runbook's cause and fix. */
export function errorMessages(world: World): readonly Evidence[] {
  const reading = world.readings.surfaces;
  const all = known(reading, world.now)?.surfaces ?? [];
  const seen = all.filter((s) => s.topError && s.failures > 0).toSorted((a, b) => b.failures - a.failures);
  if (seen.length === 0) return surfaces(world).slice(0, 1);
  const at = newest(reading)?.at;
  return seen.slice(0, 4).map((s) => {
    const cause = causeOf(s.topError);
    const fix = cause
      ? ` → ${uncapitalized(cause.cause)}: ${uncapitalized(cause.fix)}`
      : ' → not in the runbook’s table';
    const count =
      s.topErrorCount === undefined
        ? sampledSays(s.failures, s.failuresMargin)
        : sampledSays(s.topErrorCount, s.topErrorMargin);
    return {
      subject: s.id,
      ...(failingSurfaces(world).some((f) => f.id === s.id) ? fail : pass)(`${count} × “${s.topError}”${fix}`),
      at,
    };
  });
}
