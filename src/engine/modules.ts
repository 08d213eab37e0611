// Every module of the engine. A new one is one line here.
import type { Settings } from '../config/settings.ts';
import { initialArming } from '../core/actions/arming.ts';
import type { Ms } from '../core/time.ts';
import { incidentModule } from './incident/module.ts';
import { journalReadingModule } from './incident/reading.ts';
import { Recorder } from './incident/recorder.ts';
import { lackingModule } from './lacking.ts';
import type { CreateModule } from './module.ts';
import { moduleLater } from './module-later.ts';
import { queriesModule } from './queries.ts';
import { type Armed, runsModule } from './runs/module.ts';
import { shellModule } from './shell/module.ts';
import { signInModule } from './sign-in.ts';
import { surfaceActsModule } from './surface-acts.ts';

/** The modules; those that record share one journal. `screenWaits`: how long the screen has not taken an update, in ms. */
export function modulesFor(settings: Settings, screenWaits?: () => Ms): readonly CreateModule[] {
  const recorder = new Recorder(settings, screenWaits);
  const armed: Armed = { arming: initialArming(settings.environment) };
  return [
    queriesModule,
    // With the expressions of its filter, a tenth of the engine's code.
    moduleLater(['logs', 'logs-save'], async () => (await import('./logs.ts')).logsModule),
    incidentModule(recorder),
    journalReadingModule(recorder),
    runsModule(recorder, armed),
    surfaceActsModule(recorder),
    signInModule,
    lackingModule,
    shellModule(recorder, armed),
  ];
}
