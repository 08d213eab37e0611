// The entries of an incident as the timeline tells them.
import type { Refusal } from '../core/incident/authority.ts';
import { authorOf, type Entry, type EventOf, inOrder } from '../core/incident/event.ts';
import type { Incident } from '../core/incident/incident.ts';
import type { Instant } from '../core/time.ts';
import { type Story, startedAt, timelineText } from './timeline-text.ts';

/** An entry as the timeline tells it. `who`: the person, or the cockpit itself. */
export type Told = { entry: Entry; story: Story; who: string };

/** Every entry of an incident that the timeline tells, in order; those without effect say so. */
export const timelineOf = (incident: Incident): readonly Told[] => timelineTeller()(incident);

/** What is told of an entry depends on what came after it: on the end of its run, on the outcome of its message. */
type Kept = { why?: Refusal; isUncontrolled: boolean; startedAt?: Instant; isOvertaken: boolean; told?: Told };

/** Tells incidents as they grow: an entry that is told as before stays the same object. */
export function timelineTeller(): (incident: Incident) => readonly Told[] {
  const memory = new WeakMap<Entry, Kept>();
  return (incident) => {
    const reasons = new Map(incident.refused.map(({ entry, why }) => [entry, why]));
    const uncontrolled = new Set(incident.uncontrolled);
    const startOf = new Map(incident.runs.map((run) => [run.run, startedAt(run)]));
    const settled = new Set(incident.messages.flatMap((m) => (m.delivery === 'sending' ? [] : [m.message])));
    const timeline: Told[] = [];
    for (const entry of reasons.size === 0 ? incident.entries : inOrder([...incident.entries, ...reasons.keys()])) {
      const { event } = entry;
      const why = reasons.get(entry);
      const now: Kept = {
        why,
        isUncontrolled: uncontrolled.has(entry.id),
        startedAt: event.kind === 'action' && !why ? startOf.get(event.run) : undefined,
        isOvertaken: event.kind === 'notified' && !why && isOvertaken(event, settled),
      };
      let known = memory.get(entry);
      if (!known || !isToldAlike(known, now)) {
        known = { ...now, told: tell(entry, now) };
        memory.set(entry, known);
      }
      if (known.told) timeline.push(known.told);
    }
    return timeline;
  };
}

const isToldAlike = (a: Kept, b: Kept): boolean =>
  a.why === b.why &&
  a.isUncontrolled === b.isUncontrolled &&
  a.startedAt === b.startedAt &&
  a.isOvertaken === b.isOvertaken;

function tell(entry: Entry, { why, isUncontrolled, startedAt, isOvertaken }: Kept): Told | undefined {
  const story = isOvertaken ? undefined : timelineText(entry, startedAt);
  if (!story) return undefined;
  const who = authorOf(entry);
  if (why) return { entry, who, story: { ...story, verdict: 'warning', says: `${refusalSays[why]}: ${story.says}` } };
  return { entry, who, story: isUncontrolled ? { ...story, says: `not in control: ${story.says}` } : story };
}

const refusalSays: Readonly<Record<Refusal, string>> = {
  'not-signed': 'no effect, not signed',
  'new-key': 'no effect, key not admitted',
  'removed-key': 'no effect, key removed',
  'not-in-control': 'no effect, not in control',
  overtaken: 'no effect, another cockpit had control',
};

/** A message that is being sent, once its outcome is recorded too: each message is listed once. */
const isOvertaken = ({ delivery, message }: EventOf<'notified'>, settled: ReadonlySet<string>): boolean =>
  delivery === 'sending' && settled.has(message);
