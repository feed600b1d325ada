import sanitizeHtml from 'sanitize-html';

const INLINE = ['a', 'abbr', 'b', 'br', 'cite', 'code', 'del', 'dfn', 'em', 'i', 'ins', 'kbd', 'mark', 'q', 's', 'samp', 'small', 'span', 'strong', 'sub', 'sup', 'u', 'var', 'wbr'];
const BLOCK = ['blockquote', 'caption', 'center', 'col', 'colgroup', 'dd', 'details', 'div', 'dl', 'dt', 'figcaption', 'figure', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'hr', 'img', 'input', 'li', 'ol', 'p', 'pre', 'summary', 'table', 'tbody', 'td', 'tfoot', 'th', 'thead', 'tr', 'ul'];

/** Prefix of the attributes that the renderer itself wrote: unguessable, so that a page's own HTML can't forge them. */
export type Mark = string;

/**
 * Leaves what a text needs and nothing that acts: no script, style, form, frame or event handler; unknown tags such as
 * `<NAME>` are shown as text. Attributes that start with `mark` become `data-…`; other data attributes go.
 */
export function sanitize(html: string, mark: Mark): string {
  const own = ['action', 'terminal', 'code', 'language', 'port', 'path'].map((name) => `${mark}${name}`);
  const clean = sanitizeHtml(html, {
    allowedTags: [...INLINE, ...BLOCK],
    disallowedTagsMode: 'escape',
    allowedAttributes: {
      '*': ['align', 'id', 'title'],
      a: ['href', 'target', 'rel', 'name', ...own],
      img: ['src', 'alt', 'width', 'height'],
      pre: own,
      code: own,
      td: ['align', 'colspan', 'rowspan'],
      th: ['align', 'colspan', 'rowspan', 'scope'],
      ol: ['start', 'type'],
      details: ['open'],
      input: ['type', 'checked', 'disabled'],
    },
    allowedClasses: { span: ['t-*'], pre: ['code'], code: ['inline'], blockquote: ['alert', 'alert-*'], a: ['port'], li: ['task'] },
    allowedSchemes: ['http', 'https', 'mailto'],
    allowedSchemesByTag: { img: ['http', 'https', 'data'] },
    allowProtocolRelative: false,
    // Only ticked boxes of task lists are inputs here.
    exclusiveFilter: (frame) => frame.tag === 'input' && frame.attribs['type'] !== 'checkbox',
    transformTags: {
      input: (tag, attributes) => ({ tagName: tag, attribs: { type: attributes['type'] ?? '', disabled: '', ...(attributes['checked'] === undefined ? {} : { checked: '' }) } }),
      '*': (tag, attributes) => {
        const attribs = { ...attributes };
        // A page may link within itself, but not take ids that the lab's own page uses.
        if (attribs['id'] !== undefined) attribs['id'] = `text-${attribs['id']}`;
        return { tagName: tag, attribs };
      },
      a: (tag, attributes) => {
        const href = attributes['href'] ?? '';
        if (attributes[`${mark}port`] !== undefined) return { tagName: tag, attribs: attributes };
        if (href.startsWith('#')) return { tagName: tag, attribs: { ...attributes, href: `#text-${href.slice(1)}` } };
        return { tagName: tag, attribs: { ...attributes, target: '_blank', rel: 'noopener noreferrer' } };
      },
      img: (tag, attributes) => ({ tagName: tag, attribs: /^data:(?!image\/(png|jpeg|gif|webp);)/i.test(attributes['src'] ?? '') ? { alt: attributes['alt'] ?? '' } : attributes }),
    },
  });
  return clean.replaceAll(mark, 'data-');
}
