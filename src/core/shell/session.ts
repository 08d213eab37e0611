// Programs that get the terminal (a shell in a pod, psql, redis-cli) and port-forwards: what is asked for, and what the
// screen knows of them. Plain data: it crosses the engine's thread.
import type { Instant } from '../time.ts';

/** What the journal calls them. */
export const shellTools = ['exec', 'debug', 'psql', 'redis-cli', 'port-forward'] as const;
export type ShellTool = (typeof shellTools)[number];

/** A program in the terminal. `container` '': the pod's default one. `writes`: without the guard that keeps a session from changing data. */
export type ShellRequest =
  | { tool: 'exec'; pod: string; container: string }
  /** An ephemeral container in a pod whose own container has no shell. It stays until the pod is replaced. */
  | { tool: 'debug'; pod: string; container: string; image: string }
  | { tool: 'psql'; server: 'primary' | 'replica'; writes: boolean }
  | { tool: 'redis-cli'; writes: boolean };

/** Whether it can change the platform: then it needs control, and in a guarded environment arming. */
export function isChange(request: ShellRequest): boolean {
  return request.tool === 'exec' || request.tool === 'debug' || request.writes;
}

/**
 * Where a session stands. `ready`: the checks passed, and the terminal is awaited. `no-shell`: the container has none, a
 * debug container would. `turn`: chosen by the requester.
 */
export type ShellSession = {
  turn: string;
  request: ShellRequest;
  phase: 'checking' | 'ready' | 'no-shell' | 'refused' | 'ended';
  /** What the terminal shows before the program starts: what it is, the command, what guards it. */
  banner?: { title: string; command: string; note: string };
};

/** A port of a pod, reachable at an address of loopback for as long as the cockpit runs. */
export type Forward = {
  id: string;
  pod: string;
  /** The port in the pod. */
  port: number;
  /** `127.0.0.1:8080`. */
  address: string;
  /** The process that listens: it ends with the cockpit, however that ends. */
  pid: number;
  since: Instant;
  /** Open connections now, and all that there were. */
  open: number;
  total: number;
  /** Why the last connection failed. */
  fault?: string | undefined;
};

export type Shells = { session?: ShellSession | undefined; forwards: readonly Forward[] };

/** From the screen to the engine. */
export type ShellCommand =
  | { do: 'open'; turn: string; request: ShellRequest }
  /** The terminal is free for the program. */
  | { do: 'go'; turn: string }
  /** The terminal is not given: nothing starts. */
  | { do: 'drop'; turn: string }
  /** `local`: the port on this host; 0: any free one. */
  | { do: 'forward'; pod: string; port: number; local: number }
  | { do: 'stop-forward'; id: string };

/**
 * Whether a text can be the name of a pod or a container (RFC 1123, as Kubernetes demands it). Anything else is refused
 * before it is an argument.
 */
export function isObjectName(name: string): boolean {
  return name.length <= 253 && /^[a-z0-9][-a-z0-9.]*$/.test(name);
}

/** Whether a text can be the reference of a container image: no blanks, and no option. */
export function isImageName(image: string): boolean {
  return image.length <= 500 && /^[a-zA-Z0-9][\w./:@-]*$/.test(image);
}
