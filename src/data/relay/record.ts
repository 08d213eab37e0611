// Small records on the relay, as JSON. Anybody who can write there may have written one.
import type { ZodType } from 'zod';
import { safe } from '../journal/sanitize-entry.ts';

/** Characters of a text in a record. */
const longestText = 200;
/** Characters of a record; ours have a few hundred. */
const longestRecord = 4000;

/** A text of the relay as what it should be, sanitized; undefined for anything else. */
export function readRecord<T>(text: string | null | undefined, schema: ZodType<T>): T | undefined {
  if (text === null || text === undefined || text.length > longestRecord) return undefined;
  try {
    const read = schema.safeParse(JSON.parse(text));
    return read.success ? safe(read.data, longestText) : undefined;
  } catch {
    return undefined;
  }
}
