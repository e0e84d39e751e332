/**
 * New contact data (R-ROLL-11, R-ROLL-12, R-AUTH-19): what changes and to what, then two codes. The one shows that
 * the new address is the voter's, the other that it is the voter who asks.
 */

import { h } from "../dom.js";
import { button, digits, question, required } from "../components/form.js";
import { home } from "./home.js";

/** @typedef {import("../app.js").App} App */
/** @typedef {"email" | "phone"} Kind */
/** @typedef {"totp" | "sms"} Factor */

/** Whether the server may still take a change: it judges by its own clock, and the calendar is its own. @param {App} app */
export function contactOpen(app) {
  return app.status !== null && app.status.now < app.status.calendar.contact_updates_until;
}

/** Whether this cannot be an address or number; the server looks closer. @param {Kind} kind @param {string} value */
export function contactFault(kind, value) {
  if (kind === "email") return !/^[^\s@,;]+@[^\s@,;.]+(\.[^\s@,;.]+)+$/.test(value);
  const number = value.replace(/[\s().-]/g, "").replace(/^(\+|00)/, "");
  return !/^[1-9]\d{7,14}$/.test(number);
}

/** The second factors that this voter has. @param {App} app @returns {Factor[]} */
function factorsOf(app) {
  const { offered, authenticator } = app.second;
  return offered.filter((factor) => factor === "sms" || authenticator);
}

/** @type {import("../app.js").Screen} */
export function contact(app) {
  return {
    state: "contact",
    title: app.say("contact.title"),
    back: () => app.show(home),
    body: [
      question(app, {
        before: app.texts.paragraphs("contact.text", { until: app.texts.instant(app.status?.calendar.contact_updates_until ?? 0, app.info?.officialZone) }),
        fields: [{
          name: "kind", kind: "choice", label: app.say("contact.kind"), check: required(app.say("contact.kind.fault")),
          choices: ["email", "phone"].map((kind) => ({ value: kind, label: app.say(`contact.${kind}`), hint: app.say(`contact.${kind}.hint`) })),
        }],
        submit: app.say("form.next"),
        action: async ({ kind }) => app.show(value(kind === "email" ? "email" : "phone")),
        after: [back(app)],
      }),
    ],
  };
}

/** @param {Kind} kind @returns {import("../app.js").Screen} */
function value(kind) {
  return (app) => {
    const factors = factorsOf(app);
    return {
      state: "contact-value",
      title: app.say(`contact.${kind}.title`),
      back: () => app.show(contact),
      body: [
        question(app, {
          before: [kind === "phone" && app.second.authenticator ? h("div", { class: "card notice" }, app.texts.paragraphs("contact.phone.note")) : null],
          fields: [
            {
              name: "value", kind: "text", inputmode: kind === "email" ? "email" : "tel", autocomplete: kind === "email" ? "email" : "tel",
              label: app.say(`contact.${kind}.new`), hint: app.say(`contact.${kind}.example`),
              check: (text) => (contactFault(kind, text) ? app.say(`contact.${kind}.fault`) : null),
            },
            ...(factors.length < 2 ? [] : [{
              name: "factor", kind: /** @type {const} */ ("choice"), label: app.say("contact.factor"), check: required(app.say("factor.fault")),
              choices: factors.map((factor) => ({ value: factor, label: app.say(`factor.${factor}`), hint: app.say(`contact.factor.${factor}`) })),
            }]),
          ],
          submit: app.say("contact.send"),
          action: async (values) => {
            const factor = (values.factor ?? factors[0]) === "totp" ? "totp" : "sms";
            const { attempt } = await app.api.contact(kind, values.value, factor);
            app.show(codes(kind, values.value, factor, attempt));
          },
          after: [back(app)],
        }),
      ],
    };
  };
}

/** @param {Kind} kind @param {string} to @param {Factor} factor @param {string} attempt @returns {import("../app.js").Screen} */
function codes(kind, to, factor, attempt) {
  return (app) => ({
    state: "contact-code",
    title: app.say("contact.code.title"),
    back: () => app.show(value(kind)),
    body: [
      question(app, {
        before: app.texts.paragraphs("contact.code.text", { to }),
        fields: [
          { name: "code", kind: "code", length: 7, autocomplete: "one-time-code", label: app.say(`contact.${kind}.code`), hint: app.say("code.hint"), check: digits(6, app.say("code.fault")) },
          { name: "proof", kind: "code", length: 7, label: app.say(factor === "totp" ? "totp.label" : "contact.sms.code"), hint: app.say(`contact.${factor}.hint`), check: digits(6, app.say("code.fault")) },
        ],
        submit: app.say("contact.save"),
        action: async ({ code, proof }) => {
          await app.api.contactConfirm(attempt, code, proof);
          // A new telephone ends the authenticator: whoever has the old one has not got it any more.
          if (kind === "phone") app.second.authenticator = false;
          app.show(changed(kind, to));
        },
        after: [back(app)],
      }),
      h("details", null, h("summary", null, app.say("code.help.title")), app.texts.paragraphs("code.help.text", { help: app.helpLine })),
    ],
  });
}

/** @param {Kind} kind @param {string} to @returns {import("../app.js").Screen} */
function changed(kind, to) {
  return (app) => ({
    state: "contact-done",
    title: app.say(`contact.${kind}.done`),
    back: () => app.show(home),
    body: [
      h("div", { class: "card done-card" }, app.texts.paragraphs(`contact.${kind}.done.text`, { to })),
      h("div", { class: "actions" }, button(app.say("form.next"), () => app.show(home), { class: "primary" })),
    ],
  });
}

/** @param {App} app */
function back(app) {
  return button(app.say("contact.back"), () => app.show(home), { class: "link" });
}
