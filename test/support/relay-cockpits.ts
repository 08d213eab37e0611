// Cockpits of several people on several hosts: engines with a journal of their own each, on one relay.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'vitest';
import type { IncidentCommand } from '../../src/core/incident/context.ts';
import { eventually } from './eventually.ts';
import { type Options, RelayCockpit } from './relay-cockpit.ts';

export type { RelayCockpit } from './relay-cockpit.ts';

const open: RelayCockpit[] = [];
const directories: string[] = [];

/** Ends all cockpits and removes their journals; belongs in afterEach, before the relay is ended. */
export async function endCockpits(): Promise<void> {
  await Promise.all(open.splice(0).map((one) => one.stop()));
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
}

export const opens: IncidentCommand = { do: 'open', severity: 1, why: 'all requests answer 5xx' };

/** One that may be away from the relay. */
export function begun(name: string, port: number, options: Options = {}): RelayCockpit {
  const directory = options.directory ?? mkdtempSync(path.join(tmpdir(), 'relay-journal-'));
  if (options.directory === undefined) directories.push(directory);
  const made = new RelayCockpit(name, port, { ...options, directory });
  open.push(made);
  return made;
}

/** One that is connected to the relay. */
export async function cockpit(name: string, port: number, options: Options = {}): Promise<RelayCockpit> {
  const made = begun(name, port, options);
  await eventually(() => expect(made.context?.relay?.state).toBe('connected'));
  return made;
}

/** The second person is admitted by the first, who is in control. */
export async function admits(one: RelayCockpit, ...others: RelayCockpit[]): Promise<void> {
  await eventually(() => expect(one.incident).toBeDefined());
  for (const other of others) {
    // A note before the incident arrived would belong to none.
    await eventually(() => expect(other.incident?.id).toBe(one.incident?.id));
    other.do({ do: 'note', text: `${other.recorder.journal.writer.name} is here` });
    await eventually(() => expect(one.incident?.keys.some(({ key }) => key === other.key)).toBe(true));
    one.do({ do: 'key', key: other.key, change: 'admitted', why: 'I know them' });
    await eventually(() => expect(other.incident?.keys.find(({ key }) => key === other.key)?.state).toBe('admitted'));
  }
}
