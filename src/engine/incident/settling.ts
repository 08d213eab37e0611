// What this cockpit may record by itself, and what a verified action of it settles.
import { hasControl } from '../../core/incident/authority.ts';
import type { IncidentCommand } from '../../core/incident/context.ts';
import { type Incident, isOngoing } from '../../core/incident/incident.ts';
import type { World } from '../../core/world/world.ts';
import { settledSteps } from '../../runbook/settled-steps.ts';
import type { Recorder } from './recorder.ts';

/** The open incident that this cockpit controls; undefined where there is none, or it only observes. */
export function ownIncident({ incident, journal }: Recorder, observing: boolean): Incident | undefined {
  if (!incident || !isOngoing(incident) || observing) return undefined;
  return hasControl(incident.control, journal.writer) ? incident : undefined;
}

/** The steps to record now; each is due once. */
export function settled(recorder: Recorder, observing: boolean, world: World): readonly IncidentCommand[] {
  const incident = ownIncident(recorder, observing);
  return incident ? settledSteps(incident, recorder.journal.writer.session, world) : [];
}

/** One after the other. */
export async function inTurn(all: readonly IncidentCommand[], carryOut: (what: IncidentCommand) => Promise<void>) {
  for (const what of all) await carryOut(what);
}
