import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** AWS Signature Version 4 for S3: the part that an object store checks and its client makes. */
export interface SignedRequest {
  method: string;
  /** As sent, percent-encoded, without the query. */
  path: string;
  /** As sent, without the question mark. */
  query: string;
  /** Lower-case names. */
  headers: Record<string, string>;
}

export interface Credentials {
  accessKey: string;
  secretKey: string;
}

export type Verdict = { ok: true } | { ok: false; code: 'AccessDenied' | 'InvalidAccessKeyId' | 'SignatureDoesNotMatch'; message: string };

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

function signatureOf(request: SignedRequest, signedHeaders: readonly string[], date: string, scope: string, secretKey: string, payloadHash: string, skip?: string): string {
  const query = request.query
    .split('&')
    .filter((part) => part !== '' && (skip === undefined || !part.startsWith(`${skip}=`)))
    .map((part) => (part.includes('=') ? part : `${part}=`))
    .sort()
    .join('&');
  const headers = signedHeaders.map((name) => `${name}:${(request.headers[name] ?? '').trim().replace(/ +/g, ' ')}\n`).join('');
  const canonical = [request.method, request.path, query, headers, signedHeaders.join(';'), payloadHash].join('\n');
  const text = ['AWS4-HMAC-SHA256', date, scope, createHash('sha256').update(canonical).digest('hex')].join('\n');
  const [day = '', region = '', service = ''] = scope.split('/');
  const key = hmac(hmac(hmac(hmac(`AWS4${secretKey}`, day), region), service), 'aws4_request');
  return createHmac('sha256', key).update(text).digest('hex');
}

/** Whether a request was signed with the store's credentials, in its headers or, presigned, in its query. */
export function verify(request: SignedRequest, credentials: Credentials): Verdict {
  const denied: Verdict = { ok: false, code: 'AccessDenied', message: 'Access Denied.' };
  const query = new URLSearchParams(request.query);
  const presigned = query.get('X-Amz-Signature');
  let credential: string;
  let signedHeaders: string;
  let signature: string;
  let date: string;
  if (presigned !== null) {
    credential = query.get('X-Amz-Credential') ?? '';
    signedHeaders = query.get('X-Amz-SignedHeaders') ?? '';
    date = query.get('X-Amz-Date') ?? '';
    signature = presigned;
  } else {
    const match = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]+)$/.exec(request.headers.authorization ?? '');
    if (match === null) return denied;
    [, credential = '', signedHeaders = '', signature = ''] = match;
    date = request.headers['x-amz-date'] ?? '';
  }
  const slash = credential.indexOf('/');
  if (credential.slice(0, slash) !== credentials.accessKey) {
    return { ok: false, code: 'InvalidAccessKeyId', message: 'The Access Key Id you provided does not exist in our records.' };
  }
  const payload = presigned === null ? (request.headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD') : 'UNSIGNED-PAYLOAD';
  const expected = signatureOf(request, signedHeaders.split(';'), date, credential.slice(slash + 1), credentials.secretKey, payload, presigned === null ? undefined : 'X-Amz-Signature');
  const same = expected.length === signature.length && timingSafeEqual(Buffer.from(expected), Buffer.from(signature));
  if (same) return { ok: true };
  return { ok: false, code: 'SignatureDoesNotMatch', message: 'The request signature we calculated does not match the signature you provided. Check your key and signing method.' };
}

/** The headers that sign a request: what `mc` and Argo's executor send. `now` in milliseconds. */
export function sign(request: SignedRequest, body: Uint8Array, credentials: Credentials, now: number, region = 'us-east-1'): Record<string, string> {
  const date = new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const payloadHash = createHash('sha256').update(body).digest('hex');
  const headers: Record<string, string> = { ...request.headers, 'x-amz-date': date, 'x-amz-content-sha256': payloadHash };
  const names = Object.keys(headers).sort();
  const scope = `${date.slice(0, 8)}/${region}/s3/aws4_request`;
  const signature = signatureOf({ ...request, headers }, names, date, scope, credentials.secretKey, payloadHash);
  return { ...headers, authorization: `AWS4-HMAC-SHA256 Credential=${credentials.accessKey}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}` };
}
