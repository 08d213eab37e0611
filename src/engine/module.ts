// The engine consists of modules: queries, logs, incident, runs. Each handles its own commands and owns its slice of
// `Update`; none imports another.
import type { Settings } from '../config/settings.ts';
import type { SurfaceAct } from '../core/platform/surface-acts.ts';
import type { Scope, World } from '../core/world/world.ts';
import type { Command, Update } from './protocol.ts';

/** What a module gets from the engine. */
export type EngineContext = {
  settings: Settings;
  scope: Scope;
  /** The current world. */
  world(): World;
  /** Sends a slice to the screen; merged with others and delivered when the screen is ready. */
  emit(update: Update): void;
  /** Puts into the world what the journal records of surfaces. */
  learn(acts: readonly SurfaceAct[]): void;
  /** Called after the world changed and at least once a second. */
  onWorld(listener: (world: World) => void): void;
  /** Polls a source now instead of at its next interval. */
  refresh(fact?: keyof World['readings']): void;
  /** Aborts when the engine stops. */
  signal: AbortSignal;
};

export type EngineModule = {
  /** Ignores the commands of other modules. */
  handle?(command: Command): void;
  /** Resolves when the module has closed everything. */
  stop?(): Promise<void>;
};

export type CreateModule = (context: EngineContext) => EngineModule;
