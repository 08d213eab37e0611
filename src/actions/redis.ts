// Evict old data from Redis (runbook: Key Metrics, Evict old data).
import type { Action, Execution, Suggestion, Target } from '../core/actions/action.ts';
import type { RedisKey } from '../core/actions/preflight.ts';
import { present } from '../core/present.ts';
import { formatAge, formatBytes, formatCount } from '../core/text/format.ts';
import { ageForms, parseSpan } from '../core/text/since.ts';
import { second } from '../core/time.ts';
import {
  disproven,
  fingerprint,
  given,
  goingOn,
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
    'evict-redis': true;
  }
}

/** Keys in one run, and in one command, at most. */
const mostKeys = 10_000;
const batch = 500;

function batches(keys: readonly RedisKey[]): readonly (readonly string[])[] {
  const names = keys.map(({ key }) => key);
  return Array.from({ length: Math.ceil(names.length / batch) }, (_, at) => names.slice(at * batch, (at + 1) * batch));
}

/** The same with the keys that the scan has not reached; nothing where it has reached the last one. */
const goOn = (target: Target, cursor: string | undefined): readonly Suggestion[] =>
  cursor === undefined
    ? []
    : [{ action: 'evict-redis', target: { ...target, cursor }, says: 'go on with the keys behind them' }];

