// The one-shot judgement: what `status` prints, as data. Pure.

import type { Unit } from '../text/format.ts';
import type { FactId } from '../world/facts.ts';
import { factIds } from '../world/facts.ts';
import { known, type Reading } from '../world/reading.ts';
import type { MetricId } from '../world/thresholds.ts';
import type { World } from '../world/world.ts';
import { evaluate, type Finding } from './evaluate.ts';
import { evaluateMetric, metrics } from './metrics.ts';
import { exitCode, type HealthStatus, rankedByVerdict, worst } from './status.ts';

/** Grows only by additions; anything else makes it 2. docs/status.schema.json describes it. */
export const reportVersion = 1;

/** What a metric came to. */
export type MetricReport = {
  id: MetricId;
  title: string;
  unit: Unit;
  /** Absent: nothing to measure it from, or nobody answered. */
  value?: number;
  /** What it rests on: `412 requests`. */
  basis?: string;
  /** False: at least, or an estimate. */
  exact?: boolean;
  /** Of an estimate: how far off it may be either way. */
  margin?: number;
  warning: number;
  critical: number;
  verdict: HealthStatus;
};

/** Who was asked for a fact, and what came of it. */
export type SourceReport = {
  fact: FactId;
  state: 'live' | 'lost' | 'pending';
  /** ISO 8601, UTC. */
  at?: string;
  from?: string;
  fault?: { kind: string; where: string; what: string; hint: string };
};

/** An open incident of the journal. */
export type IncidentReport = {
  id: string;
  title: string;
  severity: 'SEV1' | 'SEV2' | 'SEV3' | 'SEV4';
  environment: string;
  /** ISO 8601, UTC; `mitigatedAt` is absent while the impact lasts. */
  openedAt: string;
  mitigatedAt?: string | undefined;
  commander: readonly string[];
  /** Who is in control. */
  control: string;
};

/** What the journal of this account says: its open incidents, newest first, or why it cannot be read. */
export type JournalLook = { incidents: readonly IncidentReport[] } | { fault: { what: string; hint: string } };

export type Report = {
  version: typeof reportVersion;
  /** ISO 8601, UTC. */
  at: string;
  profile: string;
  environment: string;
  drill?: string;
  verdict: HealthStatus;
  exitCode: 0 | 1 | 2 | 3;
  counts: Record<HealthStatus, number>;
  /** Open incidents, newest first; they change neither verdict nor exit code. Absent: the journal was not read. */
  incidents?: readonly IncidentReport[] | undefined;
  /** Why the journal could not be read. */
  journalFault?: { what: string; hint: string } | undefined;
  /** Worst first. */
  findings: readonly Finding[];
  metrics: readonly MetricReport[];
  sources: readonly SourceReport[];
};

/** Everything that was judged, worst first, with the verdict and exit code that follow. `journal`: as far as it was read. */
export function reportOf(world: World, profile: string, journal?: JournalLook): Report {
  const findings = rankedByVerdict(evaluate(world));
  const verdict = worst(findings.map((finding) => finding.verdict));
  const count = (wanted: HealthStatus) => findings.filter((finding) => finding.verdict === wanted).length;
  return {
    version: reportVersion,
    at: new Date(world.now).toISOString(),
    profile,
    environment: world.scope.environment,
    drill: world.scope.drill || undefined,
    verdict,
    exitCode: exitCode[verdict],
    counts: { ok: count('ok'), unknown: count('unknown'), warning: count('warning'), critical: count('critical') },
    incidents: journal && 'incidents' in journal ? journal.incidents : undefined,
    journalFault: journal && 'fault' in journal ? journal.fault : undefined,
    findings,
    metrics: metrics.map((metric): MetricReport => {
      const measured = known(metric.measure(world), world.now);
      return {
        id: metric.id,
        title: metric.title,
        unit: metric.unit,
        value: measured?.value,
        basis: measured?.basis,
        exact: measured?.exact,
        margin: measured?.margin,
        ...world.scope.thresholds[metric.id],
        verdict: evaluateMetric(metric, world),
      };
    }),
    sources: factIds
      .filter((fact) => fact !== 'replica' || world.scope.hasReplica)
      .map((fact) => sourceOf(fact, world.readings[fact])),
  };
}

function sourceOf(fact: FactId, reading: Reading<unknown>): SourceReport {
  if (reading.state === 'pending') return { fact, state: 'pending' };
  const at = new Date(reading.at).toISOString();
  if (reading.state === 'live') return { fact, state: 'live', at, from: reading.from };
  const { kind, where, what, hint } = reading.fault;
  return { fact, state: 'lost', at, fault: { kind, where, what, hint } };
}
