// Pods cross the thread as differences: five thousand of them copied twice a second would delay keys. The Kubernetes
// source keeps the identity of pods that did not change, so a difference costs one pass.
import { changesBetween } from '../core/grouping.ts';
import type { Pod } from '../core/world/facts.ts';
import { derive, newest, type Reading } from '../core/world/reading.ts';
import { type IncidentDelta, incidentDecoder, incidentEncoder } from './incident-delta.ts';
import { type LogsDelta, logsDecoder, logsEncoder } from './logs-delta.ts';
import type { Update } from './protocol.ts';
import { type WorldDelta, worldDecoder, worldEncoder } from './world-delta.ts';

type Pods = readonly Pod[];

/** A reading of pods whose value is a difference from the one sent before. */
export type PodsDelta = { reading: Reading<undefined>; upsert: Pods; remove: readonly string[] };

/** An update as it crosses the thread. */
export type Envelope = {
  update: Update;
  world?: WorldDelta;
  pods?: PodsDelta;
  logs?: LogsDelta;
  incident?: IncidentDelta;
};

export type Encoder = {
  /** An update for the screen, and the next part of what is too long for one. */
  encode(update: Update): Envelope;
  /** More parts come, even without another update. */
  readonly isPending: boolean;
};

/** Remembers what was sent. `longest`: items of a list in one part. */
export function encoder(longest?: number): Encoder {
  const pods = podsEncoder();
  const logs = logsEncoder();
  const incidents = incidentEncoder(longest);
  const worlds = worldEncoder();
  return {
    encode(update) {
      const apart = pods(update);
      const envelope: Envelope = { ...apart, ...worlds(apart.update) };
      const { incident, ...rest } = envelope.update;
      envelope.update = rest;
      const part = incident === undefined ? incidents.next() : incidents.begin(incident);
      if (part !== undefined) envelope.incident = part;
      if (!envelope.update.logs) return envelope;
      const { logs: shown, ...others } = envelope.update;
      return { ...envelope, update: others, logs: logs(shown) };
    },
    get isPending() {
      return incidents.isPending;
    },
  };
}

function podsEncoder(): (update: Update) => Envelope {
  let sent: Pods = [];
  return (update) => {
    const reading = update.readings?.pods;
    if (!reading) return { update };
    const { pods: _, ...readings } = update.readings ?? {};
    const now: Pods = newest(reading)?.value ?? [];
    const { removed, replaced, added } = changesBetween(sent, now, ({ uid }) => uid);
    sent = now;
    const upsert = [...replaced.map(({ after }) => after), ...added];
    const remove = removed.map(({ uid }) => uid);
    return { update: { ...update, readings }, pods: { reading: derive(reading, () => undefined), upsert, remove } };
  };
}

/** Reassembles the readings. */
export function decoder(): (envelope: Envelope) => Update {
  const pods = podsDecoder();
  const logs = logsDecoder();
  const incidents = incidentDecoder();
  const worlds = worldDecoder();
  /** What belongs to an incident of which more parts come. */
  let held: Pick<Update, 'incidentContext'> | undefined;
  return (envelope) => {
    const update = pods({ ...envelope, update: worlds(envelope) });
    if (envelope.logs) update.logs = logs(envelope.logs);
    if (envelope.incident === undefined) return update;
    const incident = incidents(envelope.incident);
    const { incidentContext = held?.incidentContext, ...rest } = update;
    held = incident === undefined ? { incidentContext } : undefined;
    if (incident === undefined) return rest;
    return incidentContext ? { ...rest, incidentContext, incident } : { ...rest, incident };
  };
}

function podsDecoder(): (envelope: Envelope) => Update {
  const known = new Map<string, Pod>();
  let list: Pods = [];
  return ({ update, pods }) => {
    if (!pods) return update;
    for (const uid of pods.remove) known.delete(uid);
    for (const pod of pods.upsert) known.set(pod.uid, pod);
    if (pods.remove.length > 0 || pods.upsert.length > 0) list = [...known.values()];
    return { ...update, readings: { ...update.readings, pods: derive(pods.reading, () => list) } };
  };
}
