import type { Info } from '../api/shapes.ts';
import { valueAt } from './edit.ts';

export interface PageLink {
  name: string;
  url: string;
}

/** The links that the server's configuration has for a place of the interface, filled in from an object. */
export function linksFor(info: Info | undefined, scope: string, object: unknown, now: number): PageLink[] {
  return (info?.links ?? []).flatMap((link) => {
    const url = safeUrl(link.scope === scope ? fillIn(link.url, object, now) : '');
    return url === undefined ? [] : [{ name: link.name, url }];
  });
}

/**
 * `${metadata.name}` and the like become the object's values; of what it has not, nothing stays. Names of labels and
 * annotations may have dots. After argo-workflows v3.7.6 ui/src/shared/components/links.tsx
 */
export function fillIn(pattern: string, object: unknown, now: number): string {
  return pattern.replace(/\$\{([^}]*)\}/g, (_, path: string) => {
    const epoch = /^status\.(startedAt|finishedAt)Epoch$/.exec(path)?.[1];
    if (epoch !== undefined) {
      const time = Date.parse(String(valueAt(object, ['status', epoch]) ?? ''));
      return String(Number.isNaN(time) ? now : time);
    }
    const named = /^(.*\bmetadata\.(?:labels|annotations))\.(.+)$/.exec(path);
    const value = valueAt(object, named === null ? path.split('.') : [...(named[1] ?? '').split('.'), named[2] ?? '']);
    return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : '';
  });
}

/** An address that can be opened without running anything; undefined for scripts and other strange ones. */
export function safeUrl(url: string): string | undefined {
  const text = url.trim();
  if (text === '') return undefined;
  try {
    return ['http:', 'https:', 'mailto:'].includes(new URL(text, 'http://host.invalid').protocol) ? text : undefined;
  } catch {
    return undefined;
  }
}

export interface TextPart {
  text: string;
  url?: string;
}

/** A text with the addresses of web pages in it found. */
export function linkParts(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const match of text.matchAll(/\bhttps?:\/\/[^\s<>"'`]+/g)) {
    // A full stop or a bracket after an address belongs to the sentence.
    const url = match[0].replace(/[.,;:!?)\]}]+$/, '');
    if (safeUrl(url) === undefined) continue;
    if (match.index > end) parts.push({ text: text.slice(end, match.index) });
    parts.push({ text: url, url });
    end = match.index + url.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end) });
  return parts;
}
