// Entries through the door, on the way in and on the way out: no control characters, no secrets.
import type { Entry, Event, Writer } from '../../core/incident/event.ts';
import { formatCount } from '../../core/text/format.ts';
import { sanitize } from '../../core/text/text.ts';

/** Characters of a text, unless said otherwise. */
const longestText = 4000;

/** Every text of a value through the door. */
export function safe<T>(value: T, longest = longestText): T {
  if (typeof value === 'string') return safeText(value, longest) as T;
  if (Array.isArray(value)) return value.map((each) => safe(each, longest)) as T;
  if (value && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, safe(each, longest)])) as T;
  return value;
}

/** Characters of an event as JSON: with the rest of its line it stays below what is read (`longestLine`). */
const longestEvent = 900_000;

/** An event that fits into a line: of its lists the first items, and how many more there were. */
export function fitting(event: Event): Event {
  const lengthOf = (value: unknown) => JSON.stringify(value)?.length ?? 0;
  if (lengthOf(event) <= longestEvent) return event;
  const fields = Object.entries(event);
  let left = longestEvent - lengthOf(Object.fromEntries(fields.filter(([, value]) => !Array.isArray(value))));
  const shortened = fields.map(([name, value]): [string, unknown] => {
    if (!Array.isArray(value)) return [name, value];
    const over = value.findIndex((each) => {
      left -= lengthOf(each) + 1;
      return left < 1000;
    });
    return [name, over < 0 ? value : [...value.slice(0, over), `… and ${formatCount(value.length - over)} more`]];
  });
  return Object.fromEntries(shortened) as Event;
}

/** Names, kinds and states stand in thousands of entries: texts of up to so many characters are remembered, this many. */
const shortText = 60;
const mostTexts = 4000;
const texts = new Map<string, string>();

function safeText(text: string, longest: number): string {
  if (text.length > shortText || longest !== longestText) return sanitize(text, longest);
  const known = texts.get(text);
  if (known !== undefined) return known;
  if (texts.size >= mostTexts) texts.clear();
  const made = sanitize(text, longest);
  texts.set(text, made);
  return made;
}

/** The writer of each session: one object, instead of one for each of its entries. */
const writers = new Map<string, { given: Writer; made: Writer }>();
const mostWriters = 1000;

function safeWriter(given: Writer): Writer {
  const known = writers.get(given.session);
  const { user, name, host, key } = given;
  const last = known?.given;
  if (known && last?.user === user && last.name === name && last.host === host && last.key === key) return known.made;
  if (writers.size >= mostWriters) writers.clear();
  const made = safe(given);
  writers.set(given.session, { given, made });
  return made;
}

/** The same for an entry whose line was read: its id is a ULID. */
export function safeEntry({ id, at, writer, event, automatic, environment, drill, incident }: Entry): Entry {
  return {
    id,
    at,
    writer: safeWriter(writer),
    environment: safe(environment),
    drill: drill === undefined ? undefined : safe(drill),
    incident: incident === undefined ? undefined : safe(incident),
    automatic,
    event: safe(event),
  };
}
