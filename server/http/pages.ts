import type { ServerResponse } from 'node:http';

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors *";

function send(response: ServerResponse, status: number, head: string, title: string, text: string): void {
  const body = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">${head}<title>${title}</title><style>body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:20vh auto;padding:0 1rem}code{font-size:1em}</style></head><body><h1>${title}</h1><p>${text}</p></body></html>\n`;
  response.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer', 'Content-Security-Policy': POLICY });
  response.end(body);
}

/** Shown while nothing listens; asks again by itself. */
export function waitingPage(response: ServerResponse, port: number): void {
  send(response, 503, '<meta http-equiv="refresh" content="2">', `Nothing listens on port ${port} yet`, `Start what should answer on port <code>${port}</code> in the terminal, for example a port-forward, and leave it running. This page looks again every two seconds.`);
}

export function failurePage(response: ServerResponse, status: number, text: string): void {
  send(response, status, '', 'argo-lab', text);
}

/** For a person who opened the lab without its link. */
export function tokenPage(response: ServerResponse): void {
  send(response, 401, '', 'This lab needs its link', 'Open the link that <code>argo-lab</code> printed when it started: <code>argo-lab is ready: http://…</code>');
}
