// Every part the engine has. A new one is one line here.
import { incidentPart } from './incident/module.ts';
import { logsPart } from './logs.ts';
import type { MakePart } from './module.ts';
import { looksPart } from './queries.ts';
import { runsPart } from './runs/module.ts';

export const parts: readonly MakePart[] = [looksPart, logsPart, incidentPart, runsPart];
