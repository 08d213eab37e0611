// One line of a journal file: JSON that carries the hash of the line before it and its own.
import { createHash } from 'node:crypto';
import type { Entry, Event } from '../../core/incident/event.ts';
import { lineSchema, readEvent } from './event-schema.ts';

/** How far another writer's file was when this line was written: number of lines, and the hash of the last. */
export type Seen = Readonly<Record<string, readonly [lines: number, hash: string]>>;

/** A line as it stands in its file. */
export type Line = { entry: Entry; seq: number; prev: string; hash: string; seen: Seen };

/** Bytes of a file that is still read: hundreds of thousands of entries. */
export const longestFile = 64 * 1024 * 1024;
/** Characters of a line: more than any entry has. */
const longestLine = 1024 * 1024;

/** What the first line of a file follows. */
export const beginning = '0'.repeat(64);

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

type Stored = {
  v: 1;
  id: string;
  at: string;
  seq: number;
  session: string;
  user: string;
  name: string;
  host: string;
  environment: string;
  drill?: string;
  incident?: string;
  event: Event;
  seen?: Seen;
  prev: string;
};

/** The line's text, without its line end. The hash covers every byte before it, the predecessor's hash among them. */
export function writeLine(entry: Entry, seq: number, prev: string, seen: Seen): { text: string; hash: string } {
  const { id, at, writer, environment, drill, incident, event } = entry;
  const stored: Stored = {
    v: 1,
    id,
    at: new Date(at).toISOString(),
    seq,
    ...writer,
    environment,
    drill,
    incident,
    event,
    seen: Object.keys(seen).length > 0 ? seen : undefined,
    prev,
  };
  const body = JSON.stringify(stored);
  const hash = sha256(body);
  return { text: `${body.slice(0, -1)},"hash":"${hash}"}`, hash };
}

const ending = /,"hash":"([0-9a-f]{64})"\}$/;

/** Reads a line; undefined when it is not one (torn, or not of this program). `intact`: its own hash agrees. */
export function readLine(text: string): (Line & { intact: boolean }) | undefined {
  if (text.length > longestLine) return undefined;
  const end = ending.exec(text.slice(-80));
  if (!end?.[1]) return undefined;
  const body = `${text.slice(0, -end[0].length)}}`;
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return undefined;
  }
  const stored = lineSchema.safeParse(json);
  if (!stored.success) return undefined;
  const { id, at, seq, session, user, name, host, environment, drill, incident, prev, seen } = stored.data;
  const event = readEvent(stored.data.event);
  if (!event) return undefined;
  const entry: Entry = {
    id,
    at: Date.parse(at),
    writer: { session, user, name, host },
    environment,
    drill: drill || undefined,
    incident: incident || undefined,
    event,
  };
  return { entry, seq, prev, hash: end[1], seen, intact: sha256(body) === end[1] };
}
