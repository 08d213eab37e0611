// Whether to promote the replica: one judgement for the checklist's advice, its live check and the action's guard. A
// database is split when two servers take writes, so it takes three proofs: the primary is away from here, the platform
// says so on one of its health paths and on none the contrary, and the replica hears nothing of a primary any more.
// What is not proven is an objection; no objection is a yes.
import { formatAge, formatBytes } from '../text/format.ts';
import { hour, minute } from '../time.ts';
import type { Database, HealthEndpoint, ReplicaWal } from '../world/facts.ts';
import { isStale, known, provesAway, type Reading } from '../world/reading.ts';
import type { Readings, Scope, World } from '../world/world.ts';
import { describeFault } from './describe.ts';
import { evaluateWord, isDatabase } from './health-words.ts';
import { evaluateWrites } from './writes.ts';

/** What the judgement rests on; a `World` is one. */
export type FailoverFacts = Pick<World, 'now'> & {
  scope: Pick<Scope, 'hasReplica'>;
  readings: Pick<Readings, 'primary' | 'replica' | 'gateway'>;
};

export type Objection = {
  of: 'primary' | 'platform' | 'replica';
  code:
    | 'primary-answers'
    | 'primary-takes-no-writes'
    | 'primary-in-recovery'
    | 'primary-unproven'
    | 'platform-well'
    | 'platform-contradicts'
    | 'platform-unclear'
    | 'platform-silent'
    | 'replica-absent'
    | 'replica-unknown'
    | 'replica-promoted'
    | 'replica-unseen'
    | 'replica-receiving'
    | 'replica-not-streaming'
    | 'replica-paused'
    | 'replica-behind';
  /** `no`: it speaks against it. `unsure`: a proof is missing. */
  answer: 'no' | 'unsure';
  says: string;
  /** The next move, where it follows from the facts and not from the code alone. */
  remedy?: string;
  /** Whether a person who knows more may insist. */
  overridable: boolean;
};

export type FailoverJudgement = {
  answer: 'yes' | 'no' | 'unsure';
  because: string;
  objections: readonly Objection[];
};

/** Yes only where all three are proven; the worst objection decides. */
export function evaluateFailover(facts: FailoverFacts): FailoverJudgement {
  const objections = [objectionOfPrimary(facts), objectionOfPlatform(facts), objectionOfReplica(facts)].filter(
    (one) => one !== undefined,
  );
  const answer = (['no', 'unsure'] as const).find((one) => objections.some((o) => o.answer === one)) ?? 'yes';
  if (answer === 'yes') return { answer, because: proofs(facts), objections };
  // A primary that is there ends the question.
  const there = objections.find((o) => o.of === 'primary' && o.answer === 'no');
  const decisive = there ? [there] : objections.filter((o) => o.answer === answer);
  return { answer, because: decisive.map(({ says }) => says).join('; '), objections };
}

function proofs({ now, readings: { primary, gateway, replica } }: FailoverFacts): string {
  const [spare, fault] = [known(replica, now), primary.state === 'lost' ? primary.fault : undefined];
  return [
    `primary: ${fault ? describeFault(fault) : 'away'}`,
    `the platform: ${databaseOfPlatform(gateway, now).says}`,
    `replica: ${spare ? receiptSays(spare) : 'not seen'}`,
  ].join('; ');
}

function objectionOfPrimary({ now, readings: { primary } }: FailoverFacts): Objection | undefined {
  const about = { of: 'primary', code: 'primary-unproven', answer: 'unsure', overridable: true } as const;
  if (primary.state === 'pending') return { ...about, says: 'primary: no answer yet' };
  if (primary.state === 'lost') {
    if (provesAway(primary.fault.code)) return undefined;
    return { ...about, says: `primary: ${describeFault(primary.fault)}; this does not prove that it is down` };
  }
  if (isStale(primary, now)) return { ...about, says: `primary: last answer ${formatAge(now - primary.at)} ago` };
  const there = { of: 'primary', answer: 'no', overridable: false } as const;
  if (primary.value.inRecovery)
    return { ...there, code: 'primary-in-recovery', says: 'the configured primary answers, and is itself in recovery' };
  // It lives: a promoted replica would be a second one. What keeps it from taking writes is what to fix.
  const problem = evaluateWrites(primary.value);
  if (problem?.verdict === 'critical') {
    const { says, remedy } = problem;
    return { ...there, code: 'primary-takes-no-writes', says: `the primary answers; ${says}`, remedy };
  }
  return { ...there, code: 'primary-answers', says: 'the primary answers' };
}

