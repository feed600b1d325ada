/**
 * xterm.js writes its colours and sizes into <style> elements and style attributes, which the lab's
 * Content-Security-Policy (`style-src 'self'`) refuses. What a script sets through the CSS object model is allowed, so
 * the document handed to xterm makes elements whose text goes into a constructable stylesheet, and whose `style`
 * attribute goes through `cssText`.
 */
export function strictDocument(document: Document): Document {
  const createElement = strictCreateElement(document);
  return new Proxy(document, {
    get(target, property) {
      if (property === 'createElement') return createElement;
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
    set: (target, property, value) => Reflect.set(target, property, value, target),
  });
}

/** Runs `work` while the page's own `document` makes strict elements: parts of xterm's set-up ignore the given document. */
export function withStrictElements<T>(document: Document, work: () => T): T {
  const own = Object.getOwnPropertyDescriptor(document, 'createElement');
  Object.defineProperty(document, 'createElement', { value: strictCreateElement(document), configurable: true, writable: true });
  try {
    return work();
  } finally {
    if (own === undefined) Reflect.deleteProperty(document, 'createElement');
    else Object.defineProperty(document, 'createElement', own);
  }
}

function strictCreateElement(document: Document): (tag: string, options?: ElementCreationOptions) => HTMLElement {
  const native = Document.prototype.createElement;
  return (tag, options) => {
    if (tag === 'style') return sheetElement(document, native.call(document, 'span'));
    const element = native.call(document, tag, options);
    element.setAttribute = setAttribute;
    return element;
  };
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
