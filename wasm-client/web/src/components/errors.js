/** What is wrong, at the top of the page: the first thing that is read after a refused step. */

import { h } from "../dom.js";

/**
 * @param {import("../base.js").Base} app
 * @param {{ text: string, field?: string }[]} faults `field`: the id of the input that it is about
 * @returns {HTMLElement}
 */
export function errorSummary(app, faults) {
  return h("div", { class: "errors", role: "alert", tabindex: "-1", "data-errors": true },
    h("h2", null, app.say("errors.title")),
    h("ul", null, faults.map(({ text, field }) => h("li", null, field
      ? h("a", { href: `#${field}`, on: { click: (/** @type {Event} */ event) => follow(event, field) } }, text)
      : text))));
}

/** @param {Event} event @param {string} field */
function follow(event, field) {
  // The address stays as it is: the fragment belongs to the access link.
  event.preventDefault();
  document.getElementById(field)?.focus();
}

/**
 * Puts a summary where the last one was and moves the focus there.
 * @param {HTMLElement} place
 * @param {HTMLElement | null} summary
 */
export function showErrors(place, summary) {
  place.replaceChildren(...(summary ? [summary] : []));
  summary?.focus();
}
