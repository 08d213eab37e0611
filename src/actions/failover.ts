// Promote the replica (runbook: SEV1 step 6). Irreversible: it asks the same judgement as the checklist, about a look of
// its own, and refuses what is not proven unless a person insists in words.
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

const insists = 'split-brain';

const despite: Field = {
  ...choiceField(
    'despite',
    'promote although it is refused or not proven? (split-brain: both servers may take writes)',
    {
      nothing: 'refuse what is not proven',
      [insists]: 'I fenced the old primary; if it lives, what one of the two takes is lost',
    },
  ),
  optional: true,
  asked: (world) => evaluateFailover(world).answer !== 'yes',
};

/** What an answer just now is as a reading. */
function readingOf<T>(answer: Answer<T>, now: number): Reading<T> {
  return answer.ok
    ? { state: 'live', value: answer.value, at: now, staleAfter: minute, from: 'a look before the action' }
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

/** What to do about what speaks against it. */
const nextMove: Readonly<Record<Objection['code'], string>> = {
  'primary-answers': 'mend the primary; if it must be replaced, stop it first',
  'primary-in-recovery': 'was there a failover already? compare database.primary with where the name points',
  'primary-unproven': 'try the primary by hand: psql, and its host’s own console',
  'platform-well': 'only this machine’s way to the primary may be down: look from another',
  'platform-contradicts': 'compare both health paths by hand',
  'platform-unclear': 'look at the health paths by hand',
  'platform-silent': 'ask the platform’s health from another machine',
  'replica-absent': 'set database.replica, or restore from a backup',
  'replica-unknown': 'the replica has to answer first',
  'replica-promoted': 'point the platform at it',
  'replica-unseen': 'GRANT pg_monitor to the role, and look again',
  'replica-receiving': 'the primary lives: mend the way to it; if it is to be replaced, fence it first',
  'replica-not-streaming': 'look at the replica’s log',
  'replica-paused': 'ask who paused it: SELECT pg_wal_replay_resume();',
  'replica-behind': 'compare it with other replicas and with the newest backup',
};

export const failoverDatabase: Action = {
  id: 'failover-database',
  title: 'Fail over the database to the replica',
  risk: 'irreversible',
  about: {
    does: 'promotes the replica to be the primary',
    looksAt:
      'the primary is proven away from here, the platform’s health says so on one path and on none the contrary, the replica is in recovery and receives no more; what it has, and what would be lost; the script is there and executable',
    calls: './scripts/db-failover.sh',
    proof: 'the former replica is no longer in recovery and takes writes',
    undo: 'none: the old primary must be fenced and rebuilt as a replica',
    runbook: 'SEV1 step 6',
  },
  fields: [despite],
  names: (_, { targets }) => targets.replica?.host ?? 'replica',
  object: () => 'database',
  unavailable: (world) => evaluateFailover(world).objections.find((o) => o.answer === 'no' && !o.overridable)?.says,
  needs: (_, { targets, admin }) => [
    { kind: 'script', path: targets.failoverScript, ...(admin.directory ? { directory: admin.directory } : {}) },
  ],
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
        `${nextMove[first.code]}${may ? `; to promote all the same, once the old primary is fenced: --despite ${insists}` : ''}`,
      );
    }
    const { primary, replica } = facts.readings;
    if (!targets.replica || replica.state !== 'live') return refuse('the replica does not answer', 'try it by hand');
    const { host } = targets.replica;
    return planned({
      impact: [
        `${host} becomes the primary. There is no way back: the old primary must be rebuilt as a replica.`,
        ...whatItHas(replica.value),
        ...(primary.state === 'lost' ? [`The primary: ${describeFault(primary.fault)}.`] : []),
      ],
      warnings: [
        ...objections.map(({ says }) => `Not proven, and insisted on: ${says}.`),
        `Fence the old primary (${targets.primary.host}) first: stop it, and keep it from starting again. If it comes back as it was, both take writes and the database is split.`,
        slotsSay(replica.value),
        'Applications must be pointed at the new primary, by DNS or by their configuration.',
      ],
      calls: [
        {
          tool: 'command',
          argv: [targets.failoverScript],
          // It may go by SQL, by AWS, by kubectl or by ssh.
          inherits: ['PG*', 'SSH_AUTH_SOCK', ...kubectlInherits, ...admin.environment],
          ...(admin.directory ? { directory: admin.directory } : {}),
          within: 2 * commandWithin,
        },
      ],
      answered: [`replica ${replica.value.database} at ${replica.value.where}`],
      preconditions: [host, ...objections.map(({ code }) => code)].join(' '),
      baseline: { replayed: replica.value.wal?.replayed ?? '' },
    });
  },
  async verify(_, preflight) {
    const found = await preflight.rows('replica', 'SELECT pg_is_in_recovery() AS recovering', []);
    if (!found.ok) return notYetBy(found.fault);
    if (found.value[0]?.recovering !== false) return notYet('the replica is still in recovery');
    // The session that asks is read-only by itself; the server's own default is what counts.
    const mode = await preflight.rows(
      'replica',
      `SELECT setting FROM pg_settings WHERE name = 'default_transaction_read_only'`,
      [],
    );
    if (!mode.ok) return notYetBy(mode.fault);
    if (mode.value[0]?.setting !== 'off') return notYet('it is promoted, and still read-only by default');
    return proven('the former replica is not in recovery any more and takes writes');
  },
  within: 2 * minute,
};

/** Received and replayed positions, the last message, and what would be lost. */
function whatItHas(replica: Database): readonly string[] {
  const { wal, lag } = replica;
  const waiting = wal?.waiting;
  const lost =
    lag?.ms === undefined
      ? 'Replication lag unknown: data loss cannot be estimated.'
      : wal?.receiving
        ? `Lost is what the primary commits from now on, and what is on its way: the replica is ${formatAge(lag.ms)} behind.`
        : `May be lost: what the primary committed after the replica’s newest transaction, ${formatAge(lag.ms)} ago.`;
  return [
    `The replica ${receiptSays(replica)}.`,
    `Received up to ${wal?.received ?? '(not visible)'}, replayed up to ${wal?.replayed ?? '(not visible)'}${
      waiting === undefined ? '' : `; ${formatBytes(waiting)} received and not replayed yet, which is not lost`
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
