/** Files that the voter takes along. */

import { h } from "./dom.js";

/** @param {string} name @param {string | Uint8Array} content @param {string} type */
export function save(name, content, type) {
  const blob = new Blob([/** @type {BlobPart} */ (content)], { type: `${type};charset=utf-8` });
  const address = URL.createObjectURL(blob);
  const link = h("a", { href: address, download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  // Some browsers begin to read only after the click is over.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
