import type { Fault } from '../world/reading.ts';

/** A fault in one line: what happened, and where. */
export function describeFault(fault: Fault): string {
  return fault.what.includes(fault.where) ? fault.what : `${fault.what} (${fault.where})`;
}
