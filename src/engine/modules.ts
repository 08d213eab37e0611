// Every module of the engine. A new one is one line here.
import type { Settings } from '../config/settings.ts';
import { incidentPart } from './incident/module.ts';
import { Recorder } from './incident/recorder.ts';
import { logsPart } from './logs.ts';
import type { MakePart } from './module.ts';
import { looksPart } from './queries.ts';
import { runsPart } from './runs/module.ts';

/** The modules; those that record share one journal. */
export function modulesFor(settings: Settings): readonly MakePart[] {
  const recorder = new Recorder(settings);
  return [looksPart, logsPart, incidentPart(recorder), runsPart(recorder)];
}