export const evictRedis: Action = {
  id: 'evict-redis',
  title: 'Evict old data from Redis',
  also: 'flush clear cache full',
  risk: 'data',
  about: {
    does: 'removes idle keys under a prefix',
    looksAt: 'keys by prefix, memory, idle time, from a bounded scan; whether UNLINK is allowed (ACL DRYRUN)',
    calls: 'redis-cli UNLINK KEY …, in batches of 500',
    proof: 'the keys are gone (a key used since the plan is not counted); memory before and after',
    undo: 'none: the cache refills on demand',
    runbook: 'Key Metrics: Evict old data',
  },
  fields: [
    { name: 'prefix', ask: 'prefix of the keys? (cache:)', kind: 'text' },
    { name: 'idle', ask: 'idle for at least?', kind: 'text', time: 'age', preset: '24h' },
    {
      name: 'cursor',
      ask: 'scan from which cursor?',
      kind: 'text',
      optional: true,
      empty: '0, the beginning',
      asked: () => false,
      form: { pattern: /^\d{1,20}$/, says: 'the cursor of SCAN where a run ended' },
    },
  ],
  names: (target) => given(target, 'prefix'),
  object: () => 'redis',
  needs: () => [],
  async plan(target, preflight) {
    const prefix = given(target, 'prefix');
    if (prefix.replace(/[*?]/g, '') === '')
      return refuse('no prefix is given', 'evicting all keys is not supported: give a prefix');
    const idle = parseSpan(given(target, 'idle') || '24h');
    if (idle === undefined) return refuse('that is not an age', `give ${ageForms}`);
    const cursor = given(target, 'cursor') || '0';
    const memory = await preflight.redis();
    if (!memory.ok) return refusedBy(memory.fault);
    if (memory.value.role === 'slave')
      return refuse('this Redis is a replica: it takes no writes', 'point REDIS_URL at the primary (redis-cli ROLE)');
    if (memory.value.cluster)
      return refuse(
        'this is one node of a Redis Cluster: its keys are spread over many',
        'evict node by node: redis-cli -c',
      );
    const found = await preflight.redisKeys({ prefix, idle, most: mostKeys, cursor });
    if (!found.ok) return refusedBy(found.fault);
    const { idle: old, matched, untold, unsized, scanned, resume } = found.value;
    const complete = resume === undefined && cursor === '0';
    if (old.length === 0 && untold)
      return refuse(
        `idle times are unavailable: ${untold.says}`,
        untold.by === 'permission' ? 'grant +object|idletime (ACL SETUSER)' : 'let its policy evict, or delete by hand',
      );
    if (matched === 0 && complete) return refuse(`no key begins with ${prefix.slice(0, 80)}`, 'choose another prefix');
    if (old.length === 0)
      return {
        ...refuse(
          `none of ${formatCount(matched)} keys ${prefix}* was idle for ${formatAge(idle)}${complete ? '' : ` (~${formatCount(scanned)} keys scanned)`}`,
          resume === undefined
            ? 'choose another prefix or a shorter duration'
            : `go on from cursor ${resume}, or choose another prefix or a shorter duration`,
        ),
        next: goOn(target, resume),
      };
    const may = await preflight.redisMay('UNLINK', ...(old[0] ? [old[0].key] : []));
    if (!may.ok) return refusedBy(may.fault);
    if (may.value.may === false) return refuse(`Redis would refuse this: ${may.value.why}`, may.value.hint);
    const sizes = old.flatMap((key) => key.bytes ?? []);
    const size = unsized ? `size unknown: ${unsized}` : formatBytes(sizes.reduce((sum, bytes) => sum + bytes, 0));
    const { usedBytes, maxBytes, policy } = memory.value;
    const limit =
      maxBytes === undefined ? ', limit unknown' : maxBytes > 0 ? ` of ${formatBytes(maxBytes)}` : ', no limit set';
    return planned({
      impact: [
        `Removes ${formatCount(old.length)} of ${formatCount(matched)} keys ${prefix}*, idle for ${formatAge(idle)} or more: ${size}.`,
        `Redis uses ${usedBytes === undefined ? 'an unknown amount of memory' : formatBytes(usedBytes)}${limit}; policy ${policy || 'unknown'}.`,
        `Examples: ${old
          .slice(0, 3)
          .map(({ key }) => key)
          .join(', ')}.`,
      ],
      warnings: [
        ...(may.value.may === 'untold' ? [onlyWhenDone('UNLINK', `Redis cannot check it: ${may.value.why}`)] : []),
        ...(resume === undefined
          ? []
          : [
              `The scan ended after ~${formatCount(scanned)} keys: there may be more. The next run can go on at cursor ${resume}.`,
            ]),
        ...(cursor === '0' ? [] : [`The scan begins at cursor ${cursor}: keys before it are not looked at.`]),
        ...(/queue|bull|lock|session/i.test(prefix)
          ? ['That looks like queues, locks or sessions, not like a cache.']
          : []),
      ],
      calls: batches(old).map((names) => ({ tool: 'redis', command: ['UNLINK', ...names] })),
      instead: 'a cache refills on demand',
      answered: [`redis ${preflight.context.targets.redis.host}:${preflight.context.targets.redis.port}`],
      // Caches change all the time: other keys of the same kind do not change the plan; memory and policy do.
      preconditions: fingerprint(prefix, idle, cursor, policy, maxBytes),
      baseline: present({
        before: usedBytes === undefined ? undefined : String(usedBytes),
        keys: String(old.length),
        resume,
        names: JSON.stringify(old.slice(0, 1000).map(({ key }) => key)),
      }),
    });
  },
  async verify({ plan, startedAt }: Execution, preflight) {
    const names = JSON.parse(plan.baseline?.names ?? '[]') as string[];
    const found = await preflight.redisIdle(names);
    if (!found.ok) return notYetBy(found.fault);
    const there = names.flatMap((name) => found.value.get(name) ?? []);
    // Idle since before the call: UNLINK did not remove it. A key used since may be a new one with the same name.
    const age = preflight.now() - startedAt + second;
    const left = there.filter((idle) => idle > age).length;
    if (left > 0) return disproven(`${formatCount(left)} of the keys remain`);
    const gone = names.length - there.length;
    if (gone === 0)
      return { ...notYet('all of the keys still exist and were used since the plan: nothing is proven'), final: true };
    const memory = await preflight.redis();
    if (!memory.ok) return notYetBy(memory.fault);
    const { usedBytes } = memory.value;
    const keys = Number(plan.baseline?.keys ?? 0);
    const unlinked = [
      `${formatCount(gone)} ${keys > names.length ? `of the ${formatCount(names.length)} keys checked` : 'keys'} are gone`,
      ...(there.length > 0 ? [`${formatCount(there.length)} still exist, used since the plan`] : []),
    ].join(', ');
    if (usedBytes === undefined || plan.baseline?.before === undefined) return proven(`${unlinked}; memory unknown`);
    const freed = Number(plan.baseline.before) - usedBytes;
    return proven(`${unlinked}; memory ${formatBytes(usedBytes)}, ${formatBytes(Math.max(0, freed))} less`);
  },
  within: 20 * second,
  next: (done) => goingOn(done, goOn(done.target, done.plan.baseline?.resume)),
};
