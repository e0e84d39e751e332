/** Tracking codes for eyes, ears and cameras. */

import { fresh, h, svg } from "../dom.js";
import { qr } from "../qr.js";

/**
 * A code in its groups, of which a line holds as many as fit; a screen reader gets it as one text.
 * @param {import("../app.js").Speaker} app
 * @param {string} code
 */
export function codeDisplay(app, code) {
  const groups = code.split("-");
  const label = fresh("tracking");
  return h("div", { class: "tracking" },
    h("p", { class: "label", id: label }, app.say("code.label")),
    h("p", { class: "groups", "aria-labelledby": label, role: "group" },
      groups.map((group) => h("span", null, group))));
}

/**
 * @param {string} text what a camera reads
 * @param {string} label what it is, for who does not see it
 * @param {import("../qr.js").Level} [level]
 * @returns {SVGElement | null} nothing if it is too long
 */
export function qrImage(text, label, level = "M") {
  const matrix = qr(text, level);
  if (!matrix) return null;
  const side = matrix.size + 8;
  return svg("svg", { class: "qr", viewBox: `0 0 ${side} ${side}`, role: "img", "aria-label": label, "shape-rendering": "crispEdges" },
    svg("rect", { width: side, height: side, fill: "#fff" }),
    svg("path", { d: path(matrix), fill: "#000" }));
}

/** The dark modules as one path, row by row. @param {import("../qr.js").Matrix} matrix */
export function path({ size, modules }) {
  let d = "";
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      if (!modules[y * size + x]) continue;
      let end = x;
      while (end < size && modules[y * size + end]) end += 1;
      d += `M${x + 4} ${y + 4}h${end - x}v1h${x - end}z`;
      x = end;
    }
  }
  return d;
}

/**
 * Bytes as decimal digits, which a QR code holds almost without loss: three for a byte.
 * @param {Uint8Array} bytes
 */
export function toDigits(bytes) {
  let text = "";
  for (const byte of bytes) text += String(byte).padStart(3, "0");
  return text;
}

/** @param {string} digits @returns {Uint8Array | null} */
export function fromDigits(digits) {
  if (digits.length % 3 !== 0 || /\D/.test(digits)) return null;
  const values = (digits.match(/.{3}/g) ?? []).map(Number);
  return values.every((value) => value < 256) ? Uint8Array.from(values) : null;
}
