// Lines of a journal as anybody can make them: with a key of their own.
import { ulid } from 'ulid';
import type { Entry, Event } from '../../src/core/incident/event.ts';
import { beginning, writeLine } from '../../src/data/journal/line.ts';
import type { Signer } from '../../src/data/journal/signature.ts';

/** A line as this program would have written it, whoever signs it. */
export function lineOf(event: Event, incident: string, signer: Signer, more: Partial<Entry> = {}): string {
  const writer = { session: ulid(), user: 'mallory', name: 'mallory', host: 'elsewhere' };
  const entry: Entry = { id: ulid(), at: Date.now(), writer, environment: 'PRODUCTION', incident, event, ...more };
  return writeLine(entry, { seq: 1, prev: beginning, part: [1, beginning], seen: {} }, signer).text;
}
