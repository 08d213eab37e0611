// Promote the replica (runbook: SEV1 step 6). Irreversible: it uses the same evaluation as the checklist, on fresh facts
// of its own, and refuses what is not proven unless a person insists explicitly.
import type { Action, Field } from '../core/actions/action.ts';
import type { Answer, Preflight } from '../core/actions/preflight.ts';
import { describeFault } from '../core/health/describe.ts';
import { evaluateFailover, type FailoverFacts, type Objection, receiptSays } from '../core/health/failover.ts';
import { formatAge, formatBytes } from '../core/text/format.ts';
import { minute } from '../core/time.ts';
import type { Database } from '../core/world/facts.ts';
import type { Reading } from '../core/world/reading.ts';
import {
  choiceField,
  commandWithin,
  counted,
  given,
  kubectlInherits,
  notYet,
  notYetBy,
  planned,
  proven,
  refuse,
} from './plan.ts';

declare module '../core/actions/action.ts' {
  interface ActionIds {
    'failover-database': true;
  }
}

const insists = 'split-brain';

const despite: Field = {
  ...choiceField('despite', 'promote without proof? (risk of split-brain: two primaries take writes)', {
    nothing: 'refuse without proof',
    [insists]: 'I fenced the old primary; if it still runs, writes will be lost',
  }),
  optional: true,
  asked: (world) => evaluateFailover(world).answer !== 'yes',
};

/** A fresh answer as a reading. */
function readingOf<T>(answer: Answer<T>, now: number): Reading<T> {
  return answer.ok
    ? { state: 'live', value: answer.value, at: now, staleAfter: minute, from: 'the preflight check' }
    : { state: 'lost', fault: answer.fault, at: now };
}

async function factsFrom(preflight: Preflight): Promise<FailoverFacts> {
  const { targets } = preflight.context;
  const [primary, replica, gateway] = await Promise.all([
    preflight.server('primary'),
    preflight.server('replica'),
    preflight.gateway(),
  ]);
  const now = preflight.now();
  return {
    now,
    scope: { hasReplica: targets.replica !== undefined },
    readings: {
      primary: readingOf(primary, now),
      replica: readingOf(replica, now),
      gateway: readingOf(gateway, now),
    },
  };
}

/** The next move for each objection. */
const nextMove: Readonly<Record<Objection['code'], string>> = {
  'primary-answers': 'fix the primary; to replace it, stop it first',
  'primary-takes-no-writes': 'fix what keeps it from taking writes; to replace it, stop it first',
  'primary-in-recovery': 'check for an earlier failover: compare database.primary with the DNS name',
  'primary-unproven': 'check the primary by hand: psql, and its host’s console',
  'platform-well': 'the network from this machine may be down: check from another machine',
  'platform-contradicts': 'compare both health endpoints by hand',
  'platform-unclear': 'check the health endpoints by hand',
  'platform-silent': 'check the platform’s health from another machine',
  'replica-absent': 'set database.replica, or restore from a backup',
  'replica-unknown': 'the replica must answer first',
  'replica-promoted': 'point the platform at it',
  'replica-unseen': 'GRANT pg_monitor to the role, then try again',
  'replica-receiving': 'the primary is alive: fix the connection to it; to replace it, fence it first',
  'replica-not-streaming': 'check the replica’s log',
  'replica-paused': 'find out who paused it; to resume: SELECT pg_wal_replay_resume();',
  'replica-behind': 'compare it with other replicas and with the newest backup',
};

