// Relays for tests: the options of one on loopback, connections to it, and a cockpit's book without a journal.

import { ulidText } from '../../src/data/journal/plausible.ts';
import type { RelayClient, RelayOptions } from '../../src/data/relay/connect.ts';
import { connectRelay } from '../../src/data/relay/connect.ts';
import { Courier } from '../../src/data/relay/courier.ts';
import { RelayLink } from '../../src/data/relay/link.ts';
import type { RelayLine } from '../../src/data/relay/relay-line.ts';

export const relayAt = (port: number, more: Partial<RelayOptions> = {}): RelayOptions => ({
  redis: { url: `redis://127.0.0.1:${port}` },
  cluster: false,
  root: '{bentham:TEST}',
  keeps: { time: 3_600_000, entries: 20_000 },
  ...more,
});

const open: { end(): unknown }[] = [];

/** Ends everything that was opened here; belongs in afterEach, before the server is ended. */
export async function endRelays(): Promise<void> {
  await Promise.all(open.splice(0).map((one) => one.end()));
}

export async function client(options: RelayOptions): Promise<RelayClient> {
  const { client: made, cut } = await connectRelay(options, 10_000, new AbortController().signal);
  open.push({ end: cut });
  return made;
}

let serial = 0;
/** An id in the form of a ULID, greater than those before. */
export function nextId(): string {
  serial += 1;
  return `01ARZ3NDEKTSV4RR${String(serial).padStart(10, '0')}`;
}

/** A cockpit without a journal: what it writes and what it got. */
export class Carrier {
  readonly session: string;
  readonly link: RelayLink;
  readonly courier: Courier;
  readonly incidents = new Set<string>();
  /** How the relay was for it, each time that it changed. */
  readonly states: string[] = [];
  /** Lines that it was given so far. */
  taken = 0;
  readonly #lines = new Map<string, RelayLine[]>();
  readonly #texts = new Set<string>();

  /** `knows`: lines of an incident that it has from before. */
  constructor(options: RelayOptions, session: string, knows: { incident?: string; lines?: readonly string[] } = {}) {
    this.session = session;
    this.link = new RelayLink(options, () => void this.states.push(this.link.state.state));
    const { incident: known, lines = [] } = knows;
    if (known !== undefined) for (const text of lines) this.#take(known, text);
    const book = {
      shared: () => [...this.incidents].map((incident) => ({ incident, isOpen: true, counts: true })),
      linesOf: (incident: string) => this.#lines.get(incident) ?? [],
      take: async (incident: string, texts: readonly string[]) => {
        this.taken += texts.length;
        for (const text of texts) this.#take(incident, text);
      },
    };
    this.courier = new Courier(this.link, book, session, () => {});
    this.link.start((up) => this.courier.work(up));
    open.push({ end: () => this.link.stop() });
  }

  write(incident: string, text: string): void {
    const id = nextId();
    this.#add(incident, { id, text: `${id} ${this.session} ${text}`, own: true, isLasting: false });
    void this.courier.send();
  }

  /** What it has of an incident, without the ids, in order. */
  has(incident: string): readonly string[] {
    const lines = [...(this.#lines.get(incident) ?? [])];
    return lines.sort((a, b) => (a.id < b.id ? -1 : 1)).map(({ text }) => text.slice(27));
  }

  #take(incident: string, text: string): void {
    const [id = ''] = text.split(' ');
    if (ulidText.test(id) && !this.#texts.has(text)) this.#add(incident, { id, text, own: false, isLasting: false });
  }

  #add(incident: string, line: RelayLine): void {
    this.incidents.add(incident);
    this.#lines.set(incident, this.#lines.get(incident) ?? []);
    this.#lines.get(incident)?.push(line);
    this.#texts.add(line.text);
  }
}
