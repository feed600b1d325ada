import type { ScenarioContext } from '../context.ts';

/** What tokens look like; each begins with something that is rare in a text, so that most texts are passed over quickly. */
const SECRETS: readonly { what: string; pattern: RegExp }[] = [
  { what: 'an access key of AWS', pattern: /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g },
  { what: 'a private key', pattern: /-----BEGIN (?:RSA |EC |DSA |OPENSSH |PGP )?PRIVATE KEY(?: BLOCK)?-----\s*(?:\\n)?[A-Za-z0-9+/=\s:,-]{64}/g },
  { what: 'a token of GitHub', pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,90})\b/g },
  { what: 'a token of GitLab', pattern: /\bglpat-[A-Za-z0-9_-]{20}\b/g },
  { what: 'a token of Slack', pattern: /\bxox[abprs]-[A-Za-z0-9-]{20,80}/g },
  { what: 'an API key of Google', pattern: /\bAIza[0-9A-Za-z_-]{35}\b/g },
  { what: 'a key of Stripe', pattern: /\b[rs]k_live_[0-9A-Za-z]{24,}/g },
  { what: 'a token of npm', pattern: /\bnpm_[A-Za-z0-9]{36}\b/g },
  { what: 'a token of Docker Hub', pattern: /\bdckr_pat_[A-Za-z0-9_-]{27}\b/g },
  { what: 'a token of a service account', pattern: /\beyJhbGciOi[A-Za-z0-9_-]{10,400}\.eyJ[A-Za-z0-9_-]{20,2000}\.[A-Za-z0-9_-]{40,700}/g },
];

export function secrets({ pages, scripts, assets, say }: ScenarioContext): void {
  const look = (file: string, text: string, page?: string) => {
    for (const { what, pattern } of SECRETS) {
      for (const match of text.matchAll(pattern)) {
        // Documentation's own examples, and places to be filled.
        if (/EXAMPLE|example|XXXX|xxxx|(.)\1{9}/.test(match[0])) continue;
        const before = text.slice(0, match.index);
        const line = before.split('\n').length;
        say('secret', { file, line, column: match.index - before.lastIndexOf('\n'), ...(page === undefined ? {} : { page }) }, `holds what looks like ${what}: ${match[0].slice(0, 12)}…`);
        break;
      }
    }
  };
  for (const { file, text, page } of pages) look(file, text, page.id);
  const seen = new Set<string>();
  for (const { file, text, page } of scripts) if (!seen.has(file)) look(seen.add(file) && file, text, page.id);
  for (const { file, text } of assets) if (text !== undefined) look(file, text);
}
