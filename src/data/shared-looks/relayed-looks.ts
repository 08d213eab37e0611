// Cockpits of one incident on several hosts share a look over its relay: one takes the turn and asks, the others wait for
// its answer. Plain keys that end by themselves, so that no right is needed that an incident does not need anyway. What is
// late, old, wrong or not signed by an admitted key makes a cockpit ask itself.
import * as z from 'zod';
import { type Instant, type Ms, second } from '../../core/time.ts';
import { safe } from '../journal/sanitize-entry.ts';
import { longestPause, type OthersLook, type OwnLook, pause } from '../source.ts';
import type { LookCarrier } from './look-carrier.ts';
import { isPast } from './look-file.ts';
import { digestOf, type LookNote, parsed, readNote, signedNote } from './look-note.ts';
import type { SharedLooksOptions } from './look-options.ts';
import { OwnCheck } from './own-check.ts';
import { amount } from './schemas.ts';

/** Bytes of an answer; a longer one stays on its host. */
export const longestAnswer = 64 * 1024;
/** A host whose clock is farther from the relay's shares nothing: an age could not be believed. */
export const believedClock: Ms = 2 * second;
/** A relay that did not answer is left alone for so long. */
const restFor: Ms = 10 * second;
const firstRecheck: Ms = 100;
const longestRecheck: Ms = 400;
/** Others look so soon after an answer is due, at most. */
const longestLag: Ms = 400;
/** A turn that somebody took at the same instant is looked at so often again. */
const mostClaims = 3;

type Here = { carrier: LookCarrier; look: string };
type News = LookNote & { answer: NonNullable<LookNote['answer']> };

export class RelayedLooks<T> {
  readonly #options: SharedLooksOptions<T>;
  readonly #carrier: () => LookCarrier | undefined;
  /** The look's name; undefined while the server has not said who it is. */
  readonly #name: () => string | undefined;
  readonly #grace: Ms;
  readonly #check: OwnCheck<T> | undefined;
  #seen: Instant = 0;
  /** When the answer that was taken last came, on the relay's clock: ours may be moved under it. */
  #taken: Instant | undefined;
  #wasTold = false;
  #turn: Here | undefined;
  #restUntil: Ms = 0;

  constructor(
    options: SharedLooksOptions<T>,
    { carrier, name }: { carrier: () => LookCarrier | undefined; name: () => string | undefined },
  ) {
    this.#options = options;
    this.#carrier = carrier;
    this.#name = name;
    const { every, timeout, check } = options;
    this.#grace = check?.patience ?? Math.min(every, timeout + second);
    this.#check = check && new OwnCheck(check, every);
  }

  /** An answer of that instant was shown: an older one is no news. */
  told(at: Instant): void {
    this.#seen = at;
  }

