// One line of a journal: JSON that carries the hash of the line before it, its own, and its signature
// (docs/adr/0007-signed-journal.md).
import { createHash } from 'node:crypto';
import type { Entry, Event } from '../../core/incident/event.ts';
import { lineSchema, readEvent } from './event-schema.ts';
import { isSignedBy, keyIdOf, type Signer } from './signature.ts';

/** How far another writer's file was when this line was written: number of lines, and the hash of the last. */
export type Seen = Readonly<Record<string, readonly [lines: number, hash: string]>>;

/** A place in a chain: the number of a line in it, from 1, and the hash of the line before. */
export type Link = readonly [number: number, before: string];

/** A line as it stands in its file. */
export type Line = {
  entry: Entry;
  seq: number;
  prev: string;
  /** Its place among the lines that its session wrote about the same incident; absent: about none, or not signed. */
  part?: Link;
  hash: string;
  seen: Seen;
  /** Its hash is right: no byte was changed since, or also the hash. */
  intact: boolean;
  /** Absent: version 1, not signed. */
  signed?: { publicKey: string; signature: string };
};

/** Bytes of a file that is still read: of one run of the cockpit, some 400,000 entries. */
export const longestFile = 256 * 1024 * 1024;
/** Characters of a line: more than any entry has. */
export const longestLine = 1024 * 1024;

/** What the first line of a chain follows. */
export const beginning = '0'.repeat(64);

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The places of a line: in its file, and among the lines of its session about the same incident. */
export type Place = { seq: number; prev: string; part?: Link; seen: Seen };

/** The signed text of a line, without its line end. The hash covers every byte before it. */
export function writeLine(entry: Entry, { seq, prev, part, seen }: Place, signer: Signer) {
  const { id, at, writer, environment, drill, incident, automatic, event } = entry;
  const { session, user, name, host } = writer;
  const body = JSON.stringify({
    v: 2,
    id,
    at: new Date(at).toISOString(),
    seq,
    session,
    user,
    name,
    host,
    key: signer.publicKey,
    environment,
    drill,
    incident,
    automatic,
    event,
    seen: Object.keys(seen).length > 0 ? seen : undefined,
    part,
    prev,
  });
  const hash = sha256(body);
  return { text: `${body.slice(0, -1)},"hash":"${hash}","sig":"${signer.sign(hash)}"}`, hash };
}

/** The hash, and the signature of 64 bytes in base64url. */
const ending = /,"hash":"([0-9a-f]{64})"(?:,"sig":"([A-Za-z0-9_-]{86})")?\}$/;
/** Characters of the longest ending. */
const endLength = 200;

/** Reads a line; undefined when it is not one (torn, or not of this program). Its signature is not checked. */
export function readLine(text: string): Line | undefined {
  if (text.length > longestLine) return undefined;
  const end = ending.exec(text.slice(-endLength));
  const [whole, found, signature] = end ?? [];
  if (whole === undefined || found === undefined) return undefined;
  // Cut out of the line, it would keep the whole line in memory for as long as it is known.
  const hash = Buffer.from(found, 'latin1').toString('latin1');
  const body = `${text.slice(0, -whole.length)}}`;
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return undefined;
  }
  const stored = lineSchema.safeParse(json);
  if (!stored.success) return undefined;
  const { v, id, at, seq, session, user, name, host, key, environment, drill, incident, automatic, prev, part, seen } =
    stored.data;
  // What is signed says so in what its hash covers: no signature can be taken away, or added.
  if ((v === 2) !== (signature !== undefined) || (v === 2) !== (key !== undefined)) return undefined;
  const event = readEvent(stored.data.event as { kind: string });
  if (!event) return undefined;
  const entry: Entry = {
    id,
    at: Date.parse(at),
    writer: { session, user, name, host, key: key && keyIdOf(key) },
    environment,
    drill: drill || undefined,
    incident: incident || undefined,
    automatic,
    event: event as Event,
  };
  const intact = sha256(body) === hash;
  const signed = key !== undefined && signature !== undefined ? { publicKey: key, signature } : undefined;
  return { entry, seq, prev, part, hash, seen, intact, signed };
}

/** Whether the line is as the owner of its key signed it; false for one that is not signed. */
export function isAuthentic({ intact, signed, hash }: Line): boolean {
  return intact && signed !== undefined && isSignedBy(signed.publicKey, hash, signed.signature);
}

/** The chain within a file. */
export const inFile = ({ seq, prev }: Line): Link => [seq, prev];
/** The chain of a session's lines about one incident. */
export const inIncident = ({ part, seq, prev }: Line): Link => part ?? [seq, prev];

/** The chains of lines from several writers, in any order: one for each incident of each writer, in its order. */
export function chainsOf<L extends Line>(lines: readonly L[]): readonly (readonly L[])[] {
  const chains = Map.groupBy(lines, ({ entry: { writer, incident } }) =>
    JSON.stringify([writer.session, writer.key, incident]),
  );
  return [...chains.values()].map((chain) => chain.toSorted((a, b) => inIncident(a)[0] - inIncident(b)[0]));
}

/** The lines whose signature does not hold, of one file; `isReceived`: of several writers, in any order. */
export function forgedIn(lines: readonly Line[], isReceived: boolean): ReadonlySet<Line> {
  if (!isReceived) return notAuthentic(lines, inFile);
  return new Set(chainsOf(lines).flatMap((chain) => [...notAuthentic(chain, inIncident)]));
}

/**
 * The lines whose signature does not hold, of lines of one chain in its order. A signature covers what stands before it
 * in a row of linked lines, so only the last of each row is checked; if that one is wrong, every line is.
 */
export function notAuthentic(lines: readonly Line[], linkOf: (line: Line) => Link): ReadonlySet<Line> {
  const wrong = new Set<Line>();
  let row: Line[] = [];
  const check = () => {
    const last = row.at(-1);
    if (last && !isAuthentic(last)) for (const line of row) if (!isAuthentic(line)) wrong.add(line);
    row = [];
  };
  for (const line of lines) {
    if (!line.signed) continue;
    const before = row.at(-1);
    const follows =
      before !== undefined &&
      line.intact &&
      before.intact &&
      linkOf(line)[1] === before.hash &&
      line.signed.publicKey === before.signed?.publicKey &&
      line.entry.writer.session === before.entry.writer.session;
    if (!follows) check();
    row.push(line);
  }
  check();
  return wrong;
}
