// Backups of the database (runbook: Database Recovery).
import type { Action } from '../core/actions/action.ts';
import { formatAge, formatInstant } from '../core/text/format.ts';
import { pastForms } from '../core/text/since.ts';
import { minute, second } from '../core/time.ts';
import {
  counted,
  disproven,
  given,
  notYet,
  notYetBy,
  onlyWhenDone,
  planned,
  proven,
  refuse,
  refusedBy,
} from './plan.ts';

declare module '../core/actions/action.ts' {
  interface ActionIds {
    'list-snapshots': true;
    'restore-database': true;
  }
}

const clusterName = {
  pattern: /^(?=.{1,63}$)[a-z](-?[a-z0-9])*$/i,
  says: 'a name of letters, digits and single dashes, at most 63',
};

export const restoreDatabase: Action = {
  id: 'restore-database',
  title: 'Restore the database to a point in time',
  also: 'pitr rds',
  risk: 'irreversible',
  about: {
    does: 'restores the database into a new RDS cluster, as of a point in time; the old cluster is not changed',
    looksAt: 'the restorable time range, the snapshots, whether the new name is free; the cost',
    calls: 'aws rds restore-db-cluster-to-point-in-time …',
    proof: 'the new cluster’s progress',
    undo: 'delete the new cluster by hand; its cost until then remains',
    runbook: 'Point-in-Time Recovery',
  },
  fields: [
    {
      name: 'at',
      ask: 'restore to which time?',
      kind: 'text',
      time: 'past',
    },
    {
      name: 'name',
      ask: 'name of the new cluster?',
      empty: 'backups.recovered',
      kind: 'text',
      form: clusterName,
      optional: true,
    },
  ],
  names: (target, { targets }) => given(target, 'name') || targets.recovered,
  object: (target, { targets }) => `rds/${given(target, 'name') || targets.recovered}`,
  needs: () => [],
  async plan(target, preflight) {
    const { targets } = preflight.context;
    const name = given(target, 'name') || targets.recovered;
    // The configured name, if none was given.
    if (!clusterName.pattern.test(name))
      return refuse(`${name.slice(0, 70)} is not a valid cluster name`, `give ${clusterName.says}`);
    const at = given(target, 'at');
    const time = Date.parse(at);
    if (Number.isNaN(time)) return refuse(`${at.slice(0, 40)} is not a time`, `give ${pastForms}`);
    const [found, taken] = await Promise.all([preflight.snapshots(), preflight.rdsCluster(name)]);
    if (!found.ok) return refusedBy(found.fault);
    if (!taken.ok) return refusedBy(taken.fault);
    if (taken.value)
      return refuse(`a cluster ${name} already exists (${taken.value.status})`, 'choose another name with --name');
    const { newestRestorable: newest, oldestRestorable: oldest } = found.value;
    if (newest !== undefined && time > newest)
      return refuse(`the latest restorable time is ${formatInstant(newest)}`, 'choose an earlier time');
    if (oldest !== undefined && time < oldest)
      return refuse(`the earliest restorable time is ${formatInstant(oldest)}`, 'choose a later time, or a snapshot');
    return planned({
      impact: [
        `Creates cluster ${name} with the data of ${targets.cluster} at ${formatInstant(time)}. The old cluster is not changed.`,
        `It lacks the writes of the last ${formatAge(preflight.now() - time)}.`,
        newest === undefined
          ? 'The latest restorable time is unknown.'
          : `Latest restorable time: ${formatInstant(newest)}.`,
        'It is billed like a cluster of that size until you delete it. It has no instances yet: add one to connect.',
        onlyWhenDone('rds:RestoreDBClusterToPointInTime'),
      ],
      calls: [
        {
          tool: 'rds',
          do: {
            verb: 'restore-to-point-in-time',
            source: targets.cluster,
            target: name,
            at: new Date(time).toISOString().replace('.000', ''),
          },
        },
      ],
      undo: `delete the cluster ${name} by hand (aws rds delete-db-cluster); its cost until then remains`,
      answered: [`RDS cluster ${targets.cluster}, ${counted(found.value.snapshots.length, 'snapshot')}`],
      preconditions: `${name} free`,
      baseline: { name },
    });
  },
  async verify({ plan }, preflight) {
    const found = await preflight.rdsCluster(plan.baseline?.name ?? '');
    if (!found.ok) return notYetBy(found.fault);
    if (!found.value) return notYet('the new cluster is not listed yet');
    const { status, percent } = found.value;
    if (status === 'available') return proven('the new cluster is available');
    if (/fail|incompatible/.test(status)) return disproven(`the new cluster is ${status}`);
    const part = Number.parseFloat(percent ?? '');
    const known = Number.isNaN(part) ? undefined : { done: part, total: 100, unit: '%' };
    return notYet(`the new cluster is ${status}${percent ? ` (${percent} %)` : ''}`, known);
  },
  within: 30 * minute,
};

export const listSnapshots: Action = {
  id: 'list-snapshots',
  title: 'List database snapshots',
  also: 'rds',
  risk: 'reversible',
  about: {
    does: 'lists the snapshots that can be restored',
    looksAt: 'the cluster’s snapshots and its latest restorable time',
    calls: 'aws rds describe-db-cluster-snapshots',
    proof: 'nothing is changed',
    undo: 'nothing is changed',
    runbook: 'Point-in-Time Recovery',
  },
  reads: true,
  fields: [],
  names: (_, { targets }) => targets.cluster,
  object: (_, { targets }) => `rds/${targets.cluster}`,
  needs: () => [],
  async plan(_, preflight) {
    const found = await preflight.snapshots();
    if (!found.ok) return refusedBy(found.fault);
    const { snapshots, newestRestorable, oldestRestorable } = found.value;
    const iso = (at: number | undefined) => (at === undefined ? null : new Date(at).toISOString());
    return planned({
      impact: [
        newestRestorable === undefined
          ? 'The latest restorable time is unknown.'
          : `Any time up to ${formatInstant(newestRestorable)} can be restored.`,
        ...snapshots.slice(0, 30).map((s) => `${s.id}  ${s.at > 0 ? formatInstant(s.at) : '–'}  ${s.status}`),
      ],
      found: {
        says: `${counted(snapshots.length, 'snapshot')}. ${
          newestRestorable === undefined
            ? 'The latest restorable time is unknown.'
            : `Any time${oldestRestorable === undefined ? '' : ` from ${formatInstant(oldestRestorable)}`} up to ${formatInstant(newestRestorable)} can be restored.`
        }`,
        head: ['SNAPSHOT', 'TIME', 'STATUS'],
        // A snapshot in creation has no time yet.
        table: snapshots.map((s) => [s.id, s.at > 0 ? formatInstant(s.at) : '–', s.status]),
        json: {
          newestRestorable: iso(newestRestorable),
          oldestRestorable: iso(oldestRestorable),
          snapshots: snapshots.map((s) => ({ id: s.id, at: s.at > 0 ? iso(s.at) : null, status: s.status })),
        },
      },
      calls: [],
      undo: 'nothing is changed',
      answered: [`RDS cluster ${preflight.context.targets.cluster}`],
      preconditions: 'read',
    });
  },
  verify: async () => proven('nothing was changed'),
  within: second,
};
