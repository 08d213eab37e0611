// What the engine (sources, journal, incident, actions, queries; a worker thread) and the screen (ink; the main thread)
// exchange. Plain data only: it crosses a thread.
import type { ActionId, Lacking, Target } from '../core/actions/action.ts';
import type { Arming } from '../core/actions/arming.ts';
import type { LoggedCommand } from '../core/actions/command-log.ts';
import type { Run } from '../core/actions/run.ts';
import type { HealthStatus } from '../core/health/status.ts';
import type { IncidentCommand, IncidentContext } from '../core/incident/context.ts';
import type { Incident } from '../core/incident/incident.ts';
import type { LogsShown, LogsView } from '../core/logs/log-view.ts';
import type { SurfaceAct } from '../core/platform/surface-acts.ts';
import type { Query, QueryReadings } from '../core/queries/query.ts';
import type { ShellCommand, Shells } from '../core/shell/session.ts';
import type { Instant } from '../core/time.ts';
import type { FactId } from '../core/world/facts.ts';
import type { SignInOffer, SignIns } from '../core/world/sign-in.ts';
import type { History, Readings, Scope } from '../core/world/world.ts';

/** The state of the engine. `failed`: it crashed and is restarting. */
export type EngineState = { state: 'running' } | { state: 'failed'; why: string };

/** Engine → screen: only what changed. Sent in batches; the next one waits for the acknowledgement. */
export type Update = {
  /** The screen's clock. It continues while the engine stalls, so that stale values show their age. */
  now?: Instant;
  scope?: Scope;
  readings?: Partial<Readings>;
  history?: History;
  /** What the journal records of surfaces. */
  surfaceActs?: readonly SurfaceAct[];
  queries?: QueryReadings;
  /** Absent: nothing new; undefined: no log is open any more. */
  logs?: LogsShown | undefined;
  engine?: EngineState;
  /** Runs of actions that changed, by id. */
  runs?: { readonly [id: string]: Run };
  arming?: Arming;
  /** The engine's answer to a command, shown once. */
  said?: { says: string; verdict: HealthStatus };
  /** Logins that can be renewed in the terminal. */
  signIns?: SignIns;
  /** Why actions cannot run from this machine, by their ids: a missing program, script or token. */
  lacking?: Lacking;
  /** The program that has the terminal, and the port-forwards. */
  shells?: Shells;
  /** The command log of all actions, newest last. */
  commands?: readonly LoggedCommand[];
  /** How much of a long journal has been read, from 0 to 1, until `incidentContext` comes. */
  journalRead?: number;
  /** Journal, alerts, people, channels. */
  incidentContext?: IncidentContext;
  /** The incident that is shown; null: none. */
  incident?: Incident | null;
};

/** Screen → engine. */
export type Command =
  /** Poll now: one fact, or all. */
  | { kind: 'refresh'; fact?: FactId }
  /** Keep an answer fresh until `unlook`. */
  | { kind: 'subscribe'; ask: Query }
  | { kind: 'unsubscribe'; ask: Query }
  /** An action; its id comes from the requester, so that late answers find their dialog. */
  | { kind: 'run'; run: string; what: RunDo }
  | { kind: 'arm'; reason: string }
  | { kind: 'disarm' }
  /** A key was pressed: keeps it armed. */
  | { kind: 'present' }
  /** Another screen is shown; `screen`: its title, for the others. */
  | { kind: 'looking'; screen: string }
  /** Collect and show this log; without a view: none any more. */
  | { kind: 'logs'; view?: LogsView }
  /** Write the lines that pass to a file in the present directory. */
  | { kind: 'logs-save' }
  /** Renew a login: the terminal is free for the program that asks. `turn` comes back with its end. */
  | { kind: 'sign-in'; id: SignInOffer['id']; turn: string }
  /** A program in the terminal, or a port-forward. */
  | { kind: 'shell'; what: ShellCommand }
  /** What a person does about an incident. */
  | { kind: 'incident'; what: IncidentCommand };

export type RunDo =
  | { do: 'plan'; action: ActionId; target: Target }
  | { do: 'confirm'; typed: readonly string[] }
  /** Before the first call: nothing happens. Afterwards: it is asked to stop. */
  | { do: 'cancel' }
  /** Its output is not kept any longer: it held a secret. */
  | { do: 'forget' };

/** The screen's handle on the engine. */
export interface Engine {
  /** Called with each batch, from the start; returns how to stop listening. */
  subscribe(listener: (update: Update) => void): () => void;
  send(command: Command): void;
  /** Stops the sources and the thread; resolves when both have ended. */
  stop(): Promise<void>;
}
