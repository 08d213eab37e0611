// Certificates, keys and tokens: from the kubeconfig itself, or from files that it names.
import { readBounded, unreadable } from '../../disk/bounded-file.ts';
import { CredentialsError } from './credentials-error.ts';

/** PEM. Inline data wins over a file, as in kubectl. Throws `CredentialsError`. */
export async function pem(data: string | undefined, file: string | undefined): Promise<Buffer | undefined> {
  if (data) return Buffer.from(data, 'base64');
  return file ? readCredential(file) : undefined;
}

/** A file, whole. Throws `CredentialsError`. */
export async function readCredential(file: string): Promise<Buffer> {
  return readBounded(file).catch((error: unknown) => {
    throw new CredentialsError(`${file} ${unreadable(error)}`, 'check the kubeconfig');
  });
}
