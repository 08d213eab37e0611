/** A part of an answer that could not be had, and why. */
export type Missing = { part: 'node' | 'events' | 'use' | 'revisions'; why: string };

/** A part that is not visible to our role, and the statement that grants it. */
export type MissingPart = { part: DatabasePart; grant: string };
export type DatabasePart =
  | 'connections'
  | 'replication lag'
  | 'writes'
  | 'privileges'
  | 'transactions'
  | 'replication slots'
  | 'age of ids'
  | 'archiver'
  | 'checksums'
  | 'prepared transactions'
  | 'sequences'
  | 'longest transaction'
  | 'blocked sessions'
  | 'sessions'
  | 'other roles’ sessions'
  | 'states, transactions and queries of other roles'
  | 'tables'
  | 'running vacuums'
  | 'replication';
