// The results of a check.
import type { Check } from './action.ts';
import type { Progress } from './progress.ts';

/** It is as it should be. */
export const proven = (because: string): Check => ({ state: 'pass', because });
/** It is not, and will not become so. */
export const disproven = (because: string): Check => ({ state: 'fail', because });
/** Not yet: checked again until time is up. */
export const notYet = (because: string, progress?: Progress): Check => ({ state: 'unknown', because, progress });
