// A cockpit of a shared incident: a whole engine with a journal of its own, on a relay.
import path from 'node:path';
import { profiles } from '../../src/config/profiles.ts';
import { type Settings, settingsSchema } from '../../src/config/settings.ts';
import type { IncidentCommand, IncidentContext } from '../../src/core/incident/context.ts';
import type { Incident } from '../../src/core/incident/incident.ts';
import type { Source } from '../../src/data/source.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { incidentModule } from '../../src/engine/incident/module.ts';
import { Recorder } from '../../src/engine/incident/recorder.ts';
import type { Command, Update } from '../../src/engine/protocol.ts';
import { runsModule } from '../../src/engine/runs/module.ts';

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

  /** `directory`: where its journal lies. */
  constructor(
    name: string,
    port: number,
    { directory, incident = {}, channels, screenWaits, runs, looks }: Options & { directory: string },
  ) {
    this.directory = directory;
    this.settings = settingsSchema.parse({
      profile: 'production',
      ...profiles.production,
      journal: { directory: path.join(this.directory, 'journal'), name },
      incident: { relay: `redis://127.0.0.1:${port}`, ...incident },
      channels,
      ...looks?.settings,
    });
    const { settings } = this;
    this.recorder = new Recorder(settings, screenWaits);
    const modules = [incidentModule(this.recorder), ...(runs ? [runsModule(this.recorder)] : [])];
    this.#engine = createEngine({ settings, sources: looks?.sources(settings) ?? [], modules });
    this.#engine.subscribe((update) => {
      if (update.incidentContext) {
        const { said } = update.incidentContext;
        if (said && said.turn !== this.context?.said?.turn) this.said.push(said.says);
        this.context = update.incidentContext;
      }
      if (update.incident !== undefined) this.incident = update.incident ?? undefined;
      runs?.(update);
    });
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

  send(command: Command): void {
    this.#engine.send(command);
  }

  looks(screen: string): void {
    this.#engine.send({ kind: 'looking', screen });
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#engine.stop();
    return this.#stopped;
  }
}

export type Options = {
  directory?: string;
  incident?: Record<string, unknown>;
  channels?: Record<string, unknown>;
  screenWaits?: () => number;
  /** It looks at a platform. */
  looks?: { settings: Record<string, unknown>; sources(settings: Settings): readonly Source[] };
  /** Actions run in it, too: called with what the engine tells. */
  runs?: (update: Update) => void;
};

/** Keys of its own on one relay: incidents that do not meet. */
export const laneOf = (lane: number) => ({ prefix: `lane-${lane}` });
