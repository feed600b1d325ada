/**
 * xterm.js writes its colours and sizes into <style> elements and into `style` attributes of spans, both made with the
 * page's `document.createElement`, and both refused by the lab's Content-Security-Policy (`style-src 'self'`). What a
 * script sets through the CSS object model is allowed. So the document of this page makes style elements whose text
 * goes into a constructable stylesheet, and spans whose `style` attribute goes through `cssText`. (xterm's own
 * `documentOverride` reaches only some of the places where it makes elements.)
 *
 * Returns how to undo it.
 */
export function installStyleGuard(document: Document): () => void {
  const native = Document.prototype.createElement;
  const createElement = (tag: string, options?: ElementCreationOptions): HTMLElement => {
    if (tag === 'style') return sheetElement(document, native.call(document, 'span'));
    const element = native.call(document, tag, options);
    if (tag === 'span') element.setAttribute = setAttribute;
    return element;
  };
  Object.defineProperty(document, 'createElement', { value: createElement, configurable: true, writable: true });
  return () => Reflect.deleteProperty(document, 'createElement');
}

function setAttribute(this: HTMLElement, name: string, value: string): void {
  if (name === 'style') this.style.cssText = value;
  else Element.prototype.setAttribute.call(this, name, value);
}

/** Looks like a style element to xterm: text in, rules out; removing it removes the rules. */
function sheetElement(document: Document, element: HTMLElement): HTMLElement {
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  element.hidden = true;
  Object.defineProperty(element, 'textContent', { get: () => '', set: (css: string) => sheet.replaceSync(css) });
  element.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet);
    Element.prototype.remove.call(element);
  };
  return element;
}
