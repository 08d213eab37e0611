// Every procedure of the runbook, by its id.
import type { Checklist, ProcedureId, Severity, Step } from '../core/incident/checklist.ts';
import { databaseMaintenance, evidenceCleanup, sessionMaintenance, standardDeployment } from './maintenance.ts';
import { evidenceRecovery, fullRecovery, pointInTimeRecovery, rollback } from './recovery.ts';
import { apiKeyRotation, credentialRotation } from './rotation.ts';
import { security } from './security.ts';
import { sev1 } from './sev1.ts';
import { sev2 } from './sev2.ts';
import { sev3 } from './sev3.ts';
import { sev4 } from './sev4.ts';

/** In the order of the runbook's use. */
export const checklists: readonly Checklist[] = [
  sev1,
  sev2,
  sev3,
  sev4,
  security,
  fullRecovery,
  pointInTimeRecovery,
  evidenceRecovery,
  rollback,
  standardDeployment,
  apiKeyRotation,
  credentialRotation,
  databaseMaintenance,
  sessionMaintenance,
  evidenceCleanup,
];

export function checklist(id: ProcedureId): Checklist {
  const found = checklists.find((one) => one.id === id);
  if (!found) throw new Error(`no checklist ${id}`);
  return found;
}

/** The checklist of a severity: `sev1` … `sev4`. */
export function checklistFor(severity: Severity): Checklist {
  return checklist(`sev${severity}`);
}

/** A step with the checklist that it belongs to. */
export function findStep(id: string): { checklist: Checklist; step: Step; at: number } | undefined {
  for (const list of checklists) {
    const at = list.steps.findIndex((step) => step.id === id);
    const step = list.steps[at];
    if (step) return { checklist: list, step, at };
  }
  return undefined;
}
