// @ts-check
/**
 * What the wasm leaves to the browser of an audited ballot: whether a written name is in the normal form NFC.
 * Without it the tables of Unicode would be most of the page.
 *
 * @module
 */

/**
 * A text in characters that everybody sees: ASCII as it is, every other one by its number (as `core` does).
 * @param {string} text
 */
export function escaped(text) {
  return [...text].map((c) => (c === "\\" ? "\\\\" : c >= " " && c <= "~" ? c : `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`)).join("");
}

/**
 * A name in another form is none: nobody could read it when it is decrypted.
 * @template {{ valid: boolean, why: string, text: string | null }} T
 * @param {T} found
 * @returns {T}
 */
export function judged(found) {
  if (!found.valid || found.text === null || found.text === found.text.normalize("NFC")) return found;
  return { ...found, valid: false, why: "text", text: escaped(found.text) };
}
