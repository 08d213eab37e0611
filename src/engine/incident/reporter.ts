// Measures what an incident cost, and writes its report.
import type { Settings } from '../../config/settings.ts';
import type { HealthStatus } from '../../core/health/status.ts';
import { type IncidentContext, isInControl } from '../../core/incident/context.ts';
import type { Event } from '../../core/incident/event.ts';
import { impactOf } from '../../core/incident/impact.ts';
import { type Incident, isOngoing } from '../../core/incident/incident.ts';
import { type Instant, type Ms, second } from '../../core/time.ts';
import type { World } from '../../core/world/world.ts';
import { stepsNotNeeded } from '../../runbook/messages.ts';
import { writeReport } from './report-file.ts';

type Given = {
  settings: Settings;
  world(): World;
  incidentContext(): IncidentContext;
  /** The incident with this id, as it is now. */
  incident(): Incident | undefined;
  record(event: Event, incident: string): Promise<boolean>;
  say(says: string, verdict: HealthStatus): void;
  signal: AbortSignal;
};

/** A database that hangs holds up a report only so long. */
const patience: Ms = 8 * second;

export function createReporter({ settings, world, incidentContext, incident: current, record, say, signal }: Given) {
  let written: IncidentContext['report'];
  let measuring: Promise<void> = Promise.resolve();

  /** Records how many jobs failed since it began; a database without an answer is recorded as that. */
  const measure = (incident: Incident): Promise<void> => {
    measuring = measuring.then(async () => {
      const { thresholds } = world().scope;
      const since = impactOf(incident, Date.now(), thresholds).start.at;
      await record(await measuredSince(settings, since, signal), incident.id);
    });
    return measuring;
  };

  const write = async (incident: Incident): Promise<void> => {
    if (incidentContext().observing) return say('this cockpit only observes: it writes nothing', 'warning');
    // What was measured at its end stays what it was.
    if (isOngoing(incident) && isInControl(incidentContext(), incident)) await measure(incident);
    const now = Date.now();
    const latest = current();
    const subject = latest?.id === incident.id ? latest : incident;
    const { thresholds } = world().scope;
    const notNeeded = isOngoing(subject) ? stepsNotNeeded(subject, world()) : [];
    const done = await writeReport(process.cwd(), subject, { now, thresholds, notNeeded });
    if ('problem' in done) return say(`report not written: ${done.problem}`, 'critical');
    written = { incident: incident.id, path: done.path, at: now };
    say('report written', 'ok');
  };

  return {
    measure,
    write,
    get written() {
      return written;
    },
    /** Resolves when nothing is measured any more. */
    settled: () => measuring,
  };
}

async function measuredSince(settings: Settings, since: Instant, signal: AbortSignal): Promise<Event> {
  try {
    const { countFailedJobs } = await import('../../data/postgres/job-impact.ts');
    const counted = await countFailedJobs(settings, since, AbortSignal.any([signal, AbortSignal.timeout(patience)]));
    if (counted.ok) return { kind: 'measured', since, jobs: counted.value };
    return { kind: 'measured', since, why: `the database gave no answer: ${counted.fault.what}` };
  } catch {
    return { kind: 'measured', since, why: 'the database gave no answer' };
  }
}
