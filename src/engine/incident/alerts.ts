// Watches the findings: raises alerts, and records status changes while this cockpit controls an incident.

import { folding, type ReadonlyList } from '../../core/growing.ts';
import {
  type Acknowledgement,
  type Acknowledgements,
  type Alerts,
  longestSnooze,
  raisedAlerts,
  type Snooze,
  type Snoozes,
  takeFindings,
} from '../../core/health/alert.ts';
import { evaluate, type Finding } from '../../core/health/evaluate.ts';
import type { Measure } from '../../core/health/measure.ts';
import { metrics } from '../../core/health/metrics.ts';
import type { HealthStatus } from '../../core/health/status.ts';
import type { DueAlert } from '../../core/incident/context.ts';
import { authorOf, type Entry, type Event, type EventOf } from '../../core/incident/event.ts';
import { sampleEvery } from '../../core/incident/impact.ts';
import { present } from '../../core/present.ts';
import { type Instant, second } from '../../core/time.ts';
import { known } from '../../core/world/reading.ts';
import type { MetricId } from '../../core/world/thresholds.ts';
import type { World } from '../../core/world/world.ts';
import { alertChannel } from '../../runbook/channels.ts';

/** A status that does not last this long is not recorded. */
const believed = 10 * second;

type Turn = { written: HealthStatus; now: HealthStatus; since: Instant };

/** What entries say about alerts. */
type Taken = { acknowledgements: Acknowledgements; snoozes: Snoozes };

const nothingTaken: Taken = { acknowledgements: { of: new Map() }, snoozes: new Map() };

function takenAfter(before: Taken, news: readonly Entry[]): Taken {
  const of = new Map<string, Acknowledgement>(before.acknowledgements.of);
  // Acknowledging the incident acknowledges the alerts raised so far.
  let { all } = before.acknowledgements;
  const snoozes = new Map<string, Snooze>(before.snoozes);
  for (const entry of news) {
    const { event, at } = entry;
    const ack = { by: authorOf(entry), at };
    if (event.kind === 'acknowledged' && event.alert) of.set(event.alert, ack);
    else if (event.kind === 'acknowledged') all = ack;
    else if (event.kind === 'snoozed')
      // Whatever an entry of another cockpit says.
      snoozes.set(event.alert, { by: ack.by, until: Math.min(event.until, at + longestSnooze), level: event.level });
    else if (event.kind === 'notified' && event.purpose === 'acknowledge' && event.delivery === 'sent') all = ack;
  }
  return { acknowledgements: { of, all }, snoozes };
}

export class AlertWatch {
  #alerts: Alerts = {};
  readonly #taken = folding(() => nothingTaken, takenAfter);
  #acknowledgements = nothingTaken.acknowledgements;
  #snoozes = nothingTaken.snoozes;
  #now: Instant = 0;
  #turns = new Map<string, Turn>();
  #sampledAt = 0;

  /** Applies acknowledgements and snoozes from the entries of any cockpit. */
  takeEntries(entries: ReadonlyList<Entry>): void {
    const { acknowledgements, snoozes } = this.#taken(entries);
    this.#acknowledgements = acknowledgements;
    this.#snoozes = snoozes;
  }

