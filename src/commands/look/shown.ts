// What a look prints.
/** A table with its head, and what is said below it. */
export type Shown = { head: readonly string[]; rows: readonly (readonly string[])[]; says: readonly string[] };
