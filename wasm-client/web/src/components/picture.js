/** How a space is marked, drawn (R-ACCS-03): empty, touched, crossed. */

import { svg } from "../dom.js";

/** @param {string} label what it shows, for who does not see it */
export function howToMark(label) {
  const box = (/** @type {number} */ x) => svg("rect", { x, y: 8, width: 64, height: 64, rx: 8, fill: "none", stroke: "currentColor", "stroke-width": 3 });
  const arrow = (/** @type {number} */ x) => svg("path", { d: `M${x} 40h22m-8-8 8 8-8 8`, fill: "none", stroke: "currentColor", "stroke-width": 3, "stroke-linecap": "round", "stroke-linejoin": "round" });
  const emblem = (/** @type {number} */ x) => svg("circle", { cx: x + 32, cy: 40, r: 17, class: "shade" });
  return svg("svg", { class: "picture", viewBox: "0 0 316 84", role: "img", "aria-label": label },
    box(4), emblem(4), arrow(80),
    box(126), emblem(126), svg("circle", { cx: 158, cy: 40, r: 26, class: "touch" }), svg("circle", { cx: 158, cy: 40, r: 9, fill: "currentColor" }), arrow(202),
    box(248), emblem(248), svg("path", { d: "M258 18c15 15 30 29 45 43M303 18c-15 15-30 29-45 43", fill: "none", stroke: "currentColor", "stroke-width": 6, "stroke-linecap": "round" }));
}
