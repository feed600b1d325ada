/**
 * The login token. As in Argo's own interface it lives in the cookie `authorization`. In a frame of another site (a
 * preview of the lab) browsers refuse a plain cookie and all storage; some keep a partitioned cookie there. Where
 * nothing is kept, the token lives as long as this page does. It is always sent as a header too.
 */
const COOKIE = 'authorization';
const KINDS = ['SameSite=Strict', 'SameSite=None;Secure;Partitioned'];

let kept: string | undefined;

export function readToken(cookies: string): string | undefined {
  for (const pair of cookies.split('; ')) {
    if (pair.startsWith(`${COOKIE}=`) && pair.length > COOKIE.length + 1) return pair.slice(COOKIE.length + 1);
  }
  return undefined;
}

/** What the login box takes: a token as `argo auth token` prints it, with `Bearer ` or bare, quotes and line ends forgiven. */
export function tidyToken(input: string): string {
  const text = input.trim().replace(/^Authorization:\s*/i, '').replace(/^(["'])(.*)\1$/s, '$2').replace(/\s*\n\s*/g, '');
  return text === '' || /^(Bearer|Basic)\s/.test(text) ? text : `Bearer ${text}`;
}

export function currentToken(): string | undefined {
  return readToken(document.cookie) ?? kept;
}

export function storeToken(token: string): void {
  clearToken();
  const path = new URL(document.baseURI).pathname;
  for (const kind of KINDS) {
    document.cookie = `${COOKIE}=${token};${kind};path=${path}`;
    if (readToken(document.cookie) === token) return;
  }
  kept = token;
}

export function clearToken(): void {
  const path = new URL(document.baseURI).pathname;
  for (const kind of KINDS) for (const where of [path, '/']) document.cookie = `${COOKIE}=;${kind};path=${where};expires=Thu, 01 Jan 1970 00:00:00 GMT`;
  kept = undefined;
}
