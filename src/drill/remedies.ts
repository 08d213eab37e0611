// What a remedy that worked changes in the weather: the servers read it at their next turn.
import { type DeploymentName, deploymentNames, scenarioNamed, type Weather } from './scenario.ts';

const isDeployment = (name: string): name is DeploymentName => deploymentNames.some((known) => known === name);

/** New pods of a deployment are well: what came from the ill ones is over. */
export function healed(weather: Weather, deployment: string): void {
  if (!isDeployment(deployment)) return;
  Object.assign(weather.deployments[deployment], { failing: 0, reasons: [], stuck: false });
  const calm = scenarioNamed('calm')?.weather;
  if (!calm) return;
  if (deployment === 'api-gateway' && weather.primaryUp) {
    weather.gateway = structuredClone(calm.gateway);
    weather.studiesPerMinute = calm.studiesPerMinute;
  }
}
