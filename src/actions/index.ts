// Every action there is. A new one is one line here.
import { type Action, type ActionId, actionIds } from '../core/actions/action.ts';
import { acknowledgePage, notify, resolvePage } from './channels.ts';
import { analyzeTables, cancelQuery, endSession, vacuumTable } from './database.ts';
import { deploy } from './deploy.ts';
import { restartDeployment, rollbackDeployment, scaleDeployment } from './deployments.ts';
import { cleanupEvidence, restoreEvidence } from './evidence.ts';
import { failoverDatabase } from './failover.ts';
import { createApiKey, listApiKeys, revokeApiKey, rotateApiKey } from './keys.ts';
import { listSnapshots, restoreDatabase, rotateDatabaseCredentials } from './recovery.ts';
import { evictRedis } from './redis.ts';
import { cleanupSessions, refreshSessions } from './sessions.ts';
import { cancelStudy, restoreJobs, retryJobs } from './studies.ts';
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
