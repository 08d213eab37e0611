// The engine's thread: collects, judges, journals and acts, so that a stalled terminal stops none of it.
export {};
