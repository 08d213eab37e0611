// The session pool (runbook: Session Pool Maintenance; SEV2 "Invalid session").
import type { Action } from '../core/actions/action.ts';
import { formatCount } from '../core/text/format.ts';
import { ageForms, parseSpan } from '../core/text/since.ts';
import { minute, second } from '../core/time.ts';
import { adminCall, counted, given, needsAdmin, planned, refuse } from './plan.ts';
import { noneBefore, poolBefore } from './session-pool.ts';

declare module '../core/actions/action.ts' {
  interface ActionIds {
    'cleanup-sessions': true;
    'refresh-sessions': true;
  }
}

export const cleanupSessions: Action = {
  id: 'cleanup-sessions',
  title: 'Clean up old sessions',
  also: 'clear session pool invalid session',
  risk: 'data',
  about: {
    does: 'removes sessions older than a given age from the pool',
    looksAt: 'the sessions in the database, and how many are older; the admin command is installed',
    calls: 'pnpm admin:sessions cleanup --older-than 24h',
    proof: 'no older session is left in the database',
    undo: 'none: new sessions are created on demand',
    runbook: 'Session Pool Maintenance',
  },
  fields: [{ name: 'older-than', ask: 'older than?', kind: 'text', time: 'age', preset: '24h' }],
  // The age is what decides how much goes.
  names: (target) => given(target, 'older-than') || '24h',
  object: () => 'sessions',
  needs: (_, context) => [needsAdmin(context, 'admin:sessions')],
  async plan(target, preflight) {
    const span = given(target, 'older-than') || '24h';
    const age = parseSpan(span);
    if (age === undefined) return refuse(`${span.slice(0, 40)} is not an age`, `give ${ageForms}`);
    const seconds = age / second;
    const made = adminCall(preflight.context, 'admin:sessions', 'cleanup', '--older-than', { span });
    if (!made.ok) return made;
    const { pool, warning } = await poolBefore(preflight, seconds);
    if (pool?.old === 0)
      return refuse(`no session is older than ${span}: ${counted(pool.total, 'session')}`, 'nothing to remove');
    return planned({
      impact: [
        pool
          ? `Removes ${formatCount(pool.old)} of ${counted(pool.total, 'session')}: those older than ${span}.`
          : `Removes sessions older than ${span} from the pool.`,
        'Work that uses them must log in again.',
      ],
      warnings: [
        ...(warning === undefined ? [] : [warning]),
        ...(pool && pool.old === pool.total ? ['That is every session: all surfaces must log in again.'] : []),
      ],
      calls: [made.call],
      instead: 'new sessions are created on demand',
      answered: [preflight.context.admin.directory ?? 'this directory'],
      preconditions: span,
      baseline: pool ? { before: String(pool.now - seconds), of: String(pool.old) } : {},
    });
  },
  verify: (done, preflight) => noneBefore(done, preflight, 'gone'),
  within: minute,
};

export const refreshSessions: Action = {
  id: 'refresh-sessions',
  title: 'Refresh all sessions',
  risk: 'data',
  about: {
    does: 'logs every session of the pool in again',
    looksAt: 'the sessions in the database; the admin command is installed',
    calls: 'pnpm admin:sessions refresh --all',
    proof: 'every session in the database was refreshed since',
    undo: 'none',
    runbook: 'Session Pool Maintenance',
  },
  fields: [],
  names: () => 'sessions',
  object: () => 'sessions',
  needs: (_, context) => [needsAdmin(context, 'admin:sessions')],
  async plan(_, preflight) {
    const made = adminCall(preflight.context, 'admin:sessions', 'refresh', '--all');
    if (!made.ok) return made;
    const { pool, warning } = await poolBefore(preflight, 0);
    if (pool?.total === 0) return refuse('there are no sessions', 'nothing to refresh');
    return planned({
      impact: [
        `${pool ? `All ${formatCount(pool.total)} sessions of the pool log` : 'Every session of the pool logs'} in again. Meanwhile surfaces may answer with captchas.`,
      ],
      warnings: warning === undefined ? [] : [warning],
      calls: [{ ...made.call, within: 10 * minute }],
      instead: 'the sessions stay logged in anew',
      answered: [preflight.context.admin.directory ?? 'this directory'],
      preconditions: 'all',
      baseline: pool ? { before: String(pool.now), of: String(pool.total) } : {},
    });
  },
  verify: (done, preflight) => noneBefore(done, preflight, 'refreshed'),
  within: minute,
};
