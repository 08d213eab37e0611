// What `init` proposes, from what was found; pure.
import { stringify } from 'yaml';

/** What was given on the command line. */
export type InitOptions = { file?: string; print?: boolean; yes?: boolean };

/** What the machine has. */
export type Found = {
  contexts: readonly { name: string; namespace?: string }[];
  current?: string;
  /** PostgreSQL's connection services. */
  services: readonly string[];
  awsProfiles: readonly string[];
};

export const environments = ['production', 'staging'] as const;
export type EnvironmentName = (typeof environments)[number];

export type Question = {
  environment: EnvironmentName;
  about: 'context' | 'service' | 'awsProfile';
  choices: readonly string[];
  /** The likely one; undefined: none. */
  likely?: string;
};

const titles = { context: 'Kubernetes context', service: 'PostgreSQL service', awsProfile: 'AWS profile' } as const;

/** `Kubernetes context of production`. */
export const questionSays = ({ about, environment }: Question): string => `${titles[about]} of ${environment}`;

const signs: Readonly<Record<EnvironmentName, RegExp>> = { production: /prod|live/i, staging: /stag|test/i };

function likelyOf(choices: readonly string[], environment: EnvironmentName, current?: string): string | undefined {
  const named = choices.filter((name) => signs[environment].test(name));
  if (current !== undefined && named.includes(current)) return current;
  if (named.length === 1) return named[0];
  // A name that says staging is not production.
  if (environment === 'production' && named.length === 0 && current !== undefined && !signs.staging.test(current))
    return current;
  return undefined;
}

/** What has to be asked; nothing is asked about what is not there. */
export function questions({ contexts, current, services, awsProfiles }: Found): readonly Question[] {
  const names = contexts.map(({ name }) => name);
  const all = environments.flatMap((environment): readonly Question[] => [
    { environment, about: 'context', choices: names, likely: likelyOf(names, environment, current) },
    { environment, about: 'service', choices: services, likely: likelyOf(services, environment) },
    { environment, about: 'awsProfile', choices: awsProfiles, likely: likelyOf(awsProfiles, environment) },
  ]);
  return all.filter(({ choices }) => choices.length > 0);
}

export type Answer = { question: Question; value: string };

/** A server as a service names it; never with its password. */
export type ServiceServer = { host?: string; port?: number; database?: string; user?: string; sslMode?: string };

/** The `profiles:` of the file as YAML; a comment where nothing was chosen. `serverOf`: what a service names. */
export function profilesYaml(
  answers: readonly Answer[],
  { contexts }: Pick<Found, 'contexts'>,
  serverOf: (service: string) => ServiceServer,
): string {
  const profiles = new Map<string, Record<string, unknown>>();
  for (const { question, value } of answers) {
    const profile = profiles.get(question.environment) ?? {};
    profiles.set(question.environment, profile);
    if (question.about === 'context') profile.kubernetes = contextSettings(contexts, value);
    if (question.about === 'service') profile.database = { primary: serverOf(value) };
    if (question.about === 'awsProfile') profile.evidence = { awsProfile: value };
  }
  if (profiles.size === 0) return '# profiles: nothing was found or chosen; the built-in profiles apply.\n';
  return stringify({ profiles: Object.fromEntries(profiles) });
}

function contextSettings(contexts: Found['contexts'], name: string): { context: string; namespace?: string } {
  const namespace = contexts.find((one) => one.name === name)?.namespace;
  return namespace ? { context: name, namespace } : { context: name };
}
