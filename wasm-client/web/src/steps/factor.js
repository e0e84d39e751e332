/** The second factor: by an authenticator or by SMS, as the voter chooses each time (R-AUTH-04). */

import { Explained } from "../base.js";
import { h } from "../dom.js";
import { qrImage } from "../components/code.js";
import { digits, question, required } from "../components/form.js";
import { entered } from "../flow.js";
import { SESSION } from "../remember.js";
import { password } from "./password.js";
import { start } from "./start.js";

/** @typedef {{ purpose: "first" | "login" | "recover", user: string }} Purpose */

/** @param {import("../api.js").Factors} factors @param {Purpose} how @returns {import("../app.js").Screen} */
export function factor(factors, how) {
  return (app) => ({
    state: "factor",
    title: app.say("factor.title"),
    back: () => app.show(start),
    body: [
      step(app, how),
      question(app, {
        before: app.texts.paragraphs("factor.text"),
        fields: [{
          name: "factor", kind: "choice", label: app.say("factor.label"), check: required(app.say("factor.fault")),
          choices: factors.factors.map((value) => ({
            value,
            label: app.say(`factor.${value}`),
            hint: app.say(value === "totp" && !factors.authenticator ? "factor.totp.new" : `factor.${value}.hint`),
          })),
        }],
        submit: app.say("form.next"),
        action: async (values) => {
          const chosen = await app.api.factor(factors.attempt, values.factor === "totp" ? "totp" : "sms");
          // It becomes a link and a QR code: to an authenticator, and to nowhere else.
          if (chosen.uri !== undefined && !chosen.uri.startsWith("otpauth://totp/")) throw new Explained(app.say("enrol.bad", { help: app.helpLine }));
          app.second = { offered: factors.factors, authenticator: factors.authenticator || chosen.uri !== undefined };
          app.show(code(chosen, how));
        },
      }),
    ],
  });
}

/** @param {import("../app.js").App} app @param {Purpose} how */
function step(app, how) {
  return how.purpose === "first" ? h("p", { class: "step" }, app.say("step", { at: 2, of: 3 })) : null;
}

/** @param {import("../api.js").Chosen} chosen @param {Purpose} how @returns {import("../app.js").Screen} */
function code(chosen, how) {
  const enrols = chosen.uri !== undefined && chosen.secret !== undefined;
  const both = enrols && chosen.sms;
  return (app) => ({
    state: enrols ? "enrol" : "code-entry",
    title: app.say(enrols ? "enrol.title" : chosen.sms ? "sms.title" : "totp.title"),
    back: () => app.show(start),
    body: [
      step(app, how),
      question(app, {
        before: enrols ? enrolment(app, chosen.uri ?? "", chosen.secret ?? "") : app.texts.paragraphs(chosen.sms ? "sms.text" : "totp.text"),
        fields: [
          {
            name: "code", kind: "code", length: 7, autocomplete: "one-time-code",
            label: app.say(enrols ? "totp.label" : chosen.sms ? "sms.label" : "totp.label"), hint: app.say("code.hint"),
            check: digits(6, app.say("code.fault")),
          },
          ...(both ? [{
            name: "sms", kind: /** @type {const} */ ("code"), length: 7, label: app.say("sms.label"), hint: app.say("sms.also"), check: digits(6, app.say("code.fault")),
          }] : []),
        ],
        submit: app.say("form.next"),
        action: async (values) => {
          const answer = await app.api.code(chosen.attempt, values.code, both ? values.sms : null);
          if ("session" in answer) {
            app.show(preparing);
            await guarded(app, () => entered(app, how.user, answer));
          } else {
            app.show(password(answer, how));
          }
        },
      }),
      h("details", null, h("summary", null, app.say("code.help.title")), app.texts.paragraphs("code.help.text", { help: app.helpLine })),
    ],
  });
}

/** @param {import("../app.js").App} app @param {string} uri @param {string} secret */
function enrolment(app, uri, secret) {
  return [
    h("ol", { class: "steps" },
      h("li", null, app.texts.inline("enrol.app")),
      h("li", null, app.texts.inline("enrol.scan"), qrImage(uri, app.say("enrol.qr")),
        h("p", null, h("a", { href: uri, class: "button secondary" }, app.say("enrol.here"))),
        h("details", null, h("summary", null, app.say("enrol.type")), h("p", { class: "secret" }, (secret.match(/.{1,4}/g) ?? []).map((group) => [h("span", null, group), " "])))),
      h("li", null, app.texts.inline("enrol.code"))),
  ];
}

/** @type {import("../app.js").Screen} */
export function preparing(app) {
  return {
    state: "preparing",
    title: app.say("preparing.title"),
    // Before, whoever waits may go where they came from, unless a ballot is in doubt.
    back: app.ready || SESSION.sending() ? () => app.stay(app.say("form.busy")) : undefined,
    body: [h("div", { class: "progress" }, h("progress", { "aria-label": app.say("preparing.title") })), app.texts.paragraphs("preparing.text")],
  };
}

/** There is none round what was not verified, and none that leaves a ballot in doubt. @param {import("../app.js").App} app */
function wayOut(app) {
  if (!app.ready) return SESSION.sending() ? () => app.stay(app.say("back.choose")) : undefined;
  return app.user === null ? () => app.show(start) : () => app.leave();
}

/**
 * What follows a screen that has no form to tell a fault in.
 * @param {import("../app.js").App} app
 * @param {() => Promise<unknown>} action
 */
export async function guarded(app, action) {
  try {
    await action();
  } catch (error) {
    const text = app.explain(error);
    app.show((again) => ({
      state: "trouble",
      title: again.say("trouble.title"),
      back: wayOut(again),
      body: [
        h("div", { class: "errors", role: "alert" }, h("p", null, text)),
        again.texts.paragraphs("trouble.text"),
        question(again, { fields: [], submit: again.say("trouble.again"), action: async () => {
          again.show(preparing);
          await guarded(again, action);
        } }),
      ],
    }));
  }
}
