// Streams of the drill's relay: XADD, XRANGE, XREVRANGE, XREAD, XLEN, XTRIM, XDEL.
import { noId, notWhole, syntax, wrongCount, wrongType } from './errors.ts';
import { array, bulk, error, integer, noArray, type Reply } from './protocol.ts';
import { type Command, compareIds, type EntryId, idText, type Records, type StreamEntry } from './records.ts';

type Stream = { entries: StreamEntry[]; last: EntryId };

const beginning: EntryId = [0, 0];
const end: EntryId = [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];

/** Bytes that a stream takes, roughly. */
export const bytesOf = (entries: readonly StreamEntry[]): number =>
  entries.reduce((sum, { fields }) => sum + 40 + fields.reduce((all, text) => all + Buffer.byteLength(text), 0), 500);

/** Undefined: there is none; `wrong`: something else is there. */
function streamAt(records: Records, key: string): Stream | 'wrong' | undefined {
  const found = records.get(key);
  if (found === undefined || found.kind === 'stream') return found;
  return 'wrong';
}

/** `sequence`: of an id that has none. */
function readId(text: string, sequence: number): EntryId | undefined {
  const [, ms, given] = /^(\d{1,15})(?:-(\d{1,15}))?$/.exec(text) ?? [];
  return ms === undefined ? undefined : [Number(ms), given === undefined ? sequence : Number(given)];
}

/** A bound of a range; `(` leaves it out. */
function readBound(text: string, side: 'from' | 'to'): EntryId | undefined {
  if (text === '-') return beginning;
  if (text === '+') return end;
  const open = text.startsWith('(');
  const id = readId(open ? text.slice(1) : text, side === 'from' ? 0 : end[1]);
  if (!id || !open) return id;
  if (side === 'from') return [id[0], id[1] + 1];
  return id[1] > 0 ? [id[0], id[1] - 1] : [id[0] - 1, end[1]];
}

const entryReply = ({ id, fields }: StreamEntry): Reply => array([bulk(idText(id)), array(fields.map(bulk))]);

/** How a stream is shortened: `MAXLEN`, `MINID`, exactly also where `~` allows more. `length`: words that say so. */
type Trim = { keeps(entries: readonly StreamEntry[]): number; length: number };

function readTrim(words: readonly string[]): Trim | Reply {
  const [kind = '', ...rest] = words;
  const sign = rest[0] === '~' || rest[0] === '=' ? 1 : 0;
  const limit = rest[sign + 1]?.toUpperCase() === 'LIMIT' ? 2 : 0;
  const length = 2 + sign + limit;
  const text = rest[sign] ?? '';
  if (kind.toUpperCase() === 'MINID') {
    const id = readId(text, 0);
    return id ? { length, keeps: (entries) => entries.filter((one) => compareIds(one.id, id) >= 0).length } : noId;
  }
  return /^\d{1,15}$/.test(text) ? { length, keeps: () => Number(text) } : notWhole;
}

const isTrim = (word: string | undefined): boolean => /^(?:MAXLEN|MINID)$/i.test(word ?? '');

function shorten(stream: Stream, { keeps }: Trim): number {
  const over = Math.max(0, stream.entries.length - keeps(stream.entries));
  stream.entries.splice(0, over);
  return over;
}

function nextId(text: string, last: EntryId): EntryId | Reply {
  if (text === '*') {
    const now = Date.now();
    return now > last[0] ? [now, 0] : [last[0], last[1] + 1];
  }
  const [, ms] = /^(\d{1,15})-\*$/.exec(text) ?? [];
  const id: EntryId | undefined =
    ms === undefined ? readId(text, 0) : [Number(ms), Number(ms) === last[0] ? last[1] + 1 : 0];
  if (!id) return noId;
  if (compareIds(id, beginning) === 0) return error('ERR The ID specified in XADD must be greater than 0-0');
  return compareIds(id, last) > 0
    ? id
    : error('ERR The ID specified in XADD is equal or smaller than the target stream top item');
}

function add([key = '', ...options]: readonly string[], records: Records): Reply {
  const found = streamAt(records, key);
  if (found === 'wrong') return wrongType;
  const creates = options[0]?.toUpperCase() !== 'NOMKSTREAM';
  const words = creates ? options : options.slice(1);
  const trim = isTrim(words[0]) ? readTrim(words) : undefined;
  if (trim && 'kind' in trim) return trim;
  const [id = '', ...fields] = words.slice(trim?.length ?? 0);
  if (fields.length === 0 || fields.length % 2 > 0) return wrongCount('xadd');
  if (!found && !creates) return bulk(null);
  const stream: Stream = found ?? { entries: [], last: beginning };
  const made = nextId(id, stream.last);
  if ('kind' in made) return made;
  stream.entries.push({ id: made, fields });
  stream.last = made;
  if (trim) shorten(stream, trim);
  if (found) records.changed(key);
  else records.put(key, { kind: 'stream', ...stream });
  return bulk(idText(made));
}

