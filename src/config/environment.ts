// The environment as a layer: the variables that each ecosystem knows, and BENTHAM_* for every option.

import { distance } from '../core/text/did-you-mean.ts';
import type { Environment, Place } from './io.ts';
import { type Entry, type Layer, resolvePaths } from './layer.ts';
import { readPostgres } from './libpq/connection.ts';
import { environmentName, options, parseText, sections } from './options.ts';
import type { Problem } from './problem.ts';
import { splitRedisUrl } from './redis-url.ts';

/** Other programs' variables and the options they give; later ones win. PostgreSQL's are in libpq/. */
export const ecosystem: readonly (readonly [variable: string, option: string])[] = [
  ['KUBECONFIG', 'kubernetes.kubeconfig'],
  ['REDISCLI_AUTH', 'redis.password'],
  ['REDIS_URL', 'redis.url'],
  ['REDIS_USERNAME', 'redis.username'],
  ['REDIS_PASSWORD', 'redis.password'],
  ['AWS_PROFILE', 'evidence.awsProfile'],
  ['AWS_DEFAULT_REGION', 'evidence.region'],
  ['AWS_REGION', 'evidence.region'],
  ['AWS_ENDPOINT_URL', 'evidence.endpoint'],
  ['AWS_ENDPOINT_URL', 'backups.rdsEndpoint'],
  ['AWS_ENDPOINT_URL', 'credentials.endpoint'],
  ['AWS_ENDPOINT_URL_S3', 'evidence.endpoint'],
  ['AWS_ENDPOINT_URL_RDS', 'backups.rdsEndpoint'],
  ['AWS_ENDPOINT_URL_SECRETS_MANAGER', 'credentials.endpoint'],
  ['ADMIN_API_KEY', 'gateway.adminApiKey'],
  ['BENTHAM_PERSON', 'person.name'],
];

/** BENTHAM_CONFIG names the file; it is no option of its own. */
export const configVariable = 'BENTHAM_CONFIG';

/** What the environment gives. An empty variable is as good as none. */
export function readEnvironment(environment: Environment, place: Place): Layer {
  const postgres = readPostgres(environment, place);
  const entries: Entry[] = [...postgres.entries];
  const give = (variable: string, path: string) => {
    const text = environment[variable];
    const option = options.get(path);
    if (!text || !option) return;
    const source = `env ${variable}`;
    const entry = {
      path,
      value: parseText(option, text),
      origin: { layer: 'environment', says: source },
      source,
    } as const;
    entries.push(...splitRedisUrl(resolvePaths(entry, place.cwd, place.home)));
  };
  for (const [variable, path] of ecosystem) give(variable, path);
  // https://no-color.org: whatever its value.
  if (environment.NO_COLOR) {
    const origin = { layer: 'environment', says: 'env NO_COLOR' } as const;
    entries.push({ path: 'display.theme', value: 'mono', origin, source: 'env NO_COLOR' });
  }
  for (const { path, optional } of sections.values()) {
    const source = `env ${environmentName(path)}`;
    if (!optional || environment[environmentName(path)] !== 'null') continue;
    entries.push({ path, value: null, origin: { layer: 'environment', says: source }, source });
  }
  for (const option of options.values()) give(option.environment, option.path);
  const { problems, ignored = [] } = postgres;
  return { entries, problems, warnings: misspelt(environment), ignored };
}

const prefix = 'BENTHAM_';

/** A BENTHAM_ variable close to one of ours; other ones belong to the platform of the same name. */
function misspelt(environment: Environment): Problem[] {
  const ofSections = [...sections.keys()].map(environmentName);
  const ofOptions = [...options.values()].map((option) => option.environment);
  const known = [...ofOptions, ...ofSections, configVariable, ...ecosystem.map(([variable]) => variable)]
    .filter((variable) => variable.startsWith(prefix))
    .map((variable) => variable.slice(prefix.length));
  const ours = new Set(known);
  return Object.keys(environment)
    .filter((name) => name.startsWith(prefix) && !ours.has(name.slice(prefix.length)))
    .flatMap((name) => {
      const own = name.slice(prefix.length);
      const meant = known.find((one) => Math.abs(one.length - own.length) <= 2 && distance(own, one) <= 2);
      return meant ? [{ source: `env ${name}`, right: `is not an option; did you mean ${prefix}${meant}?` }] : [];
    });
}
