import { doubtSays } from '../platform/unclear.ts';
import { formatAge, formatCount, formatLimit, formatMeasure, formatPercent } from '../text/format.ts';
import { hour, type Instant, minute } from '../time.ts';
import type { Database, Deployment, Pod } from '../world/facts.ts';
import { isStale, known, type Reading } from '../world/reading.ts';
import type { MetricId } from '../world/thresholds.ts';
import type { World } from '../world/world.ts';
import { keepPromises } from './backups.ts';
import { describeFault } from './describe.ts';
import { gatewaySays, judgeEndpoint, worseEndpoint } from './gateway.ts';
import { actionFor, judge, metrics } from './metrics.ts';
import { judgeReplica, judgeSlot } from './replication.ts';
import { statesRemedy, statesSay } from './states.ts';
import { type Verdict, worstFirst } from './status.ts';
import { failureRate, judgeSurface } from './surfaces.ts';
import { judgeIdAge } from './wraparound.ts';

export const areas = ['gateway', 'pods', 'database', 'redis', 'metrics', 'surfaces', 'studies', 'backups'] as const;
export type Area = (typeof areas)[number];

/** One judged thing: a line of `status`, a glyph in a pane, the seed of an alert. */
export type Finding = {
  /** Stable across time: `gateway/health`, `pods/api-gateway`, `metric/p95`. */
  id: string;
  area: Area;
  /** What it is about, in few columns: `api-gateway`, `API p95`. */
  subject: string;
  verdict: Verdict;
  /** What is so, in words and numbers, without the subject. */
  says: string;
  /** The runbook's action for it. */
  remedy?: string;
  metric?: MetricId;
  /** Its source gives no answer: whatever else is judged from that source is missing until it answers again. */
  unanswered?: true;
};

/** Everything there is to judge, in the order of the areas. Pure: the panes, `status` and its exit code agree by it. */
export function assess(world: World): readonly Finding[] {
  return [
    ...gateway(world),
    ...workloads(world),
    ...clock(world),
    ...databases(world),
    ...redis(world),
    ...measures(world),
    ...surfaces(world),
    ...states(world),
    ...backups(world),
  ];
}

/** The same, worst first; the order of the areas breaks ties. */
export function ranked(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted((a, b) => worstFirst(a.verdict, b.verdict));
}

/**
 * Ready replicas against desired; a stuck rollout is a warning, or critical when nothing is ready. One of its pods
 * (`pods`) that fails is a warning while the others serve: so a rollout of a bad image shows before it counts as stuck.
 */
export function judgeDeployment(d: Deployment, pods: readonly Pod[], now: Instant): Verdict {
  if (d.desired > 0 && d.ready === 0) return 'critical';
  if (d.rollout.state === 'stuck') return d.ready < d.desired ? 'critical' : 'warning';
  if (d.ready < d.desired || d.rollout.state === 'paused') return 'warning';
  return pods.some((p) => judgePod(p, now) === 'critical') ? 'warning' : 'ok';
}

/** A pod by its Ready condition and its reason; a young or ending pod is given time, what another replaced is history. */
export function judgePod(p: Pod, now: number): Verdict {
  // Beyond its grace period it hangs: its node is away, or a finalizer waits.
  if (p.terminating) return p.endsBy !== undefined && now - p.endsBy > minute ? 'warning' : 'ok';
  if (p.phase === 'Succeeded' || p.ready) return 'ok';
  if (p.leftOver) return now - (p.endedAt ?? p.createdAt) > hour ? 'ok' : 'warning';
  if (p.phase === 'Failed' || p.phase === 'Unknown') return 'critical';
  if (p.reason && p.reason !== 'ContainerCreating' && p.reason !== 'PodInitializing') return 'critical';
  return now - p.createdAt < 2 * minute ? 'warning' : 'critical';
}

/** Lost, pending or stale, as a finding; undefined when the value may be judged. A proven refusal is critical. */
function missing(
  world: World,
  reading: Reading<unknown>,
  about: Pick<Finding, 'id' | 'area' | 'subject'>,
  refusalIsDown: boolean,
): Finding | undefined {
  if (reading.state === 'pending') return { ...about, verdict: 'unknown', unanswered: true, says: 'no answer yet' };
  if (reading.state === 'lost')
    return {
      ...about,
      verdict: refusalIsDown && reading.fault.kind === 'refused' ? 'critical' : 'unknown',
      unanswered: true,
      says: describeFault(reading.fault),
      remedy: reading.fault.hint,
    };
  if (isStale(reading, world.now))
    return {
      ...about,
      verdict: 'unknown',
      unanswered: true,
      says: `last heard ${formatAge(world.now - reading.at)} ago`,
    };
  return undefined;
}

