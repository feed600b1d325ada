import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { systemClock } from '../../../lib/clock.ts';
import { certify, nameOf, subjectOf } from '../../auth/certificates.ts';
import { goValue, isMap } from './expr/values.ts';
import type { ExprFunction } from './expr/values.ts';

const str = (value: unknown): string => goValue(value);
const DAY_MS = 24 * 3_600_000;

/** A private key as sprig prints it: PKCS#1, SEC 1 or PKCS#8 by its kind. */
function keyText(key: KeyObject): string {
  const type = key.asymmetricKeyType === 'rsa' ? 'pkcs1' : key.asymmetricKeyType === 'ec' ? 'sec1' : 'pkcs8';
  return key.export({ type, format: 'pem' }).toString();
}

const newKey = (): KeyObject => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;

function parseKey(text: unknown, what: string): KeyObject {
  try {
    return createPrivateKey(str(text));
  } catch {
    throw new Error(`${what}: no PEM data in input`);
  }
}

interface Names {
  cn: unknown;
  addresses?: unknown;
  dns?: unknown;
  days: unknown;
}

function listOf(value: unknown, words: string): string[] {
  return (Array.isArray(value) ? value : []).map((item: unknown) => {
    if (typeof item !== 'string') throw new Error(`error ${words}: ${str(item)} is not a string`);
    return item;
  });
}

/** A certificate and its key; without an issuer it is signed with its own key. */
function make(names: Names, key: KeyObject, ca: boolean, issuer?: { name: Buffer; key: KeyObject }): { Cert: string; Key: string } {
  const addresses = listOf(names.addresses, 'parsing ip');
  for (const address of addresses) if (isIP(address) === 0) throw new Error(`error parsing ip: ${address}`);
  const subject = { commonName: str(names.cn) };
  const now = systemClock.now();
  const days = Number(names.days);
  const request = { subject, altNames: [...listOf(names.dns, 'processing alternate dns name'), ...addresses], usage: ca ? ('ca' as const) : ('both' as const), notBefore: now, notAfter: now + days * DAY_MS };
  return { Cert: certify(request, createPublicKey(key), issuer ?? { name: nameOf(subject), key }), Key: keyText(key) };
}

function issuerOf(ca: unknown): { name: Buffer; key: KeyObject } {
  const { Cert, Key } = isMap(ca) ? ca : {};
  const name = subjectOf(str(Cert ?? ''));
  if (name === undefined) throw new Error('unable to decode certificate');
  return { name, key: parseKey(Key ?? '', 'error parsing private key') };
}

function privateKey(kind: string): string {
  switch (kind) {
    case '':
    case 'rsa':
      return keyText(generateKeyPairSync('rsa', { modulusLength: 4096 }).privateKey);
    case 'ecdsa':
      return keyText(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
    case 'ed25519':
      return keyText(generateKeyPairSync('ed25519').privateKey);
    default:
      return `Unknown type ${kind}`;
  }
}

function custom(cert: unknown, key: unknown): { Cert: string; Key: string } {
  const Cert = Buffer.from(str(cert), 'base64').toString('utf8');
  const Key = Buffer.from(str(key), 'base64').toString('utf8');
  if (subjectOf(Cert) === undefined) throw new Error('unable to decode certificate');
  parseKey(Key, 'error parsing private key');
  return { Cert, Key };
}

/** sprig's functions of keys and certificates. After Masterminds/sprig v3.3.0 crypto.go */
export const certificateFunctions: Readonly<Record<string, ExprFunction>> = {
  genPrivateKey: (kind) => privateKey(str(kind)),
  genCA: (cn, days) => make({ cn, days }, newKey(), true),
  genCAWithKey: (cn, days, key) => make({ cn, days }, parseKey(key, 'parsing private key'), true),
  genSelfSignedCert: (cn, addresses, dns, days) => make({ cn, addresses, dns, days }, newKey(), false),
  genSelfSignedCertWithKey: (cn, addresses, dns, days, key) => make({ cn, addresses, dns, days }, parseKey(key, 'parsing private key'), false),
  genSignedCert: (cn, addresses, dns, days, ca) => make({ cn, addresses, dns, days }, newKey(), false, issuerOf(ca)),
  genSignedCertWithKey: (cn, addresses, dns, days, ca, key) => make({ cn, addresses, dns, days }, parseKey(key, 'parsing private key'), false, issuerOf(ca)),
  buildCustomCert: (cert, key) => custom(cert, key),
};
