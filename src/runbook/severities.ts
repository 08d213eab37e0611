import type { Severity } from '../core/incident/checklist.ts';

/** The runbook's words for a severity (runbook, Severity Levels). */
export type SeverityLevel = { severity: Severity; description: string; example: string };

export const severityLevels: readonly SeverityLevel[] = [
  { severity: 1, description: 'Complete outage', example: 'API returning 5xx for all requests' },
  { severity: 2, description: 'Major degradation', example: 'Study execution failing >50%' },
  { severity: 3, description: 'Minor degradation', example: 'Single surface adapter failing' },
  { severity: 4, description: 'Low impact', example: 'Slow response times, cosmetic issues' },
];

export function severityLevel(severity: Severity): SeverityLevel {
  const found = severityLevels.find((level) => level.severity === severity);
  if (!found) throw new Error(`no severity ${severity}`);
  return found;
}
