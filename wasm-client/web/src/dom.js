/**
 * Elements without a framework. Text is always a text node: nothing that somebody typed or a
 * server sent is ever read as markup.
 */

/** @typedef {Node | string | number | null | undefined | false | Child[]} Child */

/**
 * @typedef {object} Extras
 * @property {Record<string, (event: any) => void>} [on] listeners by the name of their event
 * @property {Record<string, string>} [vars] custom properties of the style sheet
 */

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {(Record<string, any> & Extras) | null} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, /** @type {EventListener} */ (listener));
    } else if (name === "vars") {
      for (const [property, text] of Object.entries(value)) element.style.setProperty(property, String(text));
    } else {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  append(element, children);
  return element;
}

/**
 * @param {Node} parent
 * @param {Child[]} children
 */
export function append(parent, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) append(parent, child);
    else parent.appendChild(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...(SVGElement | string)} children
 * @returns {SVGElement}
 */
export function svg(tag, attributes, ...children) {
  const element = /** @type {SVGElement} */ (document.createElementNS(SVG, tag));
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

let last = 0;

/** An id that no other element of the page has. @param {string} prefix */
export function fresh(prefix) {
  last += 1;
  return `${prefix}-${last}`;
}

/**
 * The element with this id, of which the document is known to have one.
 * @param {string} id
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the document has no #${id}`);
  return element;
}
