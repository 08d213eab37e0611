// The state of one gateway's health, shared by all cockpits of one user on one host: who asked when, answers, who asks
// now. One asks, the others read. It stands beside the journal's presence; without it each cockpit asks alone.
import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import type { Settings } from '../../config/settings.ts';
import type { Instant, Ms } from '../../core/time.ts';
import type { Gateway, HealthEndpoint } from '../../core/world/facts.ts';
import { type Fault, faultKinds } from '../../core/world/reading.ts';
import { isPrivateDirectory, privateDirectory } from '../../disk/private-files.ts';
import { type Changed, SharedNote } from '../../disk/shared-note.ts';
import { inspect } from '../journal/directory.ts';
import { lastInstant } from '../journal/plausible.ts';
import { safe } from '../journal/sanitize-entry.ts';
import type { Parts } from '../shared-looks/schemas.ts';

const instant = z.number().min(0).max(lastInstant);
const short = z.string().max(1000);
const word = short.optional();

const endpoint = z.object({
  url: short,
  statusCode: z.number().int().optional(),
  latency: z.number(),
  status: word,
  services: z.array(z.object({ name: short, healthy: z.boolean(), word: short })).max(64),
  problem: word,
  absent: z.boolean().optional(),
  fault: z.enum(faultKinds).optional(),
  healthy: z.boolean(),
  at: instant,
} satisfies Parts<HealthEndpoint>);
/** What hosts tell each other. */
export const gateway: z.ZodType<Gateway> = z.strictObject({
  health: endpoint,
  detailed: endpoint,
} satisfies Parts<Gateway>);

const fault = z.object({
  kind: z.enum(faultKinds),
  where: short,
  what: short,
  short: word,
  hint: short,
  code: word,
});

/** An answer, or why there is none. */
export type HealthAnswer = { endpoint: HealthEndpoint } | { fault: Fault; latency: Ms };

/** Who asked when, and when the answer came. */
export type KnownAnswer = { by: string; asked: Instant; at: Instant; answer: HealthAnswer };

export type SharedHealth = {
  /** When requests were sent, within the last minute. */
  sent: Instant[];
  /** The gateway asked for a pause until then. */
  heldUntil: Instant;
  /** Who is asking, and the deadline of the answer; by URL. */
  asking: Record<string, { by: string; until: Instant }>;
  /** The last answers, by URL. */
  answers: Record<string, KnownAnswer>;
};

/** The expected content: another version may have written it. */
const schema: z.ZodType<SharedHealth> = z.object({
  sent: z.array(instant).max(1000),
  heldUntil: instant,
  asking: z.record(short, z.object({ by: short, until: instant })),
  answers: z.record(
    short,
    z.object({
      by: short,
      asked: instant,
      at: instant,
      answer: z.union([z.object({ endpoint }), z.object({ fault, latency: z.number() })]),
    }),
  ),
});

export const nothingKnown = (): SharedHealth => ({ sent: [], heldUntil: 0, asking: {}, answers: {} });

/** Bytes; two answers have a few thousand. */
const longest = 256 * 1024;

export class HealthFile {
  readonly #journal: string;
  readonly #directory: string;
  readonly #note: SharedNote;
  readonly #writes: boolean;

  /** `origin`: of the gateway, as this environment reaches it: a tunnel of another may end at the same port. */
  constructor(journal: string, { name, observe }: Settings['environment'], origin: string) {
    this.#journal = resolve(journal);
    this.#directory = join(this.#journal, 'here');
    const gateway = createHash('sha256').update(`${name} ${origin}`).digest('hex').slice(0, 24);
    this.#note = new SharedNote(join(this.#directory, `gateway-${gateway}.health`), longest);
    this.#writes = !observe;
  }

  /** The shared state; undefined if it is missing or not trusted. */
  read(): SharedHealth | undefined {
    return this.#isOurs() ? parse(this.#note.read()) : undefined;
  }

  /** Changes it. An observer writes nothing. */
  async change(edit: (known: SharedHealth) => void): Promise<Changed> {
    if (!this.#writes || inspect({ directory: this.#journal })) return 'impossible';
    try {
      privateDirectory(this.#directory);
    } catch {
      return 'impossible';
    }
    return this.#note.change((text) => {
      const known = parse(text) ?? nothingKnown();
      edit(known);
      return JSON.stringify(known);
    });
  }

  #isOurs(): boolean {
    return !inspect({ directory: this.#journal }) && isPrivateDirectory(this.#directory);
  }
}

function parse(text: string | undefined): SharedHealth | undefined {
  try {
    return text === undefined ? undefined : safe(schema.parse(JSON.parse(text)));
  } catch {
    return undefined;
  }
}

/** Whether an instant that another process wrote is at most so long ago, and not ahead. */
export const isWithin = (at: Instant, age: Ms, now = Date.now()): boolean => now - at < age && at <= now + 1000;
