import { createHash, createPrivateKey, createPublicKey, generateKeyPair, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/**
 * The RSA-2048 key that signs service-account tokens. Making one takes a fifth of a second, so spare ones are made in the
 * thread pool ahead of time and a cluster does not wait: only the first token does, if it comes early.
 */
export interface SigningKey {
  /** base64url SHA-256 of the public key's DER, as Kubernetes names keys. */
  kid: string;
  publicKey: KeyObject;
  /** PKCS#8 PEM: for a snapshot. */
  pem: string;
  sign(data: string): Buffer;
  verify(data: string, signature: Buffer): boolean;
}

let spare: Promise<string> | undefined;

function generate(): Promise<string> {
  return new Promise((resolve, reject) => {
    generateKeyPair('rsa', { modulusLength: 2048, publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } }, (error, _public, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

/** Starts making a key in the background: call it when the process starts. */
export function prepareSigningKey(): void {
  spare ??= generate();
}

/** The spare key, or a new one; the next spare is started. */
export async function takeSigningKey(): Promise<SigningKey> {
  const key = spare ?? generate();
  spare = undefined;
  const pem = await key;
  prepareSigningKey();
  return signingKey(pem);
}

export function signingKey(pem: string): SigningKey {
  const privateKey = createPrivateKey(pem);
  const publicKey = createPublicKey(privateKey);
  /** Digests of what was found to be signed: clients send the same token with every request. */
  const known = new Set<string>();
  return {
    kid: createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' })).digest('base64url'),
    publicKey,
    pem,
    sign: (data) => sign('sha256', Buffer.from(data), privateKey),
    verify(data, signature) {
      const digest = createHash('sha256').update(data).update('.').update(signature).digest('base64');
      if (known.has(digest)) return true;
      if (!verify('sha256', Buffer.from(data), publicKey, signature)) return false;
      if (known.size >= 1000) known.clear();
      known.add(digest);
      return true;
    },
  };
}
