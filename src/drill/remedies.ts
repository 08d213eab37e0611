// What a remedy that worked changes in the weather: the servers read it at their next turn.
import { type DeploymentName, deploymentNames, type SurfaceId, scenarioNamed, type Weather } from './scenario.ts';

const isDeployment = (name: string): name is DeploymentName => deploymentNames.some((known) => known === name);

/** New pods of a deployment are well: what came from the ill ones is over. */
export function healed(weather: Weather, deployment: string): void {
  if (!isDeployment(deployment)) return;
  Object.assign(weather.deployments[deployment], { failing: 0, reasons: [], stuck: false });
  if (deployment === 'api-gateway' && weather.primaryUp) calmGateway(weather);
}

/** There is a database that takes writes again. */
export function recovered(weather: Weather): void {
  weather.primaryUp = true;
  if (weather.deployments['api-gateway'].failing === 0) calmGateway(weather);
}

/** A surface lets us in again; whether it is enabled stays. */
export function healedSurface(weather: Weather, surface: SurfaceId): void {
  const calm = scenarioNamed('calm')?.weather.surfaces[surface];
  if (calm) weather.surfaces[surface] = { ...calm, disabled: weather.surfaces[surface].disabled };
}

function calmGateway(weather: Weather): void {
  const calm = scenarioNamed('calm')?.weather;
  if (!calm) return;
  weather.gateway = structuredClone(calm.gateway);
  weather.studiesPerMinute = calm.studiesPerMinute;
}