  /** Takes the current world; returns the events to record. */
  takeWorld(world: World): readonly Event[] {
    this.#now = world.now;
    const findings = evaluate(world);
    const { alerts, changes } = takeFindings(this.#alerts, findings, world.now);
    this.#alerts = alerts;
    return [
      ...changes.map(
        ({ change, alert }): Event => ({
          kind: 'alert',
          alert: alert.id,
          subject: alert.subject,
          change,
          level: alert.level,
          says: alert.says,
          // It is believed only after a while.
          since: change === 'raised' && world.now - alert.raisedAt > second ? alert.raisedAt : undefined,
        }),
      ),
      ...this.#verdicts(findings, world),
      ...(Math.abs(world.now - this.#sampledAt) < sampleEvery ? [] : this.sample(world)),
    ];
  }

  /** The raised alerts, as the screen shows them. */
  get raised(): readonly DueAlert[] {
    return raisedAlerts(this.#alerts, this.#acknowledgements, this.#snoozes, this.#now).map((alert): DueAlert => {
      const { channel, responseTime, due } = alertChannel(alert.level);
      return { ...alert, channel, responseTime, due: due(alert.since) };
    });
  }

  #verdicts(findings: readonly Finding[], { now }: World): readonly Event[] {
    const events: Event[] = [];
    for (const { id, subject, verdict, says } of findings) {
      const turn = this.#turns.get(id);
      if (!turn) this.#turns.set(id, { written: verdict, now: verdict, since: now });
      else if (turn.now !== verdict || turn.since > now) this.#turns.set(id, { ...turn, now: verdict, since: now });
      else if (turn.now !== turn.written && now - turn.since >= believed) {
        events.push({ kind: 'verdict', finding: id, subject, from: turn.written, to: verdict, says });
        this.#turns.set(id, { ...turn, written: verdict });
      }
    }
    return events;
  }

  /** A sample of all known metrics; none while none is known. */
  sample(world: World): readonly Event[] {
    const sampled = new SampledMetrics();
    for (const m of metrics) sampled.add(m.id, known(m.measure(world), world.now) ?? {});
    if (sampled.isEmpty) return [];
    this.#sampledAt = world.now;
    return [{ ...sampled.event, requests: requestsIn(world) }];
  }

  /** What an incident begins with: the alerts that are raised already, and what the metrics were and are. */
  opening(world: World): readonly Event[] {
    const raised = this.raised.map(
      ({ id, subject, level, says, raisedAt }): Event => ({
        ...{ kind: 'alert', alert: id, subject, change: 'raised', level, says },
        since: raisedAt,
      }),
    );
    return [...raised, ...this.past(world), ...this.sample(world)];
  }

  /** What the metrics were before now, as far as the cockpit has seen it: a sample for each minute. */
  past({ now, history }: World): readonly Event[] {
    const minutes = new Map<Instant, SampledMetrics>();
    for (const { id } of metrics)
      for (const sample of history[id] ?? []) {
        if (sample.at > now - sampleEvery) continue;
        const begin = Math.floor(sample.at / sampleEvery) * sampleEvery;
        const minuteOf = minutes.get(begin) ?? new SampledMetrics();
        minuteOf.add(id, sample);
        minutes.set(begin, minuteOf);
      }
    return [...minutes]
      .toSorted(([a], [b]) => a - b)
      .map(([measuredAt, { event }]): Event => ({ ...event, measuredAt }));
  }
}

/** The highest value of each metric, and of an estimate its margin. */
class SampledMetrics {
  readonly #values: { [M in MetricId]?: number } = {};
  readonly #margins: { [M in MetricId]?: number | undefined } = {};

  add(id: MetricId, { value, margin }: Pick<Measure, 'value' | 'margin'>): void {
    if (value === undefined || rounded(value) < (this.#values[id] ?? 0)) return;
    this.#values[id] = rounded(value);
    this.#margins[id] = margin && rounded(margin);
  }

  get isEmpty(): boolean {
    return Object.keys(this.#values).length === 0;
  }

  get event(): EventOf<'sample'> {
    const margins = present(this.#margins);
    return { kind: 'sample', values: this.#values, margins: Object.keys(margins).length > 0 ? margins : undefined };
  }
}

const rounded = (value: number): number => Math.round(value * 100) / 100;

/** The API's requests in the window of its figures; undefined where they are not counted, as by Prometheus. */
function requestsIn({ readings, now }: World): EventOf<'sample'>['requests'] {
  const t = known(readings.traffic, now);
  if (!t?.shares || t.samples === 0 || t.sampling <= 0) return undefined;
  const { failed, gaveUp, limited, refused } = t.shares;
  const seen = t.samples / t.sampling;
  const count = (share: number) => Math.round(share * seen);
  const off = t.margins?.counts;
  return {
    window: t.covered ?? t.window,
    seen: Math.round(seen),
    failed: count(failed + gaveUp),
    limited: count(limited),
    refused: count(refused),
    margins: off && { seen: off.seen, failed: off.failed, limited: off.limited, refused: off.refused },
  };
}