function objectionOfPlatform({ now, readings: { gateway } }: FailoverFacts): Objection | undefined {
  const { state, says } = databaseOfPlatform(gateway, now);
  const about = { of: 'platform', overridable: true } as const;
  switch (state) {
    case 'away':
      return undefined;
    case 'well':
      return { ...about, code: 'platform-well', answer: 'no', says: `but the platform reaches its database: ${says}` };
    case 'contradicts':
      return {
        ...about,
        code: 'platform-contradicts',
        answer: 'unsure',
        says: `the platform contradicts itself: ${says}`,
      };
    case 'unclear':
      return { ...about, code: 'platform-unclear', answer: 'unsure', says: `the platform is unclear: ${says}` };
    case 'silent':
      return { ...about, code: 'platform-silent', answer: 'unsure', says: `the platform does not confirm it: ${says}` };
  }
}

function objectionOfReplica({ now, scope, readings: { primary, replica } }: FailoverFacts): Objection | undefined {
  const none = { of: 'replica', overridable: false } as const;
  if (!scope.hasReplica) return { ...none, code: 'replica-absent', answer: 'no', says: 'no replica is configured' };
  const unknown = { ...none, code: 'replica-unknown', answer: 'unsure' } as const;
  if (replica.state === 'pending') return { ...unknown, says: 'replica: no answer yet' };
  if (replica.state === 'lost') return { ...unknown, says: `replica: ${describeFault(replica.fault)}` };
  if (isStale(replica, now)) return { ...unknown, says: `replica: last answer ${formatAge(now - replica.at)} ago` };
  const { inRecovery, wal, lag } = replica.value;
  if (!inRecovery)
    return {
      ...none,
      code: 'replica-promoted',
      answer: 'no',
      says: 'the replica is not in recovery: it was promoted already',
    };
  const about = { of: 'replica', answer: 'unsure', overridable: true } as const;
  if (!wal) return { ...about, code: 'replica-unseen', says: 'it is unknown whether the replica still receives WAL' };
  if (wal.receiving)
    return {
      ...about,
      code: 'replica-receiving',
      answer: 'no',
      says: `the replica ${receivingSays(wal)}: its primary is alive`,
    };
  if (wal.received === undefined)
    return {
      ...about,
      code: 'replica-not-streaming',
      says: 'the replica has not streamed since its start: it is unknown whether it still receives WAL',
    };
  if (lag?.paused)
    return { ...about, code: 'replica-paused', says: 'replay is paused on the replica (pg_wal_replay_pause)' };
  const behind = wasBehind(primary, replica.value, now);
  return behind === undefined ? undefined : { ...about, code: 'replica-behind', says: behind };
}

/** `receives from db-1:5432, last message 0.4 s ago`. */
function receivingSays({ receiver }: ReplicaWal): string {
  const from = receiver?.from === undefined ? '' : ` from ${receiver.from}`;
  const silence = receiver?.silence === undefined ? '' : `, last message ${formatAge(receiver.silence)} ago`;
  return `still receives WAL${from}${silence}`;
}

/** What a replica has and how old it is: its last receipt, and its newest transaction. */
export function receiptSays({ wal, lag }: Pick<Database, 'wal' | 'lag'>): string {
  if (!wal) return 'what it receives is unknown';
  if (wal.receiving) return receivingSays(wal);
  const silence = wal.receiver?.silence;
  const receipt = silence === undefined ? 'no WAL receiver runs' : `last message ${formatAge(silence)} ago`;
  const age = lag?.ms === undefined ? '' : `, newest transaction ${formatAge(lag.ms)} old`;
  return `no longer receives WAL (${receipt}${age})`;
}

/** What a primary may be ahead of a replica that counts as whole (Patroni: maximum_lag_on_failover). */
const tolerated = 1024 ** 2;

