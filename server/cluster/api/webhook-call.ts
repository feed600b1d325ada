/** What calling a webhook takes: of admission and of conversion alike. */
import { isJsonObject } from '../../lib/json.ts';

/** Where a webhook is, as its configuration says. */
export interface WebhookAddress {
  url?: string;
  service?: { namespace: string; name: string; port: number; path: string };
  /** PEM; empty: what the system trusts. */
  caBundle: string;
}

/** Posts JSON to a webhook; resolves with what it answers. Rejects with the reason as an API server words it. */
export type CallWebhook = (address: WebhookAddress, body: string, timeoutSeconds: number) => Promise<{ status: number; body: string }>;

const DEFAULT_PORT = 443;

/** The address that a `clientConfig` gives. */
export function webhookAddress(client: Record<string, unknown>): WebhookAddress {
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const { service } = client;
  const caBundle = Buffer.from(text(client['caBundle']), 'base64').toString();
  if (!isJsonObject(service)) return { url: text(client['url']), caBundle };
  return { service: { namespace: text(service['namespace']), name: text(service['name']), port: typeof service['port'] === 'number' ? service['port'] : DEFAULT_PORT, path: text(service['path']) }, caBundle };
}

/** What client-go makes of an answer that is none. After kubernetes 1.32 apimachinery/pkg/api/errors NewGenericServerResponse */
export function webhookProblem(status: number, body: string): string {
  switch (status) {
    case 401:
      return 'the server has asked for the client to provide credentials';
    case 404:
      return 'the server could not find the requested resource';
    case 405:
      return 'the server does not allow this method on the requested resource';
    case 503:
      return 'the server is currently unable to handle the request';
    case 504:
      return 'the server was unable to return a response in the time allotted, but may still be processing the request';
    default:
      return status >= 500 ? `an error on the server (${JSON.stringify(body.trim() === '' ? 'unknown' : body.trim())}) has prevented the request from succeeding` : 'the server rejected our request for an unknown reason';
  }
}
