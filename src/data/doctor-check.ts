import { type Checkup, faulty } from '../core/health/checkup.ts';
import type { Ms } from '../core/time.ts';
import { deadline } from './source.ts';

/** Something that `doctor` tries: one backend, with all that hangs on it. */
export type DoctorCheck = {
  area: string;
  /** What is said to have failed when the whole of it did not answer. */
  what: string;
  where: string;
  /** Whether the cockpit cannot do without it. */
  essential: boolean;
  /** Honours the signal; expected failures are checkups. */
  run(signal: AbortSignal): Promise<readonly Checkup[]>;
};

/** Tries all at once, each with its own deadline. What is late or breaks becomes a checkup like any other. */
export async function runCheck(probes: readonly DoctorCheck[], timeout: Ms, signal: AbortSignal): Promise<Checkup[]> {
  const all = await Promise.all(
    probes.map(async (probe) => {
      const read = async (own: AbortSignal) => ({ ok: true as const, value: await probe.run(own) });
      const outcome = await deadline(read, timeout, probe.where, signal);
      return outcome.ok ? outcome.value : [faulty(probe, outcome.fault, probe.essential)];
    }),
  );
  return all.flat();
}
