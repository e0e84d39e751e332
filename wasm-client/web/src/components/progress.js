/** Something that takes a while: what is being done, how far it is, and the same for who does not see it. */

import { h } from "../dom.js";

/**
 * @param {import("../app.js").Speaker & { announce: (text: string) => void }} app
 * @param {string} text
 */
export function progress(app, text) {
  const bar = h("progress", { max: "1", "aria-label": text });
  const line = h("p", { class: "doing" }, text);
  return {
    element: h("div", { class: "progress" }, bar, line),
    /** @param {number} done @param {number} total */
    at(done, total) {
      if (total <= 0) return;
      bar.max = total;
      bar.value = done;
    },
    /** @param {string} next */
    say(next) {
      if (line.textContent === next) return;
      line.textContent = next;
      app.announce(next);
    },
  };
}