function gateway(world: World): Finding[] {
  const about = { id: 'gateway/health', area: 'gateway', subject: 'gateway' } as const;
  const reading = world.readings.gateway;
  const absent = missing(world, reading, about, true);
  if (absent || reading.state !== 'live') return absent ? [absent] : [];
  const { health, detailed } = reading.value;
  const bad = [...new Map([...health.services, ...detailed.services].map((s) => [s.name, s])).values()].filter(
    (s) => !s.healthy,
  );
  const says = [gatewaySays(reading.value), ...bad.map((s) => `${s.name} ${s.word}`)].join(', ');
  return [{ ...about, verdict: judgeEndpoint(worseEndpoint(reading.value)), says }];
}

function workloads(world: World): Finding[] {
  const { deployments, pods } = world.readings;
  const roles = Object.values(world.scope.deployments);
  const podList = known(pods, world.now) ?? [];
  const absent = missing(world, deployments, { id: 'pods/kubernetes', area: 'pods', subject: 'kubernetes' }, false);
  if (absent || deployments.state !== 'live') return absent ? [absent] : [];
  const found = roles.map((name): Finding => {
    const about = { id: `pods/${name}`, area: 'pods', subject: name } as const;
    const d = deployments.value.find((one) => one.name === name);
    const { namespace } = world.scope;
    if (!d && deployments.value.length === 0) {
      const remedy = 'is it the right namespace and context?';
      return { ...about, verdict: 'critical', says: `no deployment at all in ${namespace}`, remedy };
    }
    if (!d) return { ...about, verdict: 'critical', says: `no such deployment in ${namespace}` };
    const own = podList.filter((p) => p.app === name);
    const troubled = own.filter((p) => !p.ready && !p.terminating && !p.leftOver);
    const reasons = [...new Set(troubled.map((p) => p.reason).filter((r) => r !== undefined))];
    const count = `${d.ready}/${d.desired} ready`;
    const rollout = d.rollout.state === 'stuck' ? 'rollout stuck' : d.rollout.state;
    const wrong = [...(rollout === 'complete' ? [] : [rollout]), ...reasons.slice(0, 2)];
    // What is wrong comes first: where room is short the rest is left out.
    const says = d.ready < d.desired ? [count, ...wrong] : [...wrong, count];
    return { ...about, verdict: judgeDeployment(d, own, world.now), says: says.join(', ') };
  });
  const podsAbsent = missing(world, pods, { id: 'pods/list', area: 'pods', subject: 'pods' }, false);
  return podsAbsent ? [...found, podsAbsent] : found;
}

/** Ages are counted by this machine's clock: apart from the platform's by a minute, they mislead. */
function clock({ readings: { cluster } }: World): Finding[] {
  const offset = cluster.state === 'live' ? (cluster.value.clockOffset ?? 0) : 0;
  if (Math.abs(offset) < minute) return [];
  const says = `this machine is ${formatAge(Math.abs(offset))} ${offset > 0 ? 'behind' : 'ahead of'} the cluster`;
  const remedy = 'ages shown here are wrong by that: timedatectl set-ntp true';
  return [{ id: 'pods/clock', area: 'pods', subject: 'clock', verdict: 'warning', says, remedy }];
}

function databases(world: World): Finding[] {
  const found: Finding[] = [];
  const { primary, replica } = world.readings;
  const aboutPrimary = { id: 'database/primary', area: 'database', subject: 'primary' } as const;
  const primaryAbsent = missing(world, primary, aboutPrimary, true);
  if (primaryAbsent) found.push(primaryAbsent);
  else if (primary.state === 'live') {
    const { inRecovery, blocked, connections } = primary.value;
    const says = [inRecovery ? 'in recovery: it is a replica' : 'answers'];
    if (connections) says.push(`${connections.used}/${connections.limit} connections`);
    if (blocked?.length) says.push(`${blocked.length} blocked`);
    const waits = Math.max(0, ...(blocked ?? []).map((b) => b.waiting));
    found.push({
      ...aboutPrimary,
      verdict: inRecovery ? 'critical' : waits > minute ? 'warning' : 'ok',
      says: says.join(', '),
    });
    found.push(...slotsOf('primary', primary.value), ...idsOf(primary.value));
  }
  if (!world.scope.hasReplica) return found;
  const aboutReplica = { id: 'database/replica', area: 'database', subject: 'replica' } as const;
  const replicaAbsent = missing(world, replica, aboutReplica, true);
  if (replicaAbsent) found.push(replicaAbsent);
  else if (replica.state === 'live') {
    found.push({ ...aboutReplica, ...judgeReplica(replica.value) }, ...slotsOf('replica', replica.value));
  }
  return found;
}

/** Only what is wrong with them: a slot that is read is no news. */
function slotsOf(server: 'primary' | 'replica', { slots = [] }: Database): Finding[] {
  return slots
    .map((slot): Finding => {
      const id = `database/${server}/slot/${slot.name}`;
      return { id, area: 'database', subject: `${server} log`, ...judgeSlot(slot) };
    })
    .filter(({ verdict }) => verdict !== 'ok');
}

