// What a remedy that worked changes in the weather: the servers read it at their next turn.
import type { Cluster } from './postgres/cluster.ts';
import { type Conditions, type DeploymentName, deploymentNames, healthy, type SurfaceId } from './scenario.ts';

const isDeployment = (name: string): name is DeploymentName => deploymentNames.some((known) => known === name);

/** New pods of a deployment are well: what came from the ill ones is over. */
export function deploymentRecovered(weather: Conditions, deployment: string): void {
  if (!isDeployment(deployment)) return;
  Object.assign(weather.deployments[deployment], { failing: 0, reasons: [], stuck: false });
  if (deployment === 'api-gateway' && weather.primaryUp) apiRecovers(weather);
}

/** There is a database that takes writes again, and the platform has found it. */
export function recovered(weather: Conditions): void {
  weather.primaryUp = true;
  if (weather.deployments['api-gateway'].failing === 0) apiRecovers(weather);
}

/** The platform's applications log in with what the secret holds now; a text that is no login changes nothing. */
export function takeCredentials(cluster: Pick<Cluster, 'user' | 'logInWith'>, secret: string): void {
  try {
    const { username, password } = JSON.parse(secret) as { username?: unknown; password?: unknown };
    if (username === cluster.user && typeof password === 'string') cluster.logInWith(password);
  } catch {
    // Somebody put something else into the secret: applications would go on with what they have.
  }
}

/** A surface lets us in again; whether it is enabled stays. */
export function healedSurface(weather: Conditions, surface: SurfaceId): void {
  weather.surfaces[surface] = { ...healthy.surfaces[surface], disabled: weather.surfaces[surface].disabled };
}

function apiRecovers(weather: Conditions): void {
  weather.gateway = structuredClone(healthy.gateway);
  weather.studiesPerMinute = Math.max(weather.studiesPerMinute, healthy.studiesPerMinute);
}
