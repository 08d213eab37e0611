// The keys of this OS account: one file for each name, in `keys/` below the journal. Readable by their owner only; never
// exported, packed or sent.
import { createHash } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import type { Entry } from '../../core/incident/event.ts';
import { sanitize, stripControl } from '../../core/text/text.ts';
import {
  Distrusted,
  distrust,
  moveAway,
  openToOthers,
  privateDirectory,
  readPrivate,
  replacePrivate,
  syncDirectory,
} from '../../disk/private-files.ts';
import { codeOf, diskFault } from './directory.ts';
import { newKey, type Signer, signerFrom } from './signature.ts';

/** Bytes of a key file; ours have a few hundred. */
const longest = 8 * 1024;

const keyFile = z.object({
  v: z.literal(1),
  person: z.string().min(1).max(60),
  created: z.string().max(40),
  privateKey: z.string().max(2000),
});

type Found = { person: string; created: string; signer: Signer };

/** What a person's key files are called, without the end. */
function stemOf(person: string): string {
  const slug = person.replace(/[^A-Za-z0-9._-]+/g, '_').slice(0, 40);
  return `${slug}-${createHash('sha256').update(person).digest('hex').slice(0, 8)}-`;
}

export class KeyFiles {
  readonly #directory: string;
  #own = new Set<string>();
  #signer: Signer | undefined;
  /** A key of this run that no file has yet. */
  #unsaved: { pem: string; person: string; created: string } | undefined;
  #notes: readonly string[] = [];

  constructor(journal: string) {
    this.#directory = path.join(journal, 'keys');
  }

  /** Signs for the person that was loaded last. Absent for who only observes and has no key. */
  get signer(): Signer | undefined {
    return this.#signer;
  }

  /** Keys of this account that are not usable, each with its command. */
  get notes(): readonly string[] {
    return this.#notes;
  }

  isOwn(key: string | undefined): boolean {
    return key !== undefined && this.#own.has(key);
  }

  /** The entry, marked where a key of this account signed it. */
  marked(entry: Entry): Entry {
    return this.isOwn(entry.writer.key) ? { ...entry, own: true } : entry;
  }

  /** Takes the person's oldest key, or makes one in memory: `save` writes it. An observer makes none. */
  async load(person: string, observing = false): Promise<void> {
    this.#unsaved = undefined;
    const mine = (await this.read()).filter((one) => one.person === person);
    this.#signer = mine.sort((a, b) => (a.created < b.created ? -1 : 1))[0]?.signer;
    if (this.#signer || observing) return;
    const { pem, signer } = newKey();
    this.#signer = signer;
    this.#own.add(signer.id);
    this.#unsaved = { pem, person, created: new Date().toISOString() };
  }

  /**
   * Makes sure that the key is on the disk, before anything that it signed is. Throws `Distrusted` where a file of this
   * person is refused, and errors of the disk: nothing may be signed with a key that others can read or nobody keeps.
   */
  async save(): Promise<void> {
    const unsaved = this.#unsaved;
    const signer = this.#signer;
    if (!unsaved || !signer) return;
    privateDirectory(this.#directory, 'keys');
    for (const name of await readdir(this.#directory)) {
      if (!name.startsWith(stemOf(unsaved.person)) || !name.endsWith('.json')) continue;
      const found = await this.#look(name);
      if (found instanceof Distrusted) throw new Distrusted(`your key ${found.message}`, found.hint);
    }
    const file = path.join(this.#directory, `${stemOf(unsaved.person)}${signer.id.slice(0, 16)}.json`);
    const { person, created, pem } = unsaved;
    // A full disk, or a kill, must not leave half a key under the name of a whole one.
    const draft = `${file}.new`;
    try {
      await replacePrivate(draft, `${JSON.stringify({ v: 1, person, created, privateKey: pem })}\n`);
      await rename(draft, file);
    } catch (error) {
      await rm(draft, { force: true }).catch(() => undefined);
      throw error;
    }
    await syncDirectory(this.#directory);
    this.#unsaved = undefined;
  }

  /** Reads the keys that are there; what is refused becomes a note. */
  async read(): Promise<readonly Found[]> {
    const notes: string[] = [];
    const keys: Found[] = [];
    for (const name of await this.#names(notes)) {
      const found = await this.#look(name);
      if (found instanceof Distrusted) notes.push(`keys/${stripControl(name, 100)} ${found.message}; ${found.hint}`);
      else if (found) keys.push(found);
    }
    this.#notes = notes;
    // What was signed with a key in memory stays one's own.
    for (const { signer } of keys) this.#own.add(signer.id);
    return keys;
  }

  async #names(notes: string[]): Promise<readonly string[]> {
    try {
      const stat = lstatSync(this.#directory, { throwIfNoEntry: false });
      if (stat === undefined) return [];
      // A refused directory is named beside the others of the journal.
      const wrong = distrust(stat, this.#directory, { kind: 'directory', closed: openToOthers });
      return wrong ? [] : (await readdir(this.#directory)).filter((name) => name.endsWith('.json')).sort();
    } catch (error) {
      const { what, hint } = diskFault(error, this.#directory);
      notes.push(`keys: ${what}; ${hint}`);
      return [];
    }
  }

  /** Undefined: it is gone by now. */
  async #look(name: string): Promise<Found | Distrusted | undefined> {
    const file = path.join(this.#directory, name);
    try {
      const text = await readPrivate(file, longest, { closed: openToOthers });
      const read = keyFile.safeParse(parsed(text));
      const signer = read.success ? signerFrom(read.data.privateKey) : undefined;
      if (!read.success || !signer) return new Distrusted('is not a key', moveAway(file));
      return { person: read.data.person, created: read.data.created, signer };
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      if (error instanceof Distrusted) return error;
      const { what, hint } = diskFault(error, file);
      return new Distrusted(`cannot be read: ${sanitize(what, 200)}`, hint);
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
