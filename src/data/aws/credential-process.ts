// The credential_process of an AWS profile. The SDK runs it with the whole environment, anew for each client; here it gets
// none of the cockpit's secrets, and runs once for all clients, with growing pauses after a failure.
import { sanitize } from '../../core/text/text.ts';
import { type Ms, minute, second } from '../../core/time.ts';
import { Renewal } from '../kubernetes/credential-renewal.ts';
import { runPlugin } from '../kubernetes/exec-plugin.ts';

export type AwsKeys = {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
  expiration?: Date;
};

/** Renewed so long before they end, as the SDK does. */
const early: Ms = 5 * minute;
const firstPause: Ms = 5 * second;

const renewals = new Map<string, Renewal<AwsKeys>>();

/** The keys that a command line prints. Throws an error named CredentialsProviderError, as the SDK does. */
export function keysOfProcess(line: string): Promise<AwsKeys> {
  const usable = ({ expiration }: AwsKeys) => expiration === undefined || expiration.getTime() - early > Date.now();
  const found = renewals.get(line) ?? new Renewal({ obtain: () => run(line), usable, first: firstPause });
  renewals.set(line, found);
  return found.get();
}

async function run(line: string): Promise<AwsKeys> {
  // The AWS files hold a command line for the shell.
  const shell = { command: '/bin/sh', args: ['-c', line], env: {}, apiVersion: '' };
  const never = { provideClusterInfo: false, needsTerminal: false, takesTerminal: false };
  const ended = await runPlugin({ ...shell, ...never }, '', () => {});
  const command = sanitize(line.split(' ', 1)[0], 120);
  if (ended.kind !== 'output')
    throw failure(`credential_process ${command} failed${ended.said ? `: ${ended.said}` : ''}`);
  try {
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = JSON.parse(ended.output);
    if (typeof AccessKeyId !== 'string' || typeof SecretAccessKey !== 'string') throw new Error('no keys');
    const keys: AwsKeys = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
    return typeof Expiration === 'string' ? { ...keys, expiration: new Date(Expiration) } : keys;
  } catch {
    throw failure(`credential_process ${command} printed no credentials`);
  }
}

const failure = (message: string) => Object.assign(new Error(message), { name: 'CredentialsProviderError' });
