// The account that the stand-in of PagerDuty knows: a service, its escalation policy, the people on call, its incidents.
import { randomBytes } from 'node:crypto';

export type User = { id: string; name: string; email: string };
export type Shift = {
  user: User;
  level: number;
  schedule?: { id: string; summary: string };
  start?: number;
  end?: number;
};
export type Note = { id: string; user: User; content: string; at: number };
export type Incident = {
  id: string;
  number: number;
  title: string;
  status: 'triggered' | 'acknowledged' | 'resolved';
  urgency: 'high' | 'low';
  createdAt: number;
  changedAt: number;
  key: string;
  assignees: readonly User[];
  acknowledgers: readonly { user: User; at: number }[];
  notes: Note[];
};

const hour = 3_600_000;

export const service = { id: 'PBENTHAM', name: 'Bentham production' };
export const policy = { id: 'PPOLICY', name: 'Bentham on-call' };

export const users: readonly User[] = [
  { id: 'PMARA01', name: 'Mara Lind', email: 'mara@bentham.io' },
  { id: 'PJONAS1', name: 'Jonas Weber', email: 'jonas@bentham.io' },
  { id: 'PSOFIA1', name: 'Sofia Costa', email: 'sofia@bentham.io' },
  { id: 'PAMIR01', name: 'Amir Haddad', email: 'amir@bentham.io' },
  { id: 'PELENA1', name: 'Elena Petrov', email: 'elena@bentham.io' },
];

function user(at: number): User {
  const found = users[at];
  if (!found) throw new Error(`no user ${at}`);
  return found;
}

/** Level 1 changes every twelve hours, level 2 every week, level 3 is always the same person. */
export function shiftsFrom(begun: number): readonly Shift[] {
  const primary = { id: 'PSCHED1', summary: 'Bentham primary' };
  const secondary = { id: 'PSCHED2', summary: 'Bentham secondary' };
  const first = begun - 7 * hour;
  const days = Array.from({ length: 28 }, (_, at): Shift => {
    const start = first + at * 12 * hour;
    return { user: user(at % 2), level: 1, schedule: primary, start, end: start + 12 * hour };
  });
  const week = begun - 60 * hour;
  const weeks = Array.from({ length: 3 }, (_, at): Shift => {
    const start = week + at * 168 * hour;
    return { user: user(2 + (at % 2)), level: 2, schedule: secondary, start, end: start + 168 * hour };
  });
  return [...days, ...weeks, { user: user(4), level: 3 }];
}

/** Who is on call at a level, at a moment. */
export const onCallAt = (shifts: readonly Shift[], level: number, now: number): readonly User[] =>
  shifts
    .filter((one) => one.level === level && (one.start ?? 0) <= now && now < (one.end ?? Number.POSITIVE_INFINITY))
    .map((one) => one.user);

/** `Q0AB…`, as PagerDuty names what it makes. */
export const newId = (): string => `Q${randomBytes(7).toString('hex').toUpperCase().slice(0, 13)}`;
