// The engine is made of parts: facts, looks, incident, runs. Each handles its own commands and owns its slice of
// `Update`; none knows the others.
import type { Settings } from '../config/settings.ts';
import type { Scope, World } from '../core/world/world.ts';
import type { Command, Update } from './protocol.ts';

/** What a part gets from the engine. */
export type EngineContext = {
  settings: Settings;
  scope: Scope;
  /** The world as it is now. */
  world(): World;
  /** Hands a slice to the screen; merged with others and delivered when the screen is ready. */
  emit(update: Update): void;
  /** Called after the world changed and at least once a second. */
  onWorld(listener: (world: World) => void): void;
  /** Ask a source now, not when its next turn comes. */
  refresh(fact?: keyof World['readings']): void;
  /** Aborts when the engine stops. */
  signal: AbortSignal;
};

export type EngineModule = {
  /** Commands of other parts are passed by. */
  handle?(command: Command): void;
  /** Resolves when the part holds nothing open any more. */
  stop?(): Promise<void>;
};

export type CreateModule = (context: EngineContext) => EngineModule;