export const failoverDatabase: Action = {
  id: 'failover-database',
  title: 'Fail over the database to the replica',
  also: 'failover promote replica',
  risk: 'irreversible',
  about: {
    does: 'promotes the replica to primary',
    looksAt:
      'the primary is down as seen from here, at least one health endpoint of the platform confirms it and none denies it, the replica is in recovery and no longer receives WAL; the expected data loss; the script exists and is executable',
    calls: './scripts/db-failover.sh',
    proof: 'the former replica is out of recovery and takes writes',
    undo: 'none: the old primary must be fenced and rebuilt as a replica',
    runbook: 'SEV1 step 6',
  },
  fields: [despite],
  names: (_, { targets }) => targets.replica?.host ?? 'replica',
  object: () => 'database',
  unavailable: (world) => evaluateFailover(world).objections.find((o) => o.answer === 'no' && !o.overridable)?.says,
  needs: (_, { targets, admin }) => [{ kind: 'script', path: targets.failoverScript, directory: admin.directory }],
  async plan(target, preflight) {
    const { targets, admin } = preflight.context;
    const facts = await factsFrom(preflight);
    const { objections } = evaluateFailover(facts);
    const insisted = given(target, despite.name) === insists;
    const standing = objections.filter((one) => !(insisted && one.overridable));
    const [first] = standing;
    if (first) {
      const may = standing.every((one) => one.overridable);
      return refuse(
        standing.map(({ says }) => says).join('; '),
        `${first.remedy ?? nextMove[first.code]}${may ? `; to promote anyway, once the old primary is fenced: --despite ${insists}` : ''}`,
      );
    }
    const { primary, replica } = facts.readings;
    if (!targets.replica || replica.state !== 'live') return refuse('the replica does not answer', 'check it by hand');
    const { host } = targets.replica;
    return planned({
      impact: [
        `${host} becomes the primary.`,
        ...whatItHas(replica.value),
        ...(primary.state === 'lost' ? [`The primary: ${describeFault(primary.fault)}.`] : []),
      ],
      warnings: [
        ...objections.map(({ says }) => `Not proven, overridden: ${says}.`),
        `Fence the old primary (${targets.primary.host}) first: stop it, and keep it from starting again. If it comes back as a primary, both take writes (split-brain).`,
        slotsSay(replica.value),
        'Point the applications at the new primary, by DNS or configuration.',
      ],
      calls: [
        {
          tool: 'command',
          argv: [targets.failoverScript],
          // It may go by SQL, by AWS, by kubectl or by ssh.
          inherits: ['PG*', 'SSH_AUTH_SOCK', ...kubectlInherits, ...admin.environment],
          directory: admin.directory,
          within: 2 * commandWithin,
        },
      ],
      instead: 'the old primary must be rebuilt as a replica',
      answered: [`replica ${replica.value.database} at ${replica.value.where}`],
      preconditions: [host, ...objections.map(({ code }) => code)].join(' '),
      baseline: { replayed: replica.value.wal?.replayed ?? '' },
    });
  },
  async verify(_, preflight) {
    const found = await preflight.rows('replica', 'SELECT pg_is_in_recovery() AS recovering', []);
    if (!found.ok) return notYetBy(found.fault);
    if (found.value[0]?.recovering !== false) return notYet('the replica is still in recovery');
    // Our session is always read-only; the server's default counts.
    const mode = await preflight.rows(
      'replica',
      `SELECT setting FROM pg_settings WHERE name = 'default_transaction_read_only'`,
      [],
    );
    if (!mode.ok) return notYetBy(mode.fault);
    if (mode.value[0]?.setting !== 'off') return notYet('it is promoted, but still read-only by default');
    return proven('the former replica is out of recovery and takes writes');
  },
  within: 2 * minute,
};

/** Received and replayed positions, the last message, and the expected data loss. */
function whatItHas(replica: Database): readonly string[] {
  const { wal, lag } = replica;
  const waiting = wal?.waiting;
  const lost =
    lag?.ms === undefined
      ? 'Replication lag unknown: data loss cannot be estimated.'
      : wal?.receiving
        ? `Lost: all commits of the primary from now on, and WAL in transit. The replica is ${formatAge(lag.ms)} behind.`
        : `Possibly lost: commits of the primary after the replica’s newest transaction, ${formatAge(lag.ms)} ago.`;
  return [
    `The replica ${receiptSays(replica)}.`,
    `Received up to ${wal?.received ?? '(not visible)'}, replayed up to ${wal?.replayed ?? '(not visible)'}${
      waiting === undefined ? '' : `; ${formatBytes(waiting)} received but not replayed yet (not lost)`
    }.`,
    lost,
  ];
}

/** Slots are not replicated (before 17 none, from then on those that are synced). */
function slotsSay({ slots }: Database): string {
  const rest = 'Consumers of the old primary’s slots must be set up again.';
  if (!slots) return `Replication slots of the replica are not visible. ${rest}`;
  const named = slots.slice(0, 5).map(({ name }) => name);
  return slots.length === 0
    ? `The replica has no replication slots. ${rest}`
    : `The replica has ${counted(slots.length, 'replication slot')} (${named.join(', ')}${slots.length > 5 ? ' …' : ''}). ${rest}`;
}
