// The API's own traffic as figures: p95 and error rate of what was served, and what was refused beside them.
import { formatCount, formatCounted, formatPercent } from '../text/format.ts';
import { minute, second } from '../time.ts';
import type { Traffic } from '../world/facts.ts';
import { derive, isStale, type Reading } from '../world/reading.ts';
import { evaluateValue, type MetricId } from '../world/thresholds.ts';
import type { World } from '../world/world.ts';
import type { Finding } from './finding.ts';
import { type Measure, marginSays, measureSays } from './measure.ts';
import { fewestForRefusals, mayBeLimited, mayBeRefused } from './rules/figures.ts';
import { decide, type RuleId } from './rules/index.ts';

/** Fewer requests than this prove nothing where the figure is good; where it is bad it is told. */
export const fewestRequests = 5;

/** A metric of the traffic; `pick` takes it in the unit of its threshold. */
export function measureTraffic(
  world: World,
  id: Extract<MetricId, 'p95' | 'errorRate'>,
  pick: (of: Pick<Traffic, 'p95' | 'errorRate'>) => number | undefined,
): Reading<Measure> {
  return derive(world.readings.traffic, (t) => {
    const value = pick(t);
    const margin = pick(t.margins ?? {}) || undefined;
    const doubt = t.source === 'prometheus' ? undefined : doubtOf(t);
    const isGood = value !== undefined && evaluateValue(value, world.scope.thresholds[id]) === 'ok';
    const proven = value !== undefined && !(doubt && isGood);
    const off = value === undefined ? '' : marginSays(margin, value, id === 'p95' ? 'ms' : 'percent');
    const basis = `${basisOf(t)}${off ? `, sampled${off}` : ''}`;
    const limited = t.shares?.limited ?? 0;
    return {
      value: proven ? value : undefined,
      beside: limited >= 0.01 ? `${formatPercent(limited * 100)} refused with 429` : undefined,
      basis: doubt === undefined || (proven && t.unread === undefined) ? basis : `${doubt}: ${basis}`,
      exact: t.sampling === 1,
      margin: proven ? margin : undefined,
    };
  });
}

/** Why good figures prove nothing. */
function doubtOf({ samples, served, unread }: Traffic): string | undefined {
  if (unread) return `logs of ${formatCounted(unread, 'pod')} not read in time`;
  return samples > 0 && (served ?? samples) < fewestRequests ? 'too few to tell' : undefined;
}

/** Each frame asks several times for the same traffic. */
const bases = new WeakMap<Traffic, string>();

function basisOf(traffic: Traffic): string {
  const known = bases.get(traffic) ?? trafficBasis(traffic);
  bases.set(traffic, known);
  return known;
}

/** `412 requests in 5 min, 37 % refused with 429`: what failed, was refused or given up has its own share. */
function trafficBasis(traffic: Traffic): string {
  const { source, samples, sampling, shares, pods, margins } = traffic;
  if (source === 'prometheus') return 'from Prometheus';
  const window = spanOf(traffic);
  const missing = pods && pods.followed < pods.expected ? [`logs of ${pods.followed} of ${pods.expected} pods`] : [];
  if (samples === 0) return [`no requests seen in ${window}`, ...missing].join(', ');
  const told: readonly (readonly [number, string])[] = [
    [shares?.failed ?? 0, '5xx'],
    [shares?.gaveUp ?? 0, 'aborted by clients'],
    [shares?.limited ?? 0, 'refused with 429'],
    [shares?.refused ?? 0, 'other 4xx'],
  ];
  const parts = told.flatMap(([share, what]) => (share > 0 ? [`${formatPercent(share * 100)} ${what}`] : []));
  const seen =
    sampling < 1
      ? `${formatCount(samples)} of ${roughly(samples / sampling, margins?.counts?.seen)} requests`
      : formatCounted(samples, 'request');
  return [`${seen} in ${window}`, ...parts, ...missing].join(', ');
}

/** How many there were is an estimate, with or without its margin. */
const roughly = (count: number, margin: number | undefined): string =>
  `${measureSays({ exact: false, margin }, count, 'count')}${marginSays(margin, count, 'count')}`;

/** How far back the figures reach: `5 min`, `40 s`. */
function spanOf({ window, covered = window }: Traffic): string {
  return covered >= 2 * minute ? `${Math.round(covered / minute)} min` : `${Math.round(covered / second)} s`;
}

/** A storm of refusals does not change p95 and error rate, although nobody is served. */
export function evaluateRefusals(world: World): readonly Finding[] {
  const reading = world.readings.traffic;
  if (reading.state !== 'live' || isStale(reading, world.now)) return [];
  const { shares, samples } = reading.value;
  if (!shares || samples < fewestForRefusals) return [];
  const about = (id: string, subject: string, rule: RuleId, share: number, what: string, remedy: string): Finding => ({
    id: `traffic/${id}`,
    area: 'metrics',
    subject,
    ...decide(rule),
    says: `${formatPercent(share * 100)} of ${formatCount(samples)} requests in ${spanOf(reading.value)} ${what}`,
    short: formatPercent(share * 100),
    figure: formatPercent(share * 100),
    remedy,
  });
  const { limited, refused } = shares;
  return [
    ...(limited > mayBeLimited
      ? [
          about(
            'limited',
            'rate limit',
            'traffic/limited',
            limited,
            'refused with 429',
            'Find the client in the gateway’s log',
          ),
        ]
      : []),
    ...(refused > mayBeRefused
      ? [
          about(
            'refused',
            'refusals',
            'traffic/refused',
            refused,
            'refused with other 4xx',
            'Check API keys and the last deploy',
          ),
        ]
      : []),
  ];
}
