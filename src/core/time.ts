/** Milliseconds since the Unix epoch, UTC. */
export type Instant = number;

/** A span in milliseconds. */
export type Ms = number;

export const second: Ms = 1000;
export const minute: Ms = 60 * second;
export const hour: Ms = 60 * minute;
export const day: Ms = 24 * hour;
