// Every action. A new one is a file, which declares its id, and a line here.
import type { Action, BuiltInActionId } from '../core/actions/action.ts';
import { noOwnCommands, type OwnCommands } from '../core/actions/own/command.ts';
import { acknowledgePage, notify, resolvePage } from './channels.ts';
import { cleanupEvidence } from './cleanup-evidence.ts';
import { rotateDatabaseCredentials } from './credentials.ts';
import { analyzeTables } from './database/analyze-tables.ts';
import { cancelQuery, endSession } from './database/end-session.ts';
import { vacuumTable } from './database/vacuum-table.ts';
import { deploy } from './deploy/deploy.ts';
import { restartDeployment } from './deployments/restart-deployment.ts';
import { rollbackDeployment } from './deployments/rollback-deployment.ts';
import { scaleDeployment } from './deployments/scale-deployment.ts';
import { failoverDatabase } from './failover.ts';
import { createApiKey } from './keys/create-api-key.ts';
import { listApiKeys } from './keys/list-api-keys.ts';
import { revokeApiKey } from './keys/revoke-api-key.ts';
import { rotateApiKey } from './keys/rotate-api-key.ts';
import { ownActions } from './own.ts';
import { escalatePage, notePage, reassignPage } from './page-people.ts';
import { preserveEvidence } from './preserve-evidence.ts';
import { listSnapshots, restoreDatabase } from './recovery.ts';
import { evictRedis } from './redis.ts';
import { restoreDeletedEvidence } from './restore-deleted-evidence.ts';
import { restoreEvidence } from './restore-evidence.ts';
import { cleanupSessions, refreshSessions } from './sessions.ts';
import { cancelStudy } from './studies/cancel-study.ts';
import { pauseStudy, resumeStudy } from './studies/pause-study.ts';
import { restoreJobs } from './studies/restore-jobs.ts';
import { retryJobs } from './studies/retry-jobs.ts';
import { disableSurface, enableSurface, testSurface } from './surfaces.ts';

/** By id; the compiler asks for each. */
export const actionById: Readonly<Record<BuiltInActionId, Action>> = {
  'restart-deployment': restartDeployment,
  'rollback-deployment': rollbackDeployment,
  'scale-deployment': scaleDeployment,
  'failover-database': failoverDatabase,
  'retry-jobs': retryJobs,
  'restore-jobs': restoreJobs,
  'cancel-study': cancelStudy,
  'pause-study': pauseStudy,
  'resume-study': resumeStudy,
  'disable-surface': disableSurface,
  'enable-surface': enableSurface,
  'test-surface': testSurface,
  'list-api-keys': listApiKeys,
  'create-api-key': createApiKey,
  'revoke-api-key': revokeApiKey,
  'rotate-api-key': rotateApiKey,
  'cleanup-sessions': cleanupSessions,
  'refresh-sessions': refreshSessions,
  'analyze-tables': analyzeTables,
  'vacuum-table': vacuumTable,
  'cancel-query': cancelQuery,
  'end-session': endSession,
  'evict-redis': evictRedis,
  'preserve-evidence': preserveEvidence,
  'cleanup-evidence': cleanupEvidence,
  'restore-evidence': restoreEvidence,
  'restore-deleted-evidence': restoreDeletedEvidence,
  'list-snapshots': listSnapshots,
  'restore-database': restoreDatabase,
  'rotate-database-credentials': rotateDatabaseCredentials,
  deploy,
  'acknowledge-page': acknowledgePage,
  'reassign-page': reassignPage,
  'escalate-page': escalatePage,
  'note-page': notePage,
  notify,
  'resolve-page': resolvePage,
};

/** In this order everywhere. */
export const actions: readonly Action[] = Object.values(actionById);

export const isActionId = (text: string): text is BuiltInActionId => Object.hasOwn(actionById, text);

type Own = Pick<OwnCommands, 'commands'>;

/** Ours and the user's own. */
export const allActions = (own: Own = noOwnCommands): readonly Action[] =>
  own.commands.length === 0 ? actions : [...actions, ...ownActions(own)];

/** An action by its id; undefined: there is none, or commands.yaml no longer has it. */
export function findAction(id: string, own: Own = noOwnCommands): Action | undefined {
  return isActionId(id) ? actionById[id] : ownActions(own).find((action) => action.id === id);
}
