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
  #lines: { incident: string; line: RelayLine }[] = [];

  constructor(options: RelayOptions, session: string) {
    this.session = session;
    this.link = new RelayLink(options, () => {});
    const book = {
      shared: () => [...this.incidents].map((incident) => ({ incident, isOpen: true, counts: true })),
      linesOf: (incident: string) => this.#lines.filter((one) => one.incident === incident).map(({ line }) => line),
      take: async (incident: string, texts: readonly string[]) => {
        for (const text of texts) {
          const [id = ''] = text.split(' ');
          if (!ulidText.test(id)) continue;
          this.incidents.add(incident);
          if (!this.#lines.some(({ line }) => line.text === text))
            this.#lines.push({ incident, line: { id, text, own: false, isLasting: false } });
        }
      },
    };
    this.courier = new Courier(this.link, book, session, () => {});
    this.link.start((up) => this.courier.work(up));
    open.push({ end: () => this.link.stop() });
  }

  write(incident: string, text: string): void {
    this.incidents.add(incident);
    const id = nextId();
    this.#lines.push({ incident, line: { id, text: `${id} ${this.session} ${text}`, own: true, isLasting: false } });
    void this.courier.send();
  }

  /** What it has of an incident, without the ids, in order. */
  has(incident: string): readonly string[] {
    return this.#lines
      .filter((one) => one.incident === incident)
      .map(({ line }) => line)
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .map(({ text }) => text.slice(27));
  }
}
