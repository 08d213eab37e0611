// The connections that the cockpit keeps: one small one per server, and one on the primary for studies and jobs. Never
// more than two on a server, however many screens look.
import type { Settings } from '../../config/settings.ts';
import { Session } from './session.ts';

export type Sessions = {
  /** Facts of the server itself, sessions, tables. */
  primary: Session;
  replica?: Session;
  /** Studies, jobs, keys: what may take its time. */
  studies: Session;
};

const kept = new WeakMap<Settings, Sessions>();

/** The sessions of these settings; sources and looks share them. Nothing is opened before it is used. */
export function sessionsFor(settings: Settings): Sessions {
  let sessions = kept.get(settings);
  if (!sessions) {
    const { primary, replica } = settings.database;
    sessions = {
      primary: new Session(primary),
      ...(replica ? { replica: new Session(replica) } : {}),
      studies: new Session(primary),
    };
    kept.set(settings, sessions);
  }
  return sessions;
}
