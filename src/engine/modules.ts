// Every module of the engine. A new one is one line here.
import type { Settings } from '../config/settings.ts';
import { incidentModule } from './incident/module.ts';
import { Recorder } from './incident/recorder.ts';
import { logsModule } from './logs.ts';
import type { CreateModule } from './module.ts';
import { queriesModule } from './queries.ts';
import { runsModule } from './runs/module.ts';
import { signInModule } from './sign-in.ts';
import { surfaceActsModule } from './surface-acts.ts';

/** The modules; those that record share one journal. */
export function modulesFor(settings: Settings): readonly CreateModule[] {
  const recorder = new Recorder(settings);
  return [
    queriesModule,
    logsModule,
    incidentModule(recorder),
    runsModule(recorder),
    surfaceActsModule(recorder.journal),
    signInModule,
  ];
}
