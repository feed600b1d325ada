/** HTML that a page may use, in and between paragraphs. */
export const ALLOWED = new Set([
  ...['a', 'abbr', 'b', 'bdi', 'bdo', 'br', 'cite', 'code', 'del', 'dfn', 'em', 'i', 'ins', 'kbd', 'mark', 'q', 's', 'samp', 'small', 'span', 'strike', 'strong', 'sub', 'sup', 'tt', 'u', 'var', 'wbr'],
  ...['blockquote', 'caption', 'center', 'col', 'colgroup', 'dd', 'details', 'div', 'dl', 'dt', 'figcaption', 'figure', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'hr', 'img', 'li', 'ol', 'p', 'pre', 'summary', 'table', 'tbody', 'td', 'tfoot', 'th', 'thead', 'tr', 'ul'],
]);
/** Dropped with all that is in them. */
export const SWALLOWED = new Set(['script', 'style', 'svg', 'math', 'object', 'applet', 'template', 'noscript', 'noembed', 'noframes', 'xmp', 'plaintext', 'textarea', 'select', 'canvas', 'frameset']);
/** Dropped, what is in them stays. */
export const UNWRAPPED = new Set(['html', 'head', 'form', 'button', 'fieldset', 'legend', 'label', 'font', 'big', 'section', 'article', 'aside', 'header', 'footer', 'main', 'nav', 'video', 'audio', 'picture', 'embed', 'iframe', 'frame', 'meta', 'link', 'base', 'marquee', 'blink', 'nobr', 'hgroup', 'search', 'dialog', 'portal', 'track', 'ruby', 'rt', 'rp', 'map', 'area']);

/**
 * Writes tags that are none of HTML as text: `<NAME>` is a placeholder for the reader. So are tags that swallow what
 * follows and have no end.
 */
export function showUnknownTags(html: string): string {
  const text = html.startsWith('<!--') && !html.includes('-->') ? html.replace('<', '&lt;') : html;
  const lower = text.toLowerCase();
  return text.replace(/<(\/?)([a-z][\w:.-]*)/gi, (whole, slash: string, name: string, at: number) => {
    const tag = name.toLowerCase();
    if (ALLOWED.has(tag) || UNWRAPPED.has(tag)) return whole;
    if (SWALLOWED.has(tag) && (slash === '' ? lower.indexOf(`</${tag}`, at) > 0 : lower.lastIndexOf(`<${tag}`, at) >= 0)) return whole;
    return `&lt;${slash}${name}`;
  });
}
