import sanitizeHtml from 'sanitize-html';
import { ALLOWED, SWALLOWED } from './html.ts';
import { portLink } from './parse.ts';

/** Prefix of the attributes that the renderer itself wrote: unguessable, so that a page's own HTML can't forge them. */
export type Mark = string;

export interface SanitizeOptions {
  mark: Mark;
  /** The address of a picture or a file as the page names it; undefined when there can be none. */
  resource(source: string): string | undefined;
}

const OWN = ['action', 'terminal', 'terminal-name', 'host', 'code', 'language', 'port', 'path', 'selector', 'file', 'target', 'marker', 'quiz', 'option'];
const VIDEO = /^(?:https?:)?\/\/(?:www\.)?(?:youtube(?:-nocookie)?\.com\/embed|youtu\.be)\/([\w-]{6,20})(?:[?&#]|$)/i;

/**
 * Leaves what a text needs and nothing that acts: no script, style, form, frame or event handler. Attributes that start
 * with the mark become `data-…`; other data attributes go. Sizes and alignment in styles become attributes.
 */
export function sanitize(html: string, { mark, resource }: SanitizeOptions): string {
  const own = OWN.map((name) => `${mark}${name}`);
  const clean = sanitizeHtml(html, {
    allowedTags: [...ALLOWED, 'input'],
    disallowedTagsMode: 'discard',
    nonTextTags: [...SWALLOWED, 'title', 'option'],
    parseStyleAttributes: false,
    nestingLimit: 200,
    allowedAttributes: {
      '*': ['align', 'id', 'title'],
      a: ['href', 'target', 'rel', ...own],
      img: ['src', 'alt', 'width', 'height'],
      pre: own,
      code: own,
      div: own,
      table: ['width'],
      td: ['align', 'colspan', 'rowspan', 'width'],
      th: ['align', 'colspan', 'rowspan', 'scope', 'width'],
      col: ['span', 'width'],
      ol: ['start', 'type'],
      details: ['open'],
      input: ['type', 'checked', 'disabled'],
    },
    allowedClasses: { span: ['t-*'], pre: ['code', 'file'], code: ['inline'], blockquote: ['alert', 'alert-*'], a: ['port', 'port-selector', 'video'], li: ['task'], sup: ['footnote-ref'], div: ['footnotes', 'quiz'] },
    allowedSchemes: ['http', 'https', 'mailto'],
    allowedSchemesByTag: { img: ['http', 'https', 'data'] },
    allowProtocolRelative: false,
    // Only ticked boxes of task lists are inputs here.
    exclusiveFilter: (frame) => frame.tag === 'input' && frame.attribs['type'] !== 'checkbox',
    transformTags: {
      '*': (tag, attributes) => {
        const attribs = { ...attributes };
        // A page may link within itself, but not take ids that the lab's own page uses.
        if (attribs['id'] !== undefined) attribs['id'] = `text-${attribs['id']}`;
        const style = (attribs['style'] ?? '').slice(0, 500);
        const width = /(?:^|;)\s*width\s*:\s*(\d{1,4}(?:px|%)?)\s*(?:;|$)/i.exec(style)?.[1];
        if (width !== undefined && attribs['width'] === undefined) attribs['width'] = width.replace('px', '');
        const align = /(?:^|;)\s*text-align\s*:\s*(left|right|center|justify)\s*(?:;|$)/i.exec(style)?.[1];
        if (align !== undefined && attribs['align'] === undefined) attribs['align'] = align.toLowerCase();
        return { tagName: tag, attribs };
      },
      input: (_tag, attributes) => ({ tagName: 'input', attribs: { type: attributes[`${mark}task`] === undefined ? '' : 'checkbox', disabled: '', ...(attributes['checked'] === undefined ? {} : { checked: '' }) } }),
      iframe: (_tag, attributes): sanitizeHtml.Tag => {
        const video = VIDEO.exec(attributes['src'] ?? '')?.[1];
        // The page shows nothing from elsewhere by itself: a film becomes a link to it.
        return video === undefined ? { tagName: 'span', attribs: {} } : { tagName: 'a', attribs: { class: 'video', href: `https://www.youtube.com/watch?v=${video}`, target: '_blank', rel: 'noopener noreferrer' }, text: `Video: youtube.com/watch?v=${video}` };
      },
      a: (_tag, attributes) => {
        const { href = '', id, name, ...rest } = attributes;
        const anchor = id ?? name;
        const attribs: Record<string, string> = { ...rest, ...(anchor === undefined ? {} : { id: anchor }) };
        if (attributes[`${mark}own`] !== undefined) return { tagName: 'a', attribs: { ...attributes } };
        const port = portLink(href);
        if (port === 'selector') return { tagName: 'a', attribs: { ...attribs, class: 'port-selector', href: '#', [`${mark}selector`]: '1' } };
        if (port !== undefined) return { tagName: 'a', attribs: { ...attribs, class: 'port', href: '#', [`${mark}port`]: String(port.port), [`${mark}path`]: port.path, ...(port.host === 1 ? {} : { [`${mark}host`]: String(port.host) }) } };
        if (href.startsWith('#')) return { tagName: 'a', attribs: { ...attribs, href: `#text-${href.slice(1)}` } };
        const target = address(href, resource);
        return { tagName: 'a', attribs: { ...attribs, ...(target === undefined ? {} : { href: target, target: '_blank', rel: 'noopener noreferrer' }) } };
      },
      img: (_tag, attributes) => {
        const { src = '', id: _id, ...rest } = attributes;
        const style = (rest['style'] ?? '').slice(0, 500);
        const width = rest['width'] ?? /(?:^|;)\s*width\s*:\s*(\d{1,4}(?:px|%)?)\s*(?:;|$)/i.exec(style)?.[1]?.replace('px', '');
        const height = rest['height'] ?? /(?:^|;)\s*height\s*:\s*(\d{1,4}(?:px|%)?)\s*(?:;|$)/i.exec(style)?.[1]?.replace('px', '');
        const source = /^\s*data:/i.test(src) ? (/^data:image\/(?:png|jpeg|gif|webp);base64,/i.test(src) ? src : undefined) : address(src, resource);
        return { tagName: 'img', attribs: { ...(source === undefined ? {} : { src: source }), alt: rest['alt'] ?? '', ...pick(rest, 'title'), ...pick(rest, 'align'), ...(width === undefined ? {} : { width }), ...(height === undefined ? {} : { height }) } };
      },
    },
  });
  return clean.replaceAll(mark, 'data-');
}

function pick(attributes: sanitizeHtml.Attributes, name: string): Record<string, string> {
  const value = attributes[name];
  return value === undefined ? {} : { [name]: value };
}

/** An address to somewhere else as it is, one within the repository as the lab serves it. */
function address(written: string, resource: SanitizeOptions['resource']): string | undefined {
  const url = written.trim();
  if (url === '') return undefined;
  if (url.startsWith('//')) return `https:${url}`;
  return /^[a-z][a-z0-9+.-]*:/i.test(url) ? url : resource(url);
}
