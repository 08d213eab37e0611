// An incident that is open on several hosts: a relay, and a journal for each host, all with the key of one person, which
// is admitted everywhere.
import { cp, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Redis } from 'ioredis';
import { guardedDirectory } from '../../simulator/reaper.ts';
import { startRelay } from '../../simulator/redis/relay.ts';
import { writeLongIncident } from './long-incident.ts';

const entries = 100;

export type Room = {
  /** The environment of the n-th host, from 0: the first one has the incident in its journal. */
  host(nth: number): Promise<Record<string, string>>;
  /** What the relay got so far, and the bytes in both directions; nothing where it does not tell. */
  relay(): Promise<{ commands?: number; bytes?: number }>;
  stop(): Promise<void>;
};

export async function startRoom(): Promise<Room> {
  const guarded = await guardedDirectory();
  const relay = await startRelay(guarded.directory);
  const client = new Redis({ port: relay.port, password: relay.password });
  const journalOf = (nth: number) => path.join(guarded.directory, `host-${nth}`);
  await writeLongIncident(journalOf(0), entries);
  return {
    async host(nth) {
      const journal = journalOf(nth);
      // One that others may open is written by nobody.
      await mkdir(journal, { recursive: true, mode: 0o700 });
      if (nth > 0) await cp(path.join(journalOf(0), 'keys'), path.join(journal, 'keys'), { recursive: true });
      return {
        BENTHAM_JOURNAL_DIRECTORY: journal,
        BENTHAM_PERSON: 'ana',
        BENTHAM_INCIDENT_RELAY: `redis://127.0.0.1:${relay.port}`,
        BENTHAM_INCIDENT_RELAY_PASSWORD: relay.password,
      };
    },
    async relay() {
      const text = await client.info('stats').catch(() => '');
      const of = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(text)?.[1] ?? Number.NaN);
      const bytes = of('total_net_input_bytes') + of('total_net_output_bytes');
      return Number.isNaN(bytes) ? {} : { commands: of('total_commands_processed'), bytes };
    },
    async stop() {
      client.disconnect();
      await relay.stop();
      await guarded.end();
    },
  };
}
