// Everything that doctor found, as data: for its own table, for programs, and for a support bundle.
import { describeRedirection, type Loaded } from '../../config/load.ts';
import { describeProblem } from '../../config/problem.ts';
import { type Checkup, overall } from '../../core/health/checkup.ts';
import type { HealthStatus } from '../../core/health/status.ts';
import type { Ms } from '../../core/time.ts';
import { doctorChecks } from '../../data/doctor.ts';
import { runCheck } from '../../data/doctor-check.ts';

/** Grows only by additions. */
export type DoctorReport = {
  version: 1;
  /** ISO 8601, UTC. */
  at: string;
  profile: string;
  verdict: HealthStatus;
  checkups: readonly Checkup[];
};

/** Runs every check at once; `timeout` is for one question to one backend, a backend as a whole has three times as long. `send`: webhooks get a test message. */
export async function doctorReport(
  loaded: Extract<Loaded, { ok: true }>,
  timeout: Ms,
  send = false,
): Promise<DoctorReport> {
  const { settings, redirected, ignored } = loaded;
  const at = new Date().toISOString();
  const found = await runCheck(doctorChecks(settings, timeout, send), 3 * timeout, new AbortController().signal);
  const elsewhere = redirected.map((one) => ({
    area: 'configuration',
    what: one.option,
    verdict: 'warning' as const,
    answer: describeRedirection(one),
    todo: `if this is not intended, check ${one.origin.says}`,
  }));
  const passedOver = ignored.map((one) => ({
    area: 'configuration',
    what: one.option ?? one.source,
    verdict: 'ok' as const,
    answer: describeProblem(one),
  }));
  const checkups = [...elsewhere, ...passedOver, ...found];
  return { version: 1, at, profile: settings.profile, verdict: overall(checkups), checkups };
}
