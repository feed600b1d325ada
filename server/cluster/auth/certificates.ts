import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { bitString, boolean, explicit, implicit, integer, octets, oid, pem, readDer, readOid, sequence, set, time, unpem, utf8 } from './der.ts';

/** A certificate with its private key, both PEM. */
export interface KeyCertificate {
  certificate: string;
  key: string;
}

/** The names that a certificate's subject can hold; several organisations stand for several groups. */
export interface Subject {
  commonName: string;
  organizations?: string[];
}

export interface CertificateRequest {
  /** False: the certificate does not say what its key may do, only whom it serves. */
  keyUsage?: boolean;
  subject: Subject;
  /** DNS names and addresses. */
  altNames?: string[];
  usage: 'server' | 'client' | 'both' | 'ca';
  /** Milliseconds since the epoch. */
  notBefore: number;
  notAfter: number;
}

/** How a key signs: what a certificate calls it, and the hash. */
function signingOf(key: KeyObject): { algorithm: Buffer; hash: 'sha256' | null } {
  if (key.asymmetricKeyType === 'ed25519') return { algorithm: sequence(oid('1.3.101.112')), hash: null };
  if (key.asymmetricKeyType === 'rsa') return { algorithm: sequence(oid('1.2.840.113549.1.1.11'), Buffer.from([5, 0])), hash: 'sha256' };
  return { algorithm: sequence(oid('1.2.840.10045.4.3.2')), hash: 'sha256' };
}

const SERVER_AUTH = oid('1.3.6.1.5.5.7.3.1');
const CLIENT_AUTH = oid('1.3.6.1.5.5.7.3.2');
const COMMON_NAME = '2.5.4.3';
const ORGANIZATION = '2.5.4.10';

/** A subject as a certificate holds it: DER. */
export function nameOf(subject: Subject): Buffer {
  const attribute = (type: string, value: string) => set(sequence(oid(type), utf8(value)));
  return sequence(...(subject.organizations ?? []).map((o) => attribute(ORGANIZATION, o)), attribute(COMMON_NAME, subject.commonName));
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = address.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':').map((g) => Number.parseInt(g, 16)));
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  const all = [...front, ...Array.from({ length: 8 - front.length - back.length }, () => 0), ...back];
  return Buffer.from(all.flatMap((g) => [g >> 8, g & 0xff]));
}

function keyId(publicKey: KeyObject): Buffer {
  return createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' })).digest().subarray(0, 20);
}

function extensionsOf(request: CertificateRequest, publicKey: KeyObject, issuerKey: KeyObject): Buffer {
  const extension = (id: string, critical: boolean, value: Buffer) =>
    sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value));
  const ca = request.usage === 'ca';
  // digitalSignature, keyEncipherment, keyCertSign (bits 0, 2 and 5) for a CA, the first two for the others.
  const usage = ca ? bitString(Buffer.from([0b1010_0100]), 2) : bitString(Buffer.from([0b1010_0000]), 5);
  const list = [
    ...(request.keyUsage === false ? [] : [extension('2.5.29.15', true, usage)]),
    ...(ca ? [] : [extension('2.5.29.37', false, sequence(...(request.usage === 'client' ? [] : [SERVER_AUTH]), ...(request.usage === 'server' ? [] : [CLIENT_AUTH])))]),
    extension('2.5.29.19', true, ca ? sequence(boolean(true)) : sequence()),
    ...(ca ? [extension('2.5.29.14', false, octets(keyId(publicKey)))] : []),
    extension('2.5.29.35', false, sequence(implicit(0, keyId(issuerKey)))),
  ];
  const names = (request.altNames ?? []).map((n) => (isIP(n) === 0 ? implicit(2, Buffer.from(n)) : implicit(7, addressBytes(n))));
  if (names.length > 0) list.push(extension('2.5.29.17', false, sequence(...names)));
  return explicit(3, sequence(...list));
}

