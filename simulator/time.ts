// Time as the simulator counts it.

/** Milliseconds since 1970-01-01 UTC. */
export type Instant = number;
/** A duration in milliseconds. */
export type Ms = number;

export const second: Ms = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;
