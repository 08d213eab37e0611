// Cockpits of several people on several hosts: engines with a journal of their own each, on one relay.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'vitest';
import { profiles } from '../../src/config/profiles.ts';
import { type Settings, settingsSchema } from '../../src/config/settings.ts';
import type { IncidentCommand, IncidentContext } from '../../src/core/incident/context.ts';
import type { Incident } from '../../src/core/incident/incident.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { incidentModule } from '../../src/engine/incident/module.ts';
import { Recorder } from '../../src/engine/incident/recorder.ts';
import { eventually } from './eventually.ts';

const open: RelayCockpit[] = [];
const directories: string[] = [];

/** Ends all cockpits and removes their journals; belongs in afterEach, before the relay is ended. */
export async function endCockpits(): Promise<void> {
  await Promise.all(open.splice(0).map((one) => one.stop()));
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
}

export class RelayCockpit {
  readonly settings: Settings;
  readonly recorder: Recorder;
  readonly directory: string;
  readonly #engine: ReturnType<typeof createEngine>;
  #stopped: Promise<void> | undefined;
  context: IncidentContext | undefined;
  incident: Incident | undefined;
  /** Everything that the engine said, oldest first. */
  readonly said: string[] = [];

  constructor(name: string, port: number, { directory, incident = {}, channels, screenWaits }: Options = {}) {
    this.directory = directory ?? mkdtempSync(path.join(tmpdir(), 'relay-journal-'));
    directories.push(this.directory);
    this.settings = settingsSchema.parse({
      profile: 'production',
      ...profiles.production,
      journal: { directory: path.join(this.directory, 'journal'), name },
      incident: { relay: `redis://127.0.0.1:${port}`, ...incident },
      channels,
    });
    const { settings } = this;
    this.recorder = new Recorder(settings, screenWaits);
    this.#engine = createEngine({ settings, sources: [], modules: [incidentModule(this.recorder)] });
    this.#engine.subscribe((update) => {
      if (update.incidentContext) {
        const { said } = update.incidentContext;
        if (said && said.turn !== this.context?.said?.turn) this.said.push(said.says);
        this.context = update.incidentContext;
      }
      if (update.incident !== undefined) this.incident = update.incident ?? undefined;
    });
    open.push(this);
  }

  get session(): string {
    return this.recorder.journal.writer.session;
  }

  get key(): string {
    return this.recorder.journal.writer.key ?? '';
  }

  /** The texts of the notes that have effect, or of all. */
  notes(all = false): readonly string[] {
    const { entries = [], refused = [] } = this.incident ?? {};
    return [...entries, ...(all ? refused.map(({ entry }) => entry) : [])].flatMap(({ event }) =>
      event.kind === 'note' ? [event.text] : [],
    );
  }

  do(what: IncidentCommand): this {
    this.#engine.send({ kind: 'incident', what });
    return this;
  }

  looks(screen: string): void {
    this.#engine.send({ kind: 'looking', screen });
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#engine.stop();
    return this.#stopped;
  }
}

type Options = {
  directory?: string;
  incident?: Record<string, unknown>;
  channels?: Record<string, unknown>;
  screenWaits?: () => number;
};

export const opens: IncidentCommand = { do: 'open', severity: 1, why: 'all requests answer 5xx' };

export async function cockpit(name: string, port: number, options: Options = {}): Promise<RelayCockpit> {
  const made = new RelayCockpit(name, port, options);
  await eventually(() => expect(made.context?.relay?.state).toBe('connected'));
  return made;
}

/** The second person is admitted by the first, who is in control. */
export async function admits(one: RelayCockpit, ...others: RelayCockpit[]): Promise<void> {
  for (const other of others) {
    other.do({ do: 'note', text: `${other.recorder.journal.writer.name} is here` });
    await eventually(() => expect(one.incident?.keys.some(({ key }) => key === other.key)).toBe(true));
    one.do({ do: 'key', key: other.key, change: 'admitted', why: 'I know them' });
    await eventually(() => expect(other.incident?.keys.find(({ key }) => key === other.key)?.state).toBe('admitted'));
  }
}
