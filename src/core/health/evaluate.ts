import { formatLimit, formatPercent } from '../text/format.ts';
import type { Database } from '../world/facts.ts';
import { known } from '../world/reading.ts';
import type { World } from '../world/world.ts';
import { keepPromises } from './backups.ts';
import { blockedRemedy, blockedSays, isBlocked } from './blocked.ts';
import { type Finding, inParts, missing } from './finding.ts';
import { actionFor } from './fix-first.ts';
import { claimsToBeWell, evaluateEndpoint, gatewaySays, gatewayState, worseEndpoint } from './gateway.ts';
import { marginSays, measureSays } from './measure.ts';
import { recoveryOf, recoverySays } from './metric-window.ts';
import { evaluateMetric, metrics } from './metrics.ts';
import { evaluateQueue } from './queue.ts';
import { evaluateRedis } from './redis.ts';
import { evaluateReplica, evaluateSecondPrimary, evaluateSlot, isSecondPrimary } from './replication.ts';
import { decide, worstRule } from './rules/index.ts';
import { hiddenSays, statesRemedy, statesSay } from './states.ts';
import { isBreached } from './status.ts';
import { evaluateStudies } from './studies.ts';
import {
  disabledSays,
  failureRate,
  failureShare,
  type SurfaceHealth,
  sampledJobs,
  sampledShare,
  surfacesHealth,
  unclearJobs,
  uncountedSays,
} from './surfaces.ts';
import { evaluateRefusals } from './traffic.ts';
import { unreadOfPrimary, unreadParts } from './unread-parts.ts';
import { evaluateUpkeep } from './upkeep.ts';
import { evaluateClock, evaluateWorkloads } from './workloads.ts';
import { evaluateIdAge } from './wraparound.ts';
import { evaluateWrites } from './writes.ts';

export { type Area, areas, type Finding } from './finding.ts';

/** Everything there is to judge, in the order of the areas. Pure: the panes, `status` and its exit code agree by it. */
export function evaluate(world: World): readonly Finding[] {
  return [
    ...gateway(world),
    ...evaluateWorkloads(world),
    ...evaluateClock(world),
    ...databases(world),
    ...redis(world),
    ...measures(world),
    ...evaluateRefusals(world),
    ...surfaces(world),
    ...states(world),
    ...evaluateStudies(world),
    ...evaluateQueue(world),
    ...backups(world),
  ];
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
  const worse = worseEndpoint(reading.value);
  const services = bad.map((s) => `${s.name} ${s.word}`);
  const whole = gatewaySays(reading.value);
  // What claims to be well says nothing of why it is not.
  const parts = claimsToBeWell(worse) ? [...services, whole] : [whole, ...services];
  const rule = decide(`gateway/${evaluateEndpoint(worse)}`);
  return [{ ...about, ...rule, ...inParts(parts), state: gatewayState(reading.value) }];
}

function databases(world: World): Finding[] {
  const found: Finding[] = [];
  const { primary, replica } = world.readings;
  const aboutPrimary = { id: 'database/primary', area: 'database', subject: 'primary' } as const;
  const primaryAbsent = missing(world, primary, aboutPrimary, true);
  if (primaryAbsent) found.push(primaryAbsent);
  else if (primary.state === 'live') {
    const { blocked = [], connections } = primary.value;
    const problem = evaluateWrites(primary.value);
    const isWaiting = isBlocked(blocked);
    const unread = unreadOfPrimary(primary.value);
    const says = [...(problem ? [problem.says] : []), ...(isWaiting ? [blockedSays(blocked)] : [])];
    if (unread.length > 0) says.push(`${unread.map(({ part }) => part).join(', ')} not readable`);
    if (says.length === 0) says.push('answers');
    if (connections) says.push(`${connections.used}/${connections.limit} connections`);
    if (blocked.length > 0 && !isWaiting) says.push(`${blocked.length} blocked`);
    found.push({
      ...aboutPrimary,
      ...decide(
        worstRule(
          [...(isWaiting ? (['primary/blocked'] as const) : []), ...unread.map(() => 'primary/part-unknown' as const)],
          problem?.rule ?? 'primary/ok',
        ),
      ),
      ...inParts(says),
      remedy: problem?.remedy ?? (isWaiting ? blockedRemedy(blocked) : unread[0]?.grant),
    });
    const { upkeep = {} } = primary.value;
    found.push(...slotsOf('primary', primary.value), ...idsOf(primary.value), ...evaluateUpkeep(upkeep));
    found.push(...unreadParts('primary', primary.value));
  }
  if (!world.scope.hasReplica) return found;
  const aboutReplica = { id: 'database/replica', area: 'database', subject: 'replica' } as const;
  const replicaAbsent = missing(world, replica, aboutReplica, true);
  if (replicaAbsent) found.push(replicaAbsent);
  else if (replica.state === 'live') {
    const split = isSecondPrimary(replica.value, known(primary, world.now));
    const evaluation = split ? evaluateSecondPrimary() : evaluateReplica(replica.value);
    found.push({ ...aboutReplica, ...evaluation }, ...slotsOf('replica', replica.value));
    found.push(...unreadParts('replica', replica.value));
  }
  return found;
}

