import type { IncomingHttpHeaders } from 'node:http';
import type { RequestRecord } from './request-log.ts';

const BODY_LIMIT = 64 * 1024;
const SECRET_FIELD = /^(token|password|authorization|client-key-data)$/i;

/** A copy without tokens: what a TokenReview sends and what a Secret holds is nobody's business. */
function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== 'object' || value === null) return value;
  const secret = 'kind' in value && value.kind === 'Secret';
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) =>
      SECRET_FIELD.test(key) && typeof inner === 'string' ? [key, '…'] : secret && (key === 'data' || key === 'stringData') ? [key, {}] : [key, withoutSecrets(inner)],
    ),
  );
}

/** What is kept of a URL: a token in the query is not. */
function withoutTokens(url: string): string {
  return url.replace(/([?&](?:access_token|token|authorization)=)[^&#]*/gi, '$1…');
}

/** A record for the request log from what a server has at hand when it has answered. `body` is the raw request body. */
export function recordOf(request: {
  time: number;
  server: RequestRecord['server'];
  method: string;
  url: string;
  user: string;
  headers: IncomingHttpHeaders;
  status: number;
  body?: Uint8Array | undefined;
}): RequestRecord {
  const { body, headers, url, ...rest } = request;
  const record: RequestRecord = { ...rest, url: withoutTokens(url), userAgent: headers['user-agent'] ?? '' };
  if (body === undefined || body.length === 0 || body.length > BODY_LIMIT) return record;
  try {
    return { ...record, body: withoutSecrets(JSON.parse(Buffer.from(body).toString('utf8'))) };
  } catch {
    return record;
  }
}
