import type { CauseOf } from './panes/surfaces.ts';

/** The runbook's table of error patterns. */
export const causeOf: CauseOf = () => undefined;