/** Why the replica lacks more than an outage explains; undefined where nothing tells so. */
function wasBehind(primary: Reading<Database>, { lag }: Database, now: number): string | undefined {
  const before = primary.state === 'lost' ? primary.last?.value : undefined;
  const seen = before?.lag;
  if (seen?.streaming && seen.bytes !== undefined && seen.bytes <= tolerated) return undefined;
  const whenSeen = 'the replica was behind when the primary last answered';
  if (seen?.bytes !== undefined && seen.bytes > tolerated) return `${whenSeen}: by ${formatBytes(seen.bytes)}`;
  const unseen = before?.missing.some(({ part }) => part === 'replication lag');
  if ((seen && !seen.streaming) || (before && !seen && !unseen)) return `${whenSeen}: it did not stream`;
  const lostFor = primary.state === 'lost' ? Math.max(0, now - primary.at) : 0;
  return lag?.ms !== undefined && lag.ms > lostFor + hour
    ? `the replica’s newest transaction is ${formatAge(lag.ms)} old: it may have stopped long before`
    : undefined;
}

/** Whether the primary is proven away, from here and by the platform. */
export const primaryProvenAway = (facts: FailoverFacts): boolean =>
  !objectionOfPrimary(facts) && !objectionOfPlatform(facts);

/** Why only fixing the database helps now: it is down from here, in recovery, or down as the platform reports. */
export function databaseIsAway({ now, readings: { primary, gateway } }: FailoverFacts): string | undefined {
  if (primary.state === 'lost' && provesAway(primary.fault.code)) return `primary: ${describeFault(primary.fault)}`;
  if (known(primary, now)?.inRecovery) return 'the configured primary is in recovery: it takes no writes';
  const { state, says } = databaseOfPlatform(gateway, now);
  return state === 'away' || state === 'contradicts' ? `the platform: ${says}` : undefined;
}

export type PlatformView = { state: 'away' | 'well' | 'contradicts' | 'unclear' | 'silent'; says: string };

/** What the platform's health says of its database, over both paths: silence of one leaves the word to the other. */
export function databaseOfPlatform(gateway: Readings['gateway'], now: number): PlatformView {
  if (gateway.state === 'lost') return { state: 'silent', says: describeFault(gateway.fault) };
  const answer = known(gateway, now);
  if (!answer) return { state: 'silent', says: gateway.state === 'pending' ? 'no answer yet' : 'its answer is old' };
  const views = [answer.detailed, answer.health].map((e) => databaseOfEndpoint(e, now));
  const told = views.filter(({ state }) => state !== 'silent');
  const says = (told.length > 0 ? told : views).map((one) => one.says).join(', ');
  const states = new Set(told.map(({ state }) => state));
  const [first] = states;
  return { state: first === undefined ? 'silent' : states.size > 1 ? 'contradicts' : first, says };
}

const isReplica = (name: string): boolean => /replica|standby|reader|secondary/i.test(name);

/** Answers that are not health's own: a rate limit, a login, a redirect, a path that is not served. */
const notHealth = (status: number | undefined): boolean =>
  status === undefined || (status >= 300 && status < 500 && status !== 424);

/** What is older says nothing of now: the path that tells less is asked seldom. */
const tellingFor = minute;

function databaseOfEndpoint(
  e: HealthEndpoint,
  now: number,
): Omit<PlatformView, 'state'> & { state: 'away' | 'well' | 'unclear' | 'silent' } {
  const at = URL.parse(e.url)?.pathname ?? e.url;
  if (notHealth(e.statusCode))
    return {
      state: 'silent',
      says: `${at} ${e.statusCode === 429 ? '429 rate limited' : (e.problem ?? e.statusCode ?? 'no answer')}`,
    };
  if (now - e.at > tellingFor) return { state: 'silent', says: `${at} answered ${formatAge(now - e.at)} ago` };
  const said = e.services.filter(({ name }) => isDatabase(name) && !isReplica(name));
  const [first] = said;
  if (!first) return { state: 'silent', says: `${at} does not mention the database` };
  const says = `${at}: ${said.map(({ name, word }) => `${name} ${word}`).join(', ')}`;
  const verdicts = said.map(({ word }) => evaluateWord(word));
  if (verdicts.every((verdict) => verdict === 'ok')) return { state: 'well', says };
  // Any other word than one for failure proves nothing.
  return { state: verdicts.every((verdict) => verdict === 'critical') ? 'away' : 'unclear', says };
}
