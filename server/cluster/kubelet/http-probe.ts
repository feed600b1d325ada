import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect as tlsConnect } from 'node:tls';
import type { Probe } from '../controllers/runtime/kinds.ts';
import { portOf, type ProbeResult, type ProbeTarget, type StopAsking } from './probes.ts';

type HttpGet = NonNullable<Probe['httpGet']>;

const MOST_REDIRECTS = 10;
/** Of an answer's body, in the warning about redirects. */
const MAX_BODY_BYTES = 10 * 1024;

/** What an HTTP probe asks for first. */
export function urlOf(get: HttpGet, target: ProbeTarget): string {
  const host = get.host === undefined || get.host === '' ? target.podIP : get.host;
  const path = get.path ?? '/';
  return `${(get.scheme ?? 'HTTP').toLowerCase()}://${host}:${portOf(get.port, target.container)}${path.startsWith('/') ? path : `/${path}`}`;
}

interface Answer {
  code: number;
  location: string | undefined;
  body: string;
}

/** After kubernetes 1.32 pkg/probe/http: redirects are followed on the same host; one that leads away is good enough, with a warning. */
export async function askHttp(get: HttpGet, target: ProbeTarget, onTimeout: (stop: StopAsking) => void): Promise<ProbeResult> {
  let url = urlOf(get, target);
  for (let redirects = 0; ; redirects++) {
    const answer = await fetchOnce(url, get, target, onTimeout);
    if (typeof answer === 'string') return { ok: false, output: answer };
    const next = answer.location === undefined || ![301, 302, 303, 307, 308].includes(answer.code) || !URL.canParse(answer.location, url) ? undefined : new URL(answer.location, url);
    if (next === undefined || next.hostname !== new URL(url).hostname) {
      const { code, body } = answer;
      if (code < 200 || code >= 400) return { ok: false, output: `HTTP probe failed with statuscode: ${code}` };
      return code >= 300 ? { ok: true, warning: `Probe terminated redirects, Response body: ${body}` } : { ok: true };
    }
    url = `${next.protocol}//${next.hostname}:${next.port === '' ? (next.protocol === 'https:' ? 443 : 80) : next.port}${next.pathname}${next.search}`;
    if (redirects + 1 >= MOST_REDIRECTS) return { ok: false, output: `Get "${url}": stopped after ${MOST_REDIRECTS} redirects` };
  }
}

/** An answer, or what Go's client says when there is none. */
async function fetchOnce(url: string, get: HttpGet, target: ProbeTarget, onTimeout: (stop: StopAsking) => void): Promise<Answer | string> {
  const { protocol, hostname, port: portText, pathname, search } = new URL(url);
  const secure = protocol === 'https:';
  const port = portText === '' ? (secure ? 443 : 80) : Number(portText);
  let socket: Duplex;
  try {
    socket = await target.dial(port);
  } catch {
    return `Get "${url}": dial tcp ${target.podIP}:${port}: connect: connection refused`;
  }
  const headers: Record<string, string> = { 'user-agent': 'kube-probe/1.32', accept: '*/*', host: `${hostname}:${port}`, connection: 'close' };
  for (const { name, value } of get.httpHeaders ?? []) headers[name.toLowerCase()] = value;
  return new Promise((resolve) => {
    // A kubelet does not check the certificate of what it probes.
    const stream = secure ? tlsConnect({ socket, rejectUnauthorized: false }) : socket;
    const request = (secure ? httpsRequest : httpRequest)({ path: pathname + search, headers, createConnection: () => stream as never }, (response) => {
      const parts: Buffer[] = [];
      let size = 0;
      const done = () => {
        resolve({ code: response.statusCode ?? 0, location: response.headers.location, body: Buffer.concat(parts).subarray(0, MAX_BODY_BYTES).toString() });
        request.destroy();
        socket.destroy();
      };
      response.on('data', (chunk: Buffer) => {
        parts.push(chunk);
        size += chunk.length;
        if (size >= MAX_BODY_BYTES) done();
      });
      response.once('end', done);
      response.once('close', done);
    });
    onTimeout(() => void request.destroy());
    stream.on('error', () => {});
    socket.on('error', () => {});
    request.on('error', (error) => {
      socket.destroy();
      resolve(`Get "${url}": ${error.message === 'socket hang up' ? 'EOF' : error.message}`);
    });
    request.end();
  });
}
