import type { Incident } from './incident.ts';

/** Access by an unauthorized person is possible: nothing about it is announced to everybody without a decision. */
export function isSecurity({ procedure, procedures }: Incident): boolean {
  return procedure === 'security' || procedures.includes('security');
}
