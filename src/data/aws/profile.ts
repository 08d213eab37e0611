// What the shared AWS files say of a profile's login. The SDK reads them itself; this is for what it leaves to others: which
// program a person runs, and which environment that gets.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { readBounded } from '../../disk/bounded-file.ts';

/** Bytes; a hundred profiles have some tens of thousands. */
const longest = 1024 * 1024;

type Environment = Readonly<Record<string, string | undefined>>;

export type AwsProfile = {
  name: string;
  /** It signs in with a browser: `aws sso login`. */
  sso: boolean;
  /** A command line that prints credentials. Absent where the profile has static keys, which count before it. */
  process: string | undefined;
};

/** The profile that the SDK would use: the configured one, AWS_PROFILE, default. */
export async function awsProfile(
  configured: string | undefined,
  environment: Environment = process.env,
): Promise<AwsProfile> {
  const name = configured ?? environment.AWS_PROFILE ?? 'default';
  const texts = await sharedFiles(environment);
  const values: Record<string, string> = Object.assign({}, ...texts.map((text) => sectionOf(text, name)));
  // Keys of the environment count first where no profile is named.
  const keys = configured === undefined && environment.AWS_PROFILE === undefined && environment.AWS_ACCESS_KEY_ID;
  const given = Boolean(keys || values.aws_access_key_id);
  return {
    name,
    sso: !given && Boolean(values.sso_session || values.sso_start_url),
    process:
      given || values.role_arn || values.sso_session || values.sso_start_url ? undefined : values.credential_process,
  };
}

/** Config and credentials; empty where one cannot be read. */
function sharedFiles(environment: Environment): Promise<readonly string[]> {
  const home = join(environment.HOME ?? homedir(), '.aws');
  const files = [
    environment.AWS_CONFIG_FILE ?? join(home, 'config'),
    environment.AWS_SHARED_CREDENTIALS_FILE ?? join(home, 'credentials'),
  ];
  return Promise.all(files.map((file) => readBounded(file, longest).then(String, () => '')));
}

/** The profiles of both files, first occurrence first. */
export async function awsProfileNames(environment: Environment = process.env): Promise<readonly string[]> {
  const names = (await sharedFiles(environment)).flatMap((text) =>
    [...text.matchAll(/^\[\s*(?:profile\s+)?([^\]\s"']+)["']?\s*\]/gm)].map(([, name = '']) => name),
  );
  return [...new Set(names)];
}

/** The keys of `[profile NAME]` or `[NAME]`. Indented lines belong to a nested value. */
function sectionOf(text: string, profile: string): Record<string, string> {
  const values: Record<string, string> = {};
  let inside = false;
  for (const line of text.split(/\r?\n/)) {
    const section = /^\s*\[\s*(?:profile\s+)?["']?([^\]"']+?)["']?\s*\]/.exec(line);
    if (section) inside = section[1] === profile;
    const pair = inside ? /^([a-z_]+)\s*=\s*(.*?)\s*$/.exec(line) : undefined;
    if (pair?.[1] && pair[2]) values[pair[1]] = pair[2];
  }
  return values;
}
