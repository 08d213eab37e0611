// What a remedy that worked changes in the conditions: the servers read it at their next turn.
import type { Cluster } from './postgres/cluster.ts';
import { type Conditions, type DeploymentName, deploymentNames, healthy, type SurfaceId } from './scenario.ts';

const isDeployment = (name: string): name is DeploymentName => deploymentNames.some((known) => known === name);

/** New pods of a deployment work: the effects of the failing ones end. */
export function deploymentRecovered(conditions: Conditions, deployment: string): void {
  if (!isDeployment(deployment)) return;
  Object.assign(conditions.deployments[deployment], { failing: 0, reasons: [], stuck: false });
  if (deployment === 'api-gateway' && conditions.primaryUp) apiRecovers(conditions);
}

/** A writable database exists again, and the platform has found it. */
export function recovered(conditions: Conditions): void {
  conditions.primaryUp = true;
  if (conditions.deployments['api-gateway'].failing === 0) apiRecovers(conditions);
}

/** The platform's applications log in with what the secret holds now; a text that is no login changes nothing. */
export function takeCredentials(cluster: Pick<Cluster, 'user' | 'logInWith'>, secret: string): void {
  try {
    const { username, password } = JSON.parse(secret) as { username?: unknown; password?: unknown };
    if (username === cluster.user && typeof password === 'string') cluster.logInWith(password);
  } catch {
    // The secret contains another text: applications keep their login.
  }
}

/** A surface lets us in again; whether it is enabled stays. */
export function healedSurface(conditions: Conditions, surface: SurfaceId): void {
  conditions.surfaces[surface] = { ...healthy.surfaces[surface], disabled: conditions.surfaces[surface].disabled };
}

function apiRecovers(conditions: Conditions): void {
  conditions.gateway = structuredClone(healthy.gateway);
  conditions.studiesPerMinute = Math.max(conditions.studiesPerMinute, healthy.studiesPerMinute);
}
