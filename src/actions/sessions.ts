// The session pool (runbook: Session Pool Maintenance; SEV2 "Invalid session").
import type { Action } from '../core/actions/action.ts';
import { minute } from '../core/time.ts';
import { adminCall, given, itsAnswer, needsAdmin, planned } from './plan.ts';

declare module '../core/actions/action.ts' {
  interface ActionIds {
    'cleanup-sessions': true;
    'refresh-sessions': true;
  }
}

/** A duration as admin:sessions accepts it. */
const spanForm = { pattern: /^\d{1,6}[smhd]$/, says: 'a duration such as 90m, 24h or 7d' };

export const cleanupSessions: Action = {
  id: 'cleanup-sessions',
  title: 'Clean up old sessions',
  risk: 'data',
  about: {
    does: 'removes sessions older than a given age from the pool',
    looksAt: 'the admin command is installed',
    calls: 'pnpm admin:sessions cleanup --older-than 24h',
    proof: 'the command’s result',
    undo: 'none: new sessions are created on demand',
    runbook: 'Session Pool Maintenance',
  },
  fields: [{ name: 'older-than', ask: 'older than?', kind: 'text', form: spanForm, preset: '24h' }],
  names: () => 'sessions',
  object: () => 'sessions',
  needs: (_, context) => [needsAdmin(context, 'admin:sessions')],
  async plan(target, preflight) {
    const span = given(target, 'older-than') || '24h';
    const made = adminCall(preflight.context, 'admin:sessions', 'cleanup', '--older-than', { span });
    if (!made.ok) return made;
    return planned({
      impact: [`Removes sessions older than ${span} from the pool. Work that uses them must log in again.`],
      calls: [made.call],
      answered: [preflight.context.admin.directory ?? 'this directory'],
      preconditions: span,
    });
  },
  verify: async (done) => itsAnswer(done),
  within: minute,
};

export const refreshSessions: Action = {
  id: 'refresh-sessions',
  title: 'Refresh all sessions',
  risk: 'data',
  about: {
    does: 'logs every session of the pool in again',
    looksAt: 'the admin command is installed',
    calls: 'pnpm admin:sessions refresh --all',
    proof: 'the command’s result',
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
    return planned({
      impact: ['Every session of the pool logs in again. Meanwhile surfaces may answer with captchas.'],
      calls: [{ ...made.call, within: 10 * minute }],
      answered: [preflight.context.admin.directory ?? 'this directory'],
      preconditions: 'all',
    });
  },
  verify: async (done) => itsAnswer(done),
  within: minute,
};
