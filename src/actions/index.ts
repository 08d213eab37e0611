// Every action there is. A new one is one line here.
import { type Action, type ActionId, actionIds } from '../core/actions/action.ts';
import { acknowledgePage, notify, resolvePage } from './channels.ts';
import { rotateDatabaseCredentials } from './credentials.ts';
import { analyzeTables } from './database/analyze-tables.ts';
import { cancelQuery, endSession } from './database/end-session.ts';
import { vacuumTable } from './database/vacuum-table.ts';
import { deploy } from './deploy/deploy.ts';
import { restartDeployment } from './deployments/restart-deployment.ts';
import { rollbackDeployment } from './deployments/rollback-deployment.ts';
import { scaleDeployment } from './deployments/scale-deployment.ts';
import { cleanupEvidence, restoreEvidence } from './evidence.ts';
import { failoverDatabase } from './failover.ts';
import { createApiKey } from './keys/create-api-key.ts';
import { listApiKeys } from './keys/list-api-keys.ts';
import { revokeApiKey } from './keys/revoke-api-key.ts';
import { rotateApiKey } from './keys/rotate-api-key.ts';
import { listSnapshots, restoreDatabase } from './recovery.ts';
import { evictRedis } from './redis.ts';
import { cleanupSessions, refreshSessions } from './sessions.ts';
import { cancelStudy } from './studies/cancel-study.ts';
import { restoreJobs } from './studies/restore-jobs.ts';
import { retryJobs } from './studies/retry-jobs.ts';
import { disableSurface, enableSurface, testSurface } from './surfaces.ts';

const all: readonly Action[] = [
  restartDeployment,
  rollbackDeployment,
  scaleDeployment,
  failoverDatabase,
  retryJobs,
  restoreJobs,
  cancelStudy,
  disableSurface,
  enableSurface,
  testSurface,
  listApiKeys,
  createApiKey,
  revokeApiKey,
  rotateApiKey,
  cleanupSessions,
  refreshSessions,
  analyzeTables,
  vacuumTable,
  cancelQuery,
  endSession,
  evictRedis,
  cleanupEvidence,
  restoreEvidence,
  listSnapshots,
  restoreDatabase,
  rotateDatabaseCredentials,
  deploy,
  acknowledgePage,
  notify,
  resolvePage,
];

/** In the order of `actionIds`. */
export const actions: readonly Action[] = actionIds.flatMap((id) => all.filter((one) => one.id === id));

export function actionNamed(id: ActionId): Action | undefined {
  return all.find((one) => one.id === id);
}
