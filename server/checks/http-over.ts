import { request } from 'node:http';
import type { CheckContext } from './check.ts';

export interface HttpQuestion {
  method: string;
  /** `http://localhost:<port>/…`: only the session's own ports can be asked. */
  url: string;
  headers: Record<string, string>;
  body?: string;
  timeoutMs: number;
}

const MAX_BODY = 256 * 1024;

/** Sends an HTTP request through the session's network, as the learner's curl would. At most 256 kB of the body are read. */
export async function requestOver(context: CheckContext, question: HttpQuestion): Promise<{ status: number; body: string }> {
  const url = new URL(question.url);
  const socket = await context.dial(Number(url.port || 80));
  return new Promise((resolve, reject) => {
    const req = request(
      {
        method: question.method,
        path: `${url.pathname}${url.search}`,
        headers: { host: url.host, connection: 'close', 'user-agent': 'argo-lab-check', ...question.headers },
        createConnection: () => socket,
        timeout: question.timeoutMs,
        signal: context.signal,
      },
      (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size <= MAX_BODY) chunks.push(chunk);
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }));
        response.on('error', reject);
      },
    );
    req.on('timeout', () => req.destroy(new Error(`no answer within ${question.timeoutMs / 1000} s`)));
    req.on('error', (error) => {
      socket.destroy();
      reject(error);
    });
    req.end(question.body);
  });
}
