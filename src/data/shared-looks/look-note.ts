// What a cockpit says on the relay of a look, signed: that it asks, or that it was answered. Anybody who can write there
// may have written it.
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { ulidText } from '../journal/plausible.ts';
import { safe } from '../journal/sanitize-entry.ts';
import { isSignedBy, keyIdOf, publicKeyText, type Signer } from '../journal/signature.ts';
import { instant } from './schemas.ts';

/** Characters; ours have some seven hundred. */
const longest = 3000;

const short = z.string().max(100);
const digest = z.string().regex(/^[0-9a-f]{64}$/);

const note = z.strictObject({
  /** The look's name: a note is worth nothing under another key. */
  look: short,
  session: z.string().regex(ulidText),
  name: short,
  host: short,
  /** Instants on the relay's clock. */
  asked: instant,
  /** `digest`: of the answer; absent where it is no answer for others. */
  answer: z.strictObject({ at: instant, next: instant, digest: digest.optional() }).optional(),
});

const envelope = z.strictObject({
  note: z.string().max(longest),
  key: z.string().regex(publicKeyText),
  signature: z.string().max(200),
});

export type LookNote = z.infer<typeof note>;

export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** What is signed; no hash of an entry begins so, and none can be taken for the other. */
const toSign = (text: string): string => `look ${digestOf(text)}`;

export function signedNote(one: LookNote, signer: Signer): string {
  const text = JSON.stringify(one);
  return JSON.stringify({ note: text, key: signer.publicKey, signature: signer.sign(toSign(text)) });
}

/** A note about this look that one of these keys signed; undefined for anything else. */
export function readNote(
  text: string | null | undefined,
  look: string,
  isAdmitted: (key: string) => boolean,
): LookNote | undefined {
  if (typeof text !== 'string' || text.length > longest * 1.5) return undefined;
  const read = envelope.safeParse(parsed(text));
  if (!read.success || !isAdmitted(keyIdOf(read.data.key))) return undefined;
  const { note: inside, key, signature } = read.data;
  if (!isSignedBy(key, toSign(inside), signature)) return undefined;
  const one = note.safeParse(parsed(inside));
  return one.success && one.data.look === look ? safe(one.data, 100) : undefined;
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