/** A certificate (PEM) for somebody's key, signed by an issuer's. */
export function certify(request: CertificateRequest, publicKey: KeyObject, issuer: { name: Buffer; key: KeyObject }): string {
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const issuerPublic = createPublicKey(issuer.key);
  const { algorithm, hash } = signingOf(issuer.key);
  // Unique for the key and the time, and positive; nothing about it has to be secret.
  const serial = createHash('sha256').update(spki).update(String(request.notBefore)).update(nameOf(request.subject)).digest().subarray(0, 16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const body = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(serial),
    algorithm,
    issuer.name,
    sequence(time(request.notBefore), time(request.notAfter)),
    nameOf(request.subject),
    spki,
    extensionsOf(request, publicKey, issuerPublic),
  );
  return pem('CERTIFICATE', sequence(body, algorithm, bitString(sign(hash, body, issuer.key))));
}

/** The subject of a certificate (PEM), DER; undefined when it is no certificate. Source: RFC 5280, 4.1. */
export function subjectOf(certificate: string): Buffer | undefined {
  const bytes = unpem('CERTIFICATE', certificate);
  if (bytes === undefined) return undefined;
  try {
    const [body] = readDer(readDer(bytes)[0]?.content ?? Buffer.alloc(0));
    return readDer(body?.content ?? Buffer.alloc(0))[5]?.raw;
  } catch {
    return undefined;
  }
}

const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const keyPem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();

/** A certificate authority of the cluster's own. EC P-256 throughout: a key takes well under a millisecond to make. */
export class CertificateAuthority {
  readonly #name: Buffer;
  readonly #key: KeyObject;
  readonly publicKey: KeyObject;

  private constructor(readonly pair: KeyCertificate, readonly subject: Subject) {
    this.#key = createPrivateKey(pair.key);
    this.publicKey = createPublicKey(this.#key);
    this.#name = nameOf(subject);
  }

  /** The CA's certificate, PEM. */
  get certificate(): string {
    return this.pair.certificate;
  }

  static create(commonName: string, now: number): CertificateAuthority {
    const { privateKey, publicKey } = newKey();
    const subject = { commonName };
    const certificate = certify({ subject, usage: 'ca', notBefore: now - 5 * 60_000, notAfter: now + 3650 * 86_400_000 }, publicKey, { name: nameOf(subject), key: privateKey });
    return new CertificateAuthority({ certificate, key: keyPem(privateKey) }, subject);
  }

  static restore(pair: KeyCertificate, commonName: string): CertificateAuthority {
    return new CertificateAuthority(pair, { commonName });
  }

  /** A new key with a certificate for it. */
  issue(request: CertificateRequest): KeyCertificate {
    const { privateKey, publicKey } = newKey();
    return { certificate: certify(request, publicKey, { name: this.#name, key: this.#key }), key: keyPem(privateKey) };
  }

  /** A certificate for somebody else's key. */
  sign(request: CertificateRequest, publicKey: KeyObject): string {
    return certify(request, publicKey, { name: this.#name, key: this.#key });
  }
}

export interface ParsedRequest {
  subject: Subject;
  publicKey: KeyObject;
}

/** Reads a PKCS#10 request (PEM) and checks its signature; undefined when it is none. Source: RFC 2986. */
export function parseSigningRequest(value: string): ParsedRequest | undefined {
  const bytes = unpem('CERTIFICATE REQUEST', value) ?? unpem('NEW CERTIFICATE REQUEST', value);
  if (bytes === undefined) return undefined;
  try {
    const [outer] = readDer(bytes);
    const [info, , signature] = readDer(outer?.content ?? Buffer.alloc(0));
    const [, name, spki] = readDer(info?.content ?? Buffer.alloc(0));
    if (info === undefined || name === undefined || spki === undefined || signature === undefined) return undefined;
    const publicKey = createPublicKey({ key: spki.raw, format: 'der', type: 'spki' });
    const algorithm = publicKey.asymmetricKeyType === 'ed25519' ? null : 'sha256';
    if (!verify(algorithm, info.raw, publicKey, signature.content.subarray(1))) return undefined;
    const subject: Required<Subject> = { commonName: '', organizations: [] };
    for (const part of readDer(name.content)) {
      for (const attribute of readDer(part.content)) {
        const [type, attributeValue] = readDer(attribute.content);
        if (type === undefined || attributeValue === undefined) continue;
        const id = readOid(type.content);
        if (id === COMMON_NAME) subject.commonName = attributeValue.content.toString('utf8');
        else if (id === ORGANIZATION) subject.organizations.push(attributeValue.content.toString('utf8'));
      }
    }
    return { subject, publicKey };
  } catch {
    return undefined;
  }
}