/** Ids that run out: nothing is said of those that are frozen in time. */
function idsOf({ idAges = [] }: Database): Finding[] {
  return idAges
    .map((one): Finding => {
      const id = `database/primary/wraparound/${one.kind}`;
      return { id, area: 'database', subject: 'primary ids', ...judgeIdAge(one) };
    })
    .filter(({ verdict }) => verdict !== 'ok');
}

function redis(world: World): Finding[] {
  const about = { id: 'redis', area: 'redis', subject: 'redis' } as const;
  const reading = world.readings.redis;
  const absent = missing(world, reading, about, true);
  if (absent || reading.state !== 'live') return absent ? [absent] : [];
  const { role, clients, linkUp, cluster } = reading.value;
  const link = linkUp === undefined ? '' : linkUp ? ', its primary answers it' : ', cut off from its primary';
  const says = `PONG, ${role}${cluster ? ' of a cluster' : ''}, ${clients} clients`;
  // The platform writes to the Redis that is configured: a replica refuses that.
  if (role === 'slave') return [{ ...about, verdict: 'warning', says: `a replica, takes no writes${link}` }];
  return [{ ...about, verdict: 'ok', says }];
}

function measures(world: World): Finding[] {
  return metrics.map((m): Finding => {
    const about = { id: `metric/${m.id}`, area: 'metrics', subject: m.short, metric: m.id } as const;
    const reading = m.measure(world);
    const absent = missing(world, reading, about, false);
    if (absent) return absent;
    if (reading.state !== 'live') return { ...about, verdict: 'unknown', says: 'no answer yet' };
    const verdict = judge(m, world);
    if (reading.value.value === undefined) return { ...about, verdict, says: reading.value.basis };
    const { warning, critical } = world.scope.thresholds[m.id];
    const limit =
      verdict === 'critical'
        ? `  (critical > ${formatLimit(critical, m.unit)})`
        : verdict === 'warning'
          ? `  (warning > ${formatLimit(warning, m.unit)})`
          : '';
    const breached = verdict === 'critical' || verdict === 'warning';
    return {
      ...about,
      verdict,
      says: `${formatMeasure(reading.value.value, m.unit)}${limit}`,
      ...(breached ? { remedy: actionFor(m, world) } : {}),
    };
  });
}

function surfaces(world: World): Finding[] {
  const reading = world.readings.surfaces;
  const absent = missing(world, reading, { id: 'surfaces', area: 'surfaces', subject: 'surfaces' }, false);
  if (absent || reading.state !== 'live') return absent ? [absent] : [];
  const { surfaces: all, doubt } = reading.value;
  if (doubt && all.length === 0)
    return [{ id: 'surfaces', area: 'surfaces', subject: 'surfaces', verdict: 'unknown', says: doubtSays(doubt, []) }];
  return all.map((s): Finding => {
    const unclear = s.unclear ? `; ${formatCount(s.unclear)} in states not understood` : '';
    const share = `${formatPercent(failureRate(s))} of ${s.finished + (s.unclear ?? 0)} jobs failed`;
    return {
      id: `surface/${s.id}`,
      area: 'surfaces',
      subject: s.id,
      verdict: judgeSurface(s, reading.value, world.scope.thresholds),
      says: `${share}${s.failures && s.topError ? `: ${s.topError}` : ''}${unclear}`,
    };
  });
}

/** States that nobody knows, by name and count; nothing is said where all are understood. */
function states({ readings: { studies } }: World): Finding[] {
  if (studies.state !== 'live') return [];
  return (['study', 'job'] as const).flatMap((of): Finding[] => {
    const says = statesSay(of, studies.value);
    const about = { id: `studies/states/${of}`, area: 'studies', subject: `${of} states` } as const;
    return says === undefined ? [] : [{ ...about, verdict: 'unknown', says, remedy: statesRemedy }];
  });
}

/** The first answer takes its time, and not everybody may ask: neither is a finding. An overdue backup is one. */
function backups(world: World): Finding[] {
  const reading = world.readings.backups;
  if (reading.state === 'pending' || (reading.state === 'lost' && reading.fault.kind === 'unconfigured')) return [];
  const absent = missing(world, reading, { id: 'backups', area: 'backups', subject: 'backups' }, false);
  if (absent || reading.state !== 'live') return absent ? [absent] : [];
  return keepPromises(reading.value, world.now)
    .filter((promise) => !promise.unasked)
    .map((promise): Finding => {
      const every = promise.id === 'evidence' ? '' : ` ${promise.frequency.toLowerCase()}`;
      return {
        id: `backups/${promise.id}`,
        area: 'backups',
        subject: `${promise.data}${every}`.toLowerCase(),
        verdict: promise.verdict,
        says: promise.says,
      };
    });
}