/** Only what is wrong with them: a slot that is read is no news. */
function slotsOf(server: 'primary' | 'replica', { slots = [] }: Database): Finding[] {
  return slots
    .map((slot): Finding => {
      const id = `database/${server}/slot/${slot.name}`;
      return { id, area: 'database', subject: `${server} log`, ...evaluateSlot(slot) };
    })
    .filter(({ verdict }) => verdict !== 'ok');
}

/** Ids that run out: nothing is said of those that are frozen in time. */
function idsOf({ idAges = [] }: Database): Finding[] {
  return idAges
    .map((one): Finding => {
      const id = `database/primary/wraparound/${one.kind}`;
      return { id, area: 'database', subject: 'primary ids', ...evaluateIdAge(one) };
    })
    .filter(({ verdict }) => verdict !== 'ok');
}

function redis(world: World): Finding[] {
  const about = { id: 'redis', area: 'redis', subject: 'redis' } as const;
  const reading = world.readings.redis;
  const absent = missing(world, reading, about, true);
  if (absent || reading.state !== 'live') return absent ? [absent] : [];
  return [{ ...about, ...evaluateRedis(reading.value) }];
}

function measures(world: World): Finding[] {
  return metrics.map((m): Finding => {
    const about = { id: `metric/${m.id}`, area: 'metrics', subject: m.short, metric: m.id } as const;
    const reading = m.measure(world);
    const absent = missing(world, reading, about, false);
    if (absent) return absent;
    if (reading.state !== 'live')
      return { ...about, ...decide('source/pending'), code: 'pending', says: 'no answer yet' };
    const verdict = evaluateMetric(m, world);
    if (reading.value.value === undefined)
      return { ...about, ...decide(verdict === 'ok' ? 'metric/quiet' : 'metric/unknown'), says: reading.value.basis };
    const { warning, critical } = world.scope.thresholds[m.id];
    const over = m.window ? ` in ${m.window.clause}` : '';
    const recovery = recoveryOf(m, world);
    const limit =
      verdict === 'critical'
        ? ` (critical > ${formatLimit(critical, m.unit)}${over})`
        : verdict === 'warning'
          ? ` (warning > ${formatLimit(warning, m.unit)}${over})`
          : verdict === 'unknown'
            ? `, may be above ${formatLimit(warning, m.unit)}${over}`
            : over;
    const value = measureSays(reading.value, reading.value.value, m.unit);
    const { margin } = reading.value;
    return {
      ...about,
      ...decide(`metric/${verdict}`),
      says: [
        `${value}${marginSays(margin, reading.value.value, m.unit)}${limit}`,
        reading.value.beside,
        recovery && recoverySays(recovery),
      ]
        .filter(Boolean)
        .join(', '),
      short: value,
      figure: value,
      remedy: isBreached(verdict) ? actionFor(m, world) : undefined,
    };
  });
}

function surfaces(world: World): Finding[] {
  const reading = world.readings.surfaces;
  const absent = missing(world, reading, { id: 'surfaces', area: 'surfaces', subject: 'surfaces' }, false);
  const seen = absent || reading.state !== 'live' ? undefined : reading.value;
  const found = surfacesHealth(world, seen).map((one) => surface(one, world));
  if (absent) return [absent, ...found];
  const says = seen && uncountedSays(seen);
  return says === undefined
    ? found
    : [{ id: 'surfaces', area: 'surfaces', subject: 'surfaces', ...decide('surface/unknown'), says }, ...found];
}

function surface({ s, verdict, disabled }: SurfaceHealth, { now }: World): Finding {
  const of = s.finished + (s.unclear ?? 0);
  const unclear = s.unclear ? `; ${unclearJobs(s)} in states not understood` : '';
  const share =
    of > 0
      ? s.margin
        ? `${sampledShare(s)} of jobs failed (sampled)`
        : `${formatPercent(failureRate(s))} of ${of} ${of === 1 ? 'job' : 'jobs'} failed`
      : 'no jobs in the last hour';
  const counted = s.jobsMargin ? `${sampledShare(s)} of ${sampledJobs(s)} jobs failed (sampled)` : share;
  const about = { id: `surface/${s.id}`, area: 'surfaces', subject: s.id } as const;
  if (disabled) {
    const { says, short } = disabledSays(disabled, now);
    return {
      ...about,
      ...decide('surface/disabled'),
      short,
      figure: short,
      says: `${says}; ${of > 0 ? `last hour ${counted}` : share}`,
    };
  }
  return {
    ...about,
    ...decide(`surface/${verdict}`),
    short: share,
    figure: failureShare(s),
    says: `${counted}${s.failures && s.topError ? `: ${s.topError}` : ''}${unclear}`,
  };
}

/** Unknown states, by name and count; no finding if all are understood. */
function states({ readings: { studies } }: World): Finding[] {
  if (studies.state !== 'live') return [];
  return (['study', 'job'] as const).flatMap((of): Finding[] => {
    const about = { id: `studies/states/${of}`, area: 'studies', subject: `${of} states` } as const;
    const hidden = hiddenSays(of, studies.value);
    if (hidden) return [{ ...about, ...decide('states/hidden'), subject: `${of} rows`, ...hidden }];
    const says = statesSay(of, studies.value);
    return says === undefined ? [] : [{ ...about, ...decide('states/unknown'), says, remedy: statesRemedy }];
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
        ...decide(`backup/${promise.verdict}`),
        says: promise.says,
        short: promise.short || undefined,
      };
    });
}
