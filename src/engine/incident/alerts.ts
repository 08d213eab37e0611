// Watches the findings: raises alerts, and writes what turned while this cockpit drives an incident.
import { type Alerts, raisedAlerts, takeFindings } from '../../core/alert.ts';
import { assess, type Finding } from '../../core/assess.ts';
import type { DueAlert } from '../../core/desk.ts';
import type { Entry, Event } from '../../core/event.ts';
import { metrics } from '../../core/metrics.ts';
import { known } from '../../core/reading.ts';
import { type Instant, minute, second } from '../../core/time.ts';
import type { Verdict } from '../../core/verdict.ts';
import type { World } from '../../core/world.ts';
import { alertChannel } from '../../runbook/channels.ts';

/** A verdict that does not last this long is not written. */
const believed = 10 * second;
const sampleEvery = minute;

type Turn = { written: Verdict; now: Verdict; since: Instant };

export class AlertWatch {
  #alerts: Alerts = {};
  #acknowledged = new Map<string, { by: string; at: Instant }>();
  /** Who has the whole incident has what was raised by then. */
  #acknowledgedAll: { by: string; at: Instant } | undefined;
  #turns = new Map<string, Turn>();
  #sampledAt = 0;

  /** Takes who acknowledged what, from any cockpit's entries. */
  takeEntries(entries: readonly Entry[]): void {
    this.#acknowledged = new Map();
    this.#acknowledgedAll = undefined;
    for (const { event, at, writer } of entries) {
      const ack = { by: writer.name, at };
      if (event.kind === 'acknowledged' && event.alert) this.#acknowledged.set(event.alert, ack);
      else if (event.kind === 'acknowledged') this.#acknowledgedAll = ack;
      else if (event.kind === 'notified' && event.purpose === 'acknowledge' && event.delivery === 'sent')
        this.#acknowledgedAll = ack;
    }
  }

  /** Takes the world of this moment; gives what is worth writing. */
  takeWorld(world: World): readonly Event[] {
    const findings = assess(world);
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
        }),
      ),
      ...this.#verdicts(findings, world),
      ...this.#sample(world),
    ];
  }

  /** Those that are raised, as the screen shows them. */
  get raised(): readonly DueAlert[] {
    const all = raisedAlerts(this.#alerts).map((alert): DueAlert => {
      const { channel, responseTime, due } = alertChannel(alert.level);
      const acks = [this.#acknowledged.get(alert.id), this.#acknowledgedAll];
      const ack = acks.find((one) => one !== undefined && one.at >= alert.since);
      return {
        ...alert,
        ...(ack ? { acknowledged: ack } : {}),
        channel,
        responseTime,
        due: due(alert.since),
      };
    });
    return all.toSorted((a, b) => Number(Boolean(a.acknowledged)) - Number(Boolean(b.acknowledged)));
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

  #sample(world: World): readonly Event[] {
    if (Math.abs(world.now - this.#sampledAt) < sampleEvery) return [];
    const values = Object.fromEntries(
      metrics.flatMap((m) => {
        const value = known(m.measure(world), world.now)?.value;
        return value === undefined ? [] : [[m.id, Math.round(value * 100) / 100]];
      }),
    );
    if (Object.keys(values).length === 0) return [];
    this.#sampledAt = world.now;
    return [{ kind: 'sample', values }];
  }
}
