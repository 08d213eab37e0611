// Every action there is. A new one is one line here.
import { type Action, type ActionId, actionIds } from '../core/action.ts';
import { analyzeTables, cancelQuery, endSession, vacuumTable } from './database.ts';
import { restartDeployment, rollbackDeployment, scaleDeployment } from './deployments.ts';
import { failoverDatabase } from './failover.ts';
import { createApiKey, revokeApiKey, rotateApiKey } from './keys.ts';
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
  createApiKey,
  revokeApiKey,
  rotateApiKey,
  cleanupSessions,
  refreshSessions,
  analyzeTables,
  vacuumTable,
  cancelQuery,
  endSession,
];

/** In the order of `actionIds`. */
export const actions: readonly Action[] = actionIds.flatMap((id) => all.filter((one) => one.id === id));

export function actionNamed(id: ActionId): Action | undefined {
  return all.find((one) => one.id === id);
}
