// PagerDuty as its REST API tells it: who is on call, now and next, and the open pages of the service. Pure.
import { day, type Instant, type Ms } from '../time.ts';
import type { Fault } from '../world/reading.ts';

/** How far ahead the next person on call is looked for. */
export const onCallAhead: Ms = 14 * day;

export type PagerUser = { id: string; name: string; email?: string | undefined };

/** A person at one level of the escalation policy. `since` and `until` are absent where the person always is. */
export type OnCall = {
  user: PagerUser;
  /** From 1: who is paged first. */
  level: number;
  schedule?: string | undefined;
  since?: Instant | undefined;
  until?: Instant | undefined;
};

/** A PagerDuty incident. `status` is PagerDuty's own word: triggered, acknowledged, resolved. */
export type Page = {
  id: string;
  number: number;
  title: string;
  status: string;
  urgency?: string | undefined;
  createdAt: Instant;
  service: { id: string; name: string };
  /** The escalation policy that pages people about it. */
  policy?: { id: string; name: string } | undefined;
  assignees: readonly PagerUser[];
  acknowledgedBy: readonly string[];
  /** Its dedup_key; absent where it has several alerts. */
  key?: string | undefined;
};

export type Pager = {
  service: { id: string; name: string };
  policy?: { id: string; name: string } | undefined;
  /** Newest first. */
  pages: readonly Page[];
  /** There are more open pages than were read. */
  morePages: boolean;
  /** By level, then by time: those of now and of the next two weeks. */
  onCalls: readonly OnCall[];
  /** There are more than were read: who is next may be missing. */
  moreOnCalls: boolean;
  /** Why one of the two could not be read. */
  untold: readonly { what: 'pages' | 'on-calls'; fault: Fault }[];
};

/** PagerDuty notes and assigns no page that is over. */
export const isOpenPage = ({ status }: Pick<Page, 'status'>): boolean => status !== 'resolved';

const startsBy = ({ since }: OnCall, now: Instant) => since === undefined || since <= now;
const lastsAt = ({ until }: OnCall, now: Instant) => until === undefined || until > now;

/** Who is on call at this moment, by level. */
export const onCallNow = (onCalls: readonly OnCall[], now: Instant): readonly OnCall[] =>
  onCalls.filter((one) => startsBy(one, now) && lastsAt(one, now));

/** The levels at which somebody is or will be on call, in order. */
export const levelsOf = (onCalls: readonly OnCall[]): readonly number[] =>
  [...new Set(onCalls.map(({ level }) => level))].sort((a, b) => a - b);

/** Who takes over at a level, and when; undefined where nobody does within the two weeks that were read. */
export function onCallNext(onCalls: readonly OnCall[], level: number, now: Instant): OnCall | undefined {
  const here = onCallNow(onCalls, now).filter((one) => one.level === level);
  const later = onCalls
    .filter((one) => one.level === level && one.since !== undefined && one.since > now)
    .sort((a, b) => (a.since ?? 0) - (b.since ?? 0));
  // A shift that is cut in two by a rotation is no change of person.
  return later.find((one) => !here.some(({ user }) => user.id === one.user.id)) ?? undefined;
}

/** The levels that its assignees are on call at, the highest; undefined: they are on call at none. */
export function levelOf({ assignees }: Pick<Page, 'assignees'>, onCalls: readonly OnCall[], now: Instant) {
  const levels = onCallNow(onCalls, now)
    .filter(({ user }) => assignees.some(({ id }) => id === user.id))
    .map(({ level }) => level);
  return levels.length > 0 ? Math.max(...levels) : undefined;
}

/** What names a page to an action: its dedup_key, which events know too, else its id. */
export const pageRef = ({ key, id }: Pick<Page, 'key' | 'id'>): string => key ?? id;

/** `Mara Lind, Sofia Costa`; `nobody`. */
export const namesOf = (users: readonly PagerUser[]): string => users.map(({ name }) => name).join(', ') || 'nobody';

/** `triggered, assigned to Mara Lind`; `acknowledged by Mara Lind`. */
export function pageState({ status, assignees, acknowledgedBy }: Page): string {
  const by = acknowledgedBy.length > 0 ? ` by ${acknowledgedBy.join(', ')}` : '';
  if (status === 'acknowledged') return `acknowledged${by}`;
  return status === 'resolved' ? status : `${status}, assigned to ${namesOf(assignees)}`;
}