  /** Another host's look; undefined: ask yourself. It waits no longer than the look of one cockpit may take. */
  async await(signal: AbortSignal): Promise<OthersLook<T> | undefined> {
    const here = this.#here();
    if (!here) return undefined;
    if (this.#check?.isDue(here.carrier.hosts())) {
      // Who was not answered may be cut off: it keeps nobody waiting.
      if (this.#check.isGood) await this.#claim(here, true);
      return undefined;
    }
    const begun = performance.now();
    let claims = 0;
    for (let recheck = firstRecheck; !signal.aborted; recheck = Math.min(longestRecheck, recheck * 1.5)) {
      // Who was told the last time is likely to be told again: the answer comes with the note.
      const parts = [...turnAndNote, ...(this.#wasTold && recheck === firstRecheck ? (['answer'] as const) : [])];
      const found = await this.#ask(here, (client) => client.mget(parts.map((part) => keyOf(here, part))));
      if (!found || signal.aborted) return undefined;
      const [turn, note] = found.slice(0, 2).map((text) => readNote(text, here.look, here.carrier.isAdmitted));
      if (note && this.#isNews(note, here)) return this.#take(note, here, found[2]);
      const waited = performance.now() - begun;
      if (!turn || !this.#isWaitedFor(turn, here) || waited > this.#grace) {
        // What is no turn is replaced: it must keep nobody from asking.
        const isFree = found[0] === null;
        if ((await this.#claim(here, isFree)) || !isFree || ++claims >= mostClaims) return undefined;
        continue;
      }
      await pause(recheck, signal);
    }
    return undefined;
  }

  async publish({ asked, at, next, result }: OwnLook<T>): Promise<void> {
    this.#seen = at;
    this.#wasTold = false;
    const { isForAll = () => true, aside } = this.#options;
    const isAnswer = result.ok && isForAll(result.value);
    const wasGood = this.#check?.isGood ?? true;
    // As it would be told, so that both are alike.
    this.#check?.saw(isAnswer ? safe(result.value) : undefined, at);
    // That it is not answered is told once; then the others share without this host.
    if (!isAnswer && !wasGood) return;
    const here = this.#here();
    const turn = this.#turn;
    this.#turn = undefined;
    const self = here?.carrier.self();
    if (!here || !self || !mayTell(here)) return;
    const isShared = isAnswer && at - asked - this.#options.timeout <= second;
    // A fault is this host's until it is proven otherwise: the others ask themselves.
    const text = isShared ? JSON.stringify({ value: safe(result.value), aside: aside?.give() }) : '';
    const digest = text !== '' && Buffer.byteLength(text) <= longestAnswer ? digestOf(text) : undefined;
    const clock = here.carrier.clock();
    const answer = { at: Math.round(at + clock), next: Math.round(next + clock), digest };
    const note = this.#note(here, self, asked, answer);
    await this.#ask(here, async (client) => {
      // The answer first: a note without it makes the others ask. No MULTI: leases WATCH on this connection.
      if (digest) await client.set(keyOf(here, 'answer'), text, 'PX', this.#keptFor);
      await client.set(keyOf(here, 'note'), note, 'PX', this.#keptFor);
      if (turn?.look === here.look) await client.del(keyOf(here, 'turn'));
    });
  }

  async leave(): Promise<void> {
    const turn = this.#turn;
    this.#turn = undefined;
    if (turn) await this.#ask(turn, (client) => client.del(keyOf(turn, 'turn')));
  }

  get #keptFor(): Ms {
    return Math.round(this.#options.every + this.#grace + second);
  }

  #here(): Here | undefined {
    const carrier = this.#carrier();
    // The name costs a hash, and asks the server who it is: not for a relay that is not there.
    const look = carrier && this.#name();
    if (!carrier || look === undefined || performance.now() < this.#restUntil) return undefined;
    return Math.abs(carrier.clock()) <= believedClock ? { carrier, look } : undefined;
  }

  async #ask<A>({ carrier }: Here, what: Parameters<typeof carrier.ask<A>>[0]): Promise<A | undefined> {
    let isAnswered = false;
    const answer = await carrier.ask(async (client) => {
      const given = await what(client);
      isAnswered = true;
      return given;
    });
    if (!isAnswered) this.#restUntil = performance.now() + restFor;
    return answer;
  }

  #note({ look, carrier }: Here, self: Self, asked: Instant, answer?: LookNote['answer']): string {
    const { signer, session, name, host } = self;
    const at = Math.round(asked + carrier.clock());
    return signedNote(safe({ look, session, name, host, asked: at, answer }, 100), signer);
  }

  /** Takes the turn; false: somebody else has it, or the relay does not say. */
  async #claim(here: Here, isFree: boolean): Promise<boolean> {
    const self = here.carrier.self();
    if (!self || !mayTell(here)) return true;
    const turn = this.#note(here, self, Date.now());
    const key = keyOf(here, 'turn');
    const kept = Math.round(this.#options.timeout + second);
    const taken = await this.#ask(here, (client) =>
      isFree ? client.set(key, turn, 'PX', kept, 'NX') : client.set(key, turn, 'PX', kept),
    );
    if (taken === 'OK') this.#turn = here;
    return taken !== null;
  }

  #isNews(note: LookNote, { carrier }: Here): note is News {
    const { answer, asked, session } = note;
    if (!answer || session === carrier.self()?.session || asked > answer.at || answer.at === this.#taken) return false;
    const now = Date.now();
    if (!isPast(this.#seen, now)) this.#seen = 0;
    const at = answer.at - carrier.clock();
    return isPast(at, now) && now - at < this.#options.every && at > this.#seen;
  }

  #isWaitedFor({ session, asked }: LookNote, { carrier }: Here): boolean {
    if (session === carrier.self()?.session) return false;
    const now = Date.now();
    const since = asked - carrier.clock();
    return isPast(since, now) && now - since < this.#grace;
  }

  /** How long after the next answer is due this host looks. Where each has to ask now and then, who did not for longest is first. */
  #lag({ carrier }: Here): Ms {
    const most = Math.min(longestLag, this.#options.every / 10);
    return this.#check ? -most * this.#check.age(carrier.hosts()) : most * (0.25 + Math.random() * 0.75);
  }

  /** The answer of a note; undefined where it is none, or not the one that was signed. `beside`: what was read with the note. */
  async #take(
    { answer, name, host }: News,
    here: Here,
    beside: string | null | undefined,
  ): Promise<OthersLook<T> | undefined> {
    const { every } = this.#options;
    const { digest } = answer;
    if (digest === undefined) return undefined;
    const text = beside ?? (await this.#ask(here, (client) => client.get(keyOf(here, 'answer'))));
    if (typeof text !== 'string' || Buffer.byteLength(text) > longestAnswer || digestOf(text) !== digest)
      return undefined;
    const body = z.strictObject({ value: this.#options.value, aside: amount.optional() });
    const read = body.safeParse(parsed(text));
    if (!read.success) return undefined;
    const told = safe(read.data.value);
    const value = this.#check ? this.#check.confirmed(told) : told;
    if (value === undefined || (await this.#check?.isReached(here.carrier.hosts())) === false) return undefined;
    const { aside } = read.data;
    const now = Date.now();
    const clock = here.carrier.clock();
    const at = Math.min(now, answer.at - clock);
    this.#seen = at;
    this.#taken = answer.at;
    this.#wasTold = true;
    if (aside !== undefined) this.#options.aside?.take(aside);
    this.#options.taken?.(value, at);
    const next = answer.next - clock;
    const due = next > at + Math.max(every, longestPause * 1.25) + second ? now : next;
    return {
      result: { ok: true, value },
      at,
      rest: Math.max(0, due - now + this.#lag(here)),
      by: `${name} on ${host}`,
      isFar: true,
    };
  }
}

type Self = NonNullable<ReturnType<LookCarrier['self']>>;

/** Whose key is not admitted is not believed: it takes no turn. */
function mayTell({ carrier }: Here): boolean {
  const self = carrier.self();
  return self !== undefined && !carrier.readOnly && carrier.isAdmitted(self.signer.id);
}

type KeyPart = 'turn' | 'note' | 'answer';

const turnAndNote = ['turn', 'note'] as const;

/** A key of a look on the relay. */
export const lookKeyOf = (root: string, look: string, part: KeyPart): string => `${root}:look:${look}:${part}`;

const keyOf = ({ carrier, look }: Here, part: KeyPart): string => lookKeyOf(carrier.root, look, part);
