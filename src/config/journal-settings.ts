// The journal and the person who writes it.
import * as z from 'zod';
import { longestName, whatIsWrongWithName } from '../core/incident/person.ts';

const text = z.string().min(1);

export const journal = z
  .object({
    directory: text.meta({ path: true }).optional().describe('default: $XDG_STATE_HOME/bentham-cockpit/PROFILE'),
    group: text.optional().describe('not supported: a journal belongs to one user; remove this option'),
    name: text.optional().describe('an older name of person.name'),
  })
  .prefault({});

export const person = z
  .object({
    name: text
      .refine(
        (name) => whatIsWrongWithName(name) === undefined,
        `a name of at most ${longestName} characters, other than cockpit`,
      )
      .optional()
      .describe('your name in incidents (default: the OS user; a shared account asks)'),
  })
  .prefault({});
