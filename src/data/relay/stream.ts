// The relay's streams: one for each incident, and an index of incidents. A line is one journal entry as it was signed; what
// comes out of a stream is text of a stranger until its signature was checked.
import { hour } from '../../core/time.ts';
import { ulidText } from '../journal/plausible.ts';
import type { RelayClient, RelayOptions } from './connect.ts';

/** Bytes of a line on the relay: the longest that is sent, and the longest that is taken. */
export const longestLine = 100_000;
/** Lines of one answer: with the longest lines it stays below what a connection may answer (`connect.ts` of redis). */
const page = 64;
/** Incidents of the index that are read, newest first. */
const indexed = 200;

/** What begins a stream. */
export const beginning = '0-0';

const streamId = /^\d{1,20}-\d{1,20}$/;

/** The lines of a stream after `from`; `last`: where the next reading begins; `entries`: with those that are no lines. */
export type Page = { lines: readonly string[]; entries: number; last: string; full: boolean };

export const streamOf = ({ root }: RelayOptions, incident: string): string => `${root}:incident:${incident}`;
const indexOf = ({ root }: RelayOptions): string => `${root}:index`;

export type Appended = {
  lines: readonly string[];
  /** How many entries the stream keeps. */
  keeps: number;
};

/** Appends lines in their order; resolves when all were taken. Throws at the first that was not. */
export async function append(
  client: RelayClient,
  options: RelayOptions,
  incident: string,
  { lines, keeps }: Appended,
): Promise<void> {
  const key = streamOf(options, incident);
  for (let at = 0; at < lines.length; at += page) {
    const pipeline = client.pipeline();
    for (const line of lines.slice(at, at + page))
      pipeline.call('XADD', key, 'MAXLEN', '~', String(keeps), '*', 'line', line);
    pipeline.call('PEXPIRE', key, String(options.keeps.time));
    for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error;
  }
}

/** One page of a stream after `from`. */
export async function read(client: RelayClient, options: RelayOptions, incident: string, from: string): Promise<Page> {
  const answer = await client.call('XRANGE', streamOf(options, incident), after(from), '+', 'COUNT', String(page));
  return pageOf(answer, from);
}

/** How many lines a stream has. */
export async function lengthOf(client: RelayClient, options: RelayOptions, incident: string): Promise<number> {
  return Number(await client.call('XLEN', streamOf(options, incident)));
}

/** Says in the index that an incident is open, or over. */
export async function announce(
  client: RelayClient,
  options: RelayOptions,
  incident: string,
  state: 'open' | 'over',
): Promise<void> {
  const key = indexOf(options);
  await client.call('XADD', key, 'MAXLEN', '~', String(indexed * 5), '*', 'incident', incident, 'state', state);
  await client.call('PEXPIRE', key, String(Math.max(options.keeps.time, hour)));
}

/** The incidents of the index that are open, newest first, and where its news begin. */
export async function openIncidents(
  client: RelayClient,
  options: RelayOptions,
): Promise<{ incidents: readonly string[]; last: string }> {
  const answer = await client.call('XREVRANGE', indexOf(options), '+', '-', 'COUNT', String(indexed));
  const entries = entriesOf(answer);
  const state = new Map<string, string>();
  for (const { fields } of entries) {
    const { incident = '', state: told = '' } = fields;
    if (ulidText.test(incident) && !state.has(incident)) state.set(incident, told);
  }
  const incidents = [...state].filter(([, told]) => told !== 'over').map(([incident]) => incident);
  return { incidents, last: entries[0]?.id ?? beginning };
}

/** News of the index and of several streams; waits for them up to `wait` (ms). */
export async function news(
  client: RelayClient,
  options: RelayOptions,
  from: { index: string; incidents: ReadonlyMap<string, string> },
  wait: number,
): Promise<{ index: string; opened: readonly string[]; pages: ReadonlyMap<string, Page> }> {
  const cursors = [...from.incidents];
  const keys = [indexOf(options), ...cursors.map(([incident]) => streamOf(options, incident))];
  const ids = [from.index, ...cursors.map(([, id]) => id)];
  const answer = await client.call('XREAD', 'COUNT', String(page), 'BLOCK', String(wait), 'STREAMS', ...keys, ...ids);
  const byKey = byStream(answer);
  const index = entriesOf(byKey.get(keys[0]));
  const opened = index
    .filter(({ fields }) => ulidText.test(fields.incident ?? '') && fields.state !== 'over')
    .map(({ fields }) => fields.incident ?? '');
  const pages = cursors.flatMap(([incident, id], at): [string, Page][] => {
    const found = byKey.get(keys[at + 1]);
    return found ? [[incident, pageOf(found, id)]] : [];
  });
  return { index: index.at(-1)?.id ?? from.index, opened, pages: new Map(pages) };
}

/** The least id after this one. */
function after(id: string): string {
  const [time, sequence = '0'] = id.split('-');
  return `${time}-${BigInt(sequence) + 1n}`;
}

function pageOf(answer: unknown, from: string): Page {
  const entries = entriesOf(answer);
  const lines = entries.flatMap(({ fields: { line } }) =>
    line !== undefined && Buffer.byteLength(line) <= longestLine ? [line] : [],
  );
  return { lines, entries: entries.length, last: entries.at(-1)?.id ?? from, full: entries.length >= page };
}

type StreamEntry = { id: string; fields: Record<string, string> };

/** Anything may be answered: what is no entry is left out. */
function entriesOf(answer: unknown): StreamEntry[] {
  if (!Array.isArray(answer)) return [];
  return answer.slice(0, Math.max(page, indexed)).flatMap((each: unknown): StreamEntry[] => {
    const [id, flat] = Array.isArray(each) ? each : [];
    if (typeof id !== 'string' || !streamId.test(id) || !Array.isArray(flat)) return [];
    const fields: Record<string, string> = Object.create(null);
    for (let at = 0; at + 1 < Math.min(flat.length, 16); at += 2) {
      const [name, value] = [flat[at], flat[at + 1]];
      if (typeof name === 'string' && typeof value === 'string') fields[name] = value;
    }
    return [{ id, fields }];
  });
}

/** RESP2 answers pairs, RESP3 a map, which the client gives as one flat list. */
function byStream(answer: unknown): ReadonlyMap<unknown, unknown> {
  if (!Array.isArray(answer)) return new Map();
  if (Array.isArray(answer[0]))
    return new Map(answer.flatMap((each) => (Array.isArray(each) ? [[each[0], each[1]]] : [])));
  return new Map(answer.flatMap((key: unknown, at) => (at % 2 === 0 ? [[key, answer[at + 1]]] : [])));
}
