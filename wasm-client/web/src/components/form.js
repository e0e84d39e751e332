/**
 * One question: fields, a summary of what is wrong, one button. Nothing is sent by the form itself,
 * and no field of it is ever about the vote.
 */

import { fresh, h } from "../dom.js";
import { errorSummary, showErrors } from "./errors.js";

/**
 * @typedef {object} Field
 * @property {string} name
 * @property {string} label
 * @property {string} [hint]
 * @property {"text" | "password" | "code" | "area" | "choice"} kind
 * @property {string} [autocomplete]
 * @property {"email" | "tel"} [inputmode] which keyboard a text is typed with
 * @property {number} [length] most symbols of a code
 * @property {string} [value]
 * @property {{ value: string, label: string, hint?: string }[]} [choices]
 * @property {(value: string) => string | null} check the text of what is wrong
 */

/** Actions that were asked for and are not done: their answers lead on. */
let awaited = 0;

export const isAwaited = () => awaited > 0;

/** @param {HTMLElement} button @param {() => void | Promise<void>} action */
async function awaiting(button, action) {
  awaited += 1;
  button.setAttribute("aria-disabled", "true");
  try {
    await action();
  } finally {
    awaited -= 1;
    button.removeAttribute("aria-disabled");
    // It said to wait.
    document.querySelector(".stay")?.remove();
  }
}

/**
 * @param {import("../base.js").Base} app
 * @param {object} what
 * @param {Field[]} what.fields
 * @param {string} what.submit
 * @param {string} [what.busy] said while the answer is awaited
 * @param {(values: Record<string, string>) => Promise<void>} what.action may throw; the problem is told
 * @param {import("../dom.js").Child[]} [what.before] above the fields
 * @param {import("../dom.js").Child[]} [what.middle] below them
 * @param {import("../dom.js").Child[]} [what.after] beside the button
 * @returns {HTMLElement}
 */
export function question(app, what) {
  const errors = h("div");
  const fields = what.fields.map((field) => build(app, field));
  const button = h("button", { type: "submit", class: "primary" }, what.submit);
  let busy = false;

  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (busy) return;
    /** @type {Record<string, string>} */
    const values = {};
    const faults = [];
    for (const field of fields) {
      const value = field.value();
      values[field.name] = value;
      const fault = field.check(value);
      field.mark(fault);
      if (fault) faults.push({ text: fault, field: field.id });
    }
    if (faults.length > 0) {
      showErrors(errors, errorSummary(app, faults));
      return;
    }
    showErrors(errors, null);
    busy = true;
    button.textContent = what.busy ?? app.say("form.busy");
    app.announce(what.busy ?? app.say("form.busy"));
    try {
      await awaiting(button, () => what.action(values));
    } catch (error) {
      showErrors(errors, errorSummary(app, [{ text: app.explain(error) }]));
    } finally {
      busy = false;
      button.textContent = what.submit;
    }
  };

  return h("form", { novalidate: true, autocomplete: "on", on: { submit } },
    errors, what.before ?? [], fields.map((field) => field.element), what.middle ?? [],
    h("div", { class: "actions" }, button, what.after ?? []));
}

/**
 * @typedef {object} Built
 * @property {string} name
 * @property {string} id
 * @property {HTMLElement} element
 * @property {() => string} value
 * @property {(value: string) => string | null} check
 * @property {(fault: string | null) => void} mark
 */

/** @param {import("../base.js").Base} app @param {Field} field @returns {Built} */
function build(app, field) {
  const id = fresh("field");
  const hint = field.hint ? h("p", { class: "hint", id: `${id}-hint` }, field.hint) : null;
  const fault = h("p", { class: "fault", id: `${id}-fault`, hidden: true });
  const described = `${hint ? `${id}-hint ` : ""}${id}-fault`;
  const mark = (/** @type {string | null} */ text) => {
    fault.hidden = text === null;
    fault.textContent = text ?? "";
    element.classList.toggle("faulty", text !== null);
    (element.querySelector("fieldset") ?? element.querySelector("input, textarea"))?.setAttribute("aria-invalid", String(text !== null));
  };
  /** @type {HTMLElement} */
  let element;
  /** @type {() => string} */
  let value;
  if (field.kind === "choice") {
    const choices = (field.choices ?? []).map((choice, at) => {
      const input = h("input", { type: "radio", name: id, id: at === 0 ? id : fresh("choice"), value: choice.value, "aria-describedby": choice.hint ? `${id}-${at}` : null });
      return { input, row: h("div", { class: "choice" }, input, h("label", { for: input.id }, choice.label), choice.hint ? h("p", { class: "hint", id: `${id}-${at}` }, choice.hint) : null) };
    });
    value = () => choices.find(({ input }) => input.checked)?.input.value ?? "";
    element = h("div", { class: "field" },
      h("fieldset", { "aria-describedby": described, role: "radiogroup" }, h("legend", null, field.label), hint, fault, choices.map(({ row }) => row)));
  } else {
    const attributes = {
      id, "aria-describedby": described, autocomplete: field.autocomplete ?? "off", autocapitalize: "none", spellcheck: "false", autocorrect: "off",
      "aria-invalid": "false", maxlength: field.length ?? null,
    };
    const input = field.kind === "area"
      ? h("textarea", { ...attributes, rows: "4" })
      : h("input", { ...attributes, type: field.kind === "password" ? "password" : "text", inputmode: field.kind === "code" ? "numeric" : (field.inputmode ?? null), class: field.kind === "code" ? "code" : null });
    if (field.value) input.value = field.value;
    value = () => (field.kind === "code" ? input.value.replace(/[\s-]/g, "") : field.kind === "password" ? input.value : input.value.trim());
    element = h("div", { class: "field" }, h("label", { for: id }, field.label), hint, fault, input, field.kind === "password" ? reveal(app, /** @type {HTMLInputElement} */ (input)) : null);
  }
  return { name: field.name, id, element, value, check: field.check, mark };
}

/** @param {import("../base.js").Base} app @param {HTMLInputElement} input */
function reveal(app, input) {
  const id = fresh("reveal");
  const box = h("input", { type: "checkbox", id, on: { change: () => { input.type = box.checked ? "text" : "password"; } } });
  return h("div", { class: "choice small" }, box, h("label", { for: id }, app.say("form.reveal")));
}

/** Whether there is anything. @param {string} text @returns {(value: string) => string | null} */
export function required(text) {
  return (value) => (value === "" ? text : null);
}

/** Whether it is so many digits. @param {number} count @param {string} text @returns {(value: string) => string | null} */
export function digits(count, text) {
  return (value) => (value.length === count && /^\d+$/.test(value) ? null : text);
}

/**
 * A button that does one thing once, however often it is pressed meanwhile.
 * @param {string} text
 * @param {() => void | Promise<void>} action
 * @param {Record<string, any>} [attributes]
 */
export function button(text, action, attributes = {}) {
  let busy = false;
  const element = h("button", { type: "button", ...attributes, on: { click: async (/** @type {MouseEvent} */ event) => {
    // The second click of a double click falls on whatever the first has brought there.
    if (busy || event.detail > 1) return;
    busy = true;
    try {
      await awaiting(element, action);
    } finally {
      busy = false;
    }
  } } }, text);
  return element;
}