function range(order: 'forward' | 'backward'): Command['run'] {
  return ([key = '', first = '', second = '', ...options], records) => {
    const [from, to] = order === 'forward' ? [first, second] : [second, first];
    const [least, most] = [readBound(from, 'from'), readBound(to, 'to')];
    if (!least || !most) return noId;
    const [word, text] = options;
    if (options.length > 0 && (word?.toUpperCase() !== 'COUNT' || options.length > 2)) return syntax;
    if (text !== undefined && !/^\d{1,15}$/.test(text)) return notWhole;
    const stream = streamAt(records, key);
    if (stream === 'wrong') return wrongType;
    const within = (stream?.entries ?? []).filter(({ id }) => compareIds(id, least) >= 0 && compareIds(id, most) <= 0);
    const ordered = order === 'forward' ? within : within.toReversed();
    return array(ordered.slice(0, text === undefined ? undefined : Number(text)).map(entryReply));
  };
}

/** What XREAD asks; `wait` in ms, 0: without end. */
export type Reading = {
  count: number | undefined;
  wait: number | undefined;
  from: readonly (readonly [string, EntryId])[];
};

/** Reads the words of XREAD, `$` as the last entry that is there now. */
export function readReading(args: readonly string[], records: Records): Reading | Reply {
  const at = args.findIndex((word) => word.toUpperCase() === 'STREAMS');
  const names = args.slice(at + 1);
  if (at < 0 || names.length === 0) return syntax;
  if (names.length % 2 > 0)
    return error("ERR Unbalanced 'xread' list of streams: for each stream key an ID must be specified.");
  const options = new Map<string, number>();
  for (let word = 0; word < at; word += 2) {
    const [name = '', text = ''] = [args[word]?.toUpperCase(), args[word + 1]];
    if (name !== 'COUNT' && name !== 'BLOCK') return syntax;
    if (!/^\d{1,15}$/.test(text)) return notWhole;
    options.set(name, Number(text));
  }
  const keys = names.slice(0, names.length / 2);
  const from: [string, EntryId][] = [];
  for (const [index, key] of keys.entries()) {
    const text = names[keys.length + index] ?? '';
    const stream = streamAt(records, key);
    if (stream === 'wrong') return wrongType;
    const id = text === '$' ? (stream?.last ?? beginning) : readId(text, 0);
    if (!id) return noId;
    from.push([key, id]);
  }
  return { count: options.get('COUNT') || undefined, wait: options.get('BLOCK'), from };
}

/** What is after the ids, by stream; no array where there is nothing. */
export function newsOf({ count, from }: Reading, records: Records): Reply {
  const found: [string, Reply][] = [];
  for (const [key, after] of from) {
    const stream = streamAt(records, key);
    if (stream === 'wrong') return wrongType;
    const entries = stream?.entries ?? [];
    // What is new is at the end, and few.
    const first = entries.findLastIndex(({ id }) => compareIds(id, after) <= 0) + 1;
    const fresh = entries.slice(first, count === undefined ? undefined : first + count);
    if (fresh.length > 0) found.push([key, array(fresh.map(entryReply))]);
  }
  return found.length === 0 ? noArray : { kind: 'pairs', entries: found };
}

export const streamCommands: Readonly<Record<string, Command>> = {
  XADD: { least: 4, run: add },
  XRANGE: { least: 3, run: range('forward') },
  XREVRANGE: { least: 3, run: range('backward') },
  XREAD: {
    least: 3,
    run: (args, records) => {
      const reading = readReading(args, records);
      return 'kind' in reading ? reading : newsOf(reading, records);
    },
  },
  XLEN: {
    least: 1,
    run: ([key = ''], records) => {
      const stream = streamAt(records, key);
      return stream === 'wrong' ? wrongType : integer(stream?.entries.length ?? 0);
    },
  },
  XTRIM: {
    least: 3,
    run: ([key = '', ...words], records) => {
      const stream = streamAt(records, key);
      if (stream === 'wrong') return wrongType;
      const trim = isTrim(words[0]) ? readTrim(words) : syntax;
      if ('kind' in trim) return trim;
      const gone = stream ? shorten(stream, trim) : 0;
      if (gone > 0) records.changed(key);
      return integer(gone);
    },
  },
  XDEL: {
    least: 2,
    run: ([key = '', ...ids], records) => {
      const stream = streamAt(records, key);
      if (stream === 'wrong') return wrongType;
      const kept = stream?.entries.filter(({ id }) => !ids.includes(idText(id))) ?? [];
      const gone = (stream?.entries.length ?? 0) - kept.length;
      if (stream && gone > 0) {
        stream.entries = kept;
        records.changed(key);
      }
      return integer(gone);
    },
  },
};
