// What each verb of the drill's kubectl is given.
import type { Entry } from './entry.ts';

export type VerbContext = {
  entry: Entry;
  directory: string;
  namespace: string;
  /** After the verb. */
  names: readonly string[];
  files: readonly string[];
  selector: string | undefined;
  /** apply: a dry run, by the client or on the server. */
  dryRun: 'none' | 'client' | 'server';
  /** A directory for its own files; who is killed leaves them there. */
  scratch: string;
  print(line: string): void;
  signal: AbortSignal;
};

/** One of its verbs; resolves with the exit code. */
export type Verb = (context: VerbContext) => Promise<number>;
