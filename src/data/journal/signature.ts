// Signatures of entries: Ed25519 over the hash of a line (docs/adr/0007-signed-journal.md).
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';

/** What signs: a person's key. */
export type Signer = {
  /** The key's id, as entries and people name it. */
  id: string;
  /** The raw public key, base64url: what a line carries. */
  publicKey: string;
  /** Signs the hash of a line; base64url. */
  sign(hash: string): string;
};

/** A public key of 32 bytes in base64url. */
export const publicKeyText = /^[A-Za-z0-9_-]{43}$/;

/** Keeps a signature from being taken for one of another protocol or version. */
const purpose = 'bentham-cockpit entry 2\n';
const toSign = (hash: string): Buffer => Buffer.from(purpose + hash);

const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** Characters of a key's id: 130 bits. */
const idLength = 26;

/** Ids that were asked for: every line of a file asks. */
const ids = new Map<string, string>();
/** More keys than any incident has; a flood of keys must not fill the memory. */
const mostRemembered = 1000;

/** The id of a raw public key. */
export function keyIdOf(publicKey: string): string {
  const known = ids.get(publicKey);
  if (known !== undefined) return known;
  if (ids.size >= mostRemembered) ids.clear();
  const digest = createHash('sha256').update(Buffer.from(publicKey, 'base64url')).digest();
  let id = '';
  for (let bit = 0; id.length < idLength; bit += 5) {
    const two = ((digest[bit >> 3] ?? 0) << 8) | (digest[(bit >> 3) + 1] ?? 0);
    id += crockford[(two >> (11 - (bit & 7))) & 31];
  }
  ids.set(publicKey, id);
  return id;
}

/** A new key; its private half as PKCS #8 PEM. */
export function newKey(): { pem: string; signer: Signer } {
  const { privateKey } = generateKeyPairSync('ed25519');
  return { pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), signer: signerOf(privateKey) };
}

/** The signer of a private key in PEM; undefined: it is no Ed25519 key. */
export function signerFrom(pem: string): Signer | undefined {
  try {
    const key = createPrivateKey(pem);
    return key.asymmetricKeyType === 'ed25519' ? signerOf(key) : undefined;
  } catch {
    return undefined;
  }
}

function signerOf(key: KeyObject): Signer {
  const publicKey = createPublicKey(key).export({ format: 'jwk' }).x ?? '';
  return {
    id: keyIdOf(publicKey),
    publicKey,
    sign: (hash) => sign(null, toSign(hash), key).toString('base64url'),
  };
}

/** Public keys that were used, so that importing one is not paid for at every line. */
const imported = new Map<string, KeyObject | undefined>();

function publicKeyOf(publicKey: string): KeyObject | undefined {
  if (imported.has(publicKey)) return imported.get(publicKey);
  if (imported.size >= mostRemembered) imported.clear();
  let key: KeyObject | undefined;
  try {
    key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' });
  } catch {
    key = undefined;
  }
  imported.set(publicKey, key);
  return key;
}

/** Whether the key signed this hash. */
export function isSignedBy(publicKey: string, hash: string, signature: string): boolean {
  const key = publicKeyOf(publicKey);
  return key !== undefined && verify(null, toSign(hash), key, Buffer.from(signature, 'base64url'));
}
