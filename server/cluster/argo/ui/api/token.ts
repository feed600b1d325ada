/**
 * The login token. As in Argo's own interface it lives in the cookie `authorization`. In a frame of another site (a
 * preview of the lab) browsers refuse such a cookie: then it is kept for this tab and sent as a header.
 */
const COOKIE = 'authorization';

export function readToken(cookies: string, stored: string | null): string | undefined {
  for (const pair of cookies.split('; ')) {
    if (pair.startsWith(`${COOKIE}=`) && pair.length > COOKIE.length + 1) return pair.slice(COOKIE.length + 1);
  }
  return stored ?? undefined;
}

/** What the login box takes: a token as `argo auth token` prints it, with `Bearer ` or bare, quotes and line ends forgiven. */
export function tidyToken(input: string): string {
  const text = input.trim().replace(/^Authorization:\s*/i, '').replace(/^(["'])(.*)\1$/s, '$2').replace(/\s*\n\s*/g, '');
  return text === '' || /^(Bearer|Basic)\s/.test(text) ? text : `Bearer ${text}`;
}

export function currentToken(): string | undefined {
  return readToken(document.cookie, sessionStorage.getItem(COOKIE));
}

export function storeToken(token: string): void {
  const path = new URL(document.baseURI).pathname;
  document.cookie = `${COOKIE}=${token};SameSite=Strict;path=${path}`;
  if (readToken(document.cookie, null) === token) sessionStorage.removeItem(COOKIE);
  else sessionStorage.setItem(COOKIE, token);
}

export function clearToken(): void {
  const path = new URL(document.baseURI).pathname;
  for (const where of [path, '/']) document.cookie = `${COOKIE}=;SameSite=Strict;path=${where};expires=Thu, 01 Jan 1970 00:00:00 GMT`;
  sessionStorage.removeItem(COOKIE);
}
