// Every part the engine has. A new one is one line here.
import { incidentPart } from './incident/part.ts';
import { logsPart } from './logs.ts';
import { looksPart } from './looks.ts';
import type { MakePart } from './part.ts';
import { runsPart } from './runs/part.ts';

export const parts: readonly MakePart[] = [looksPart, logsPart, incidentPart, runsPart];
