/** A forgotten password: a code by e-mail, the second factor, a new password (R-AUTH-07). */

import { h } from "../dom.js";
import { digits, question, required } from "../components/form.js";
import { factor } from "./factor.js";
import { start } from "./start.js";

/** @type {import("../app.js").Screen} */
export function recover(app) {
  return {
    state: "recover",
    title: app.say("recover.title"),
    back: () => app.show(start),
    body: [
      question(app, {
        before: app.texts.paragraphs("recover.text"),
        fields: [{ name: "user", kind: "text", autocomplete: "username", label: app.say("login.user"), hint: app.say("login.user.hint"), check: required(app.say("login.user.fault")) }],
        submit: app.say("recover.submit"),
        action: async ({ user }) => {
          const name = user.toLowerCase();
          await app.api.recover(name);
          app.show(recoverCode(name));
        },
      }),
    ],
  };
}

/** @param {string} user @returns {import("../app.js").Screen} */
function recoverCode(user) {
  return (app) => ({
    state: "recover-code",
    title: app.say("recover.code.title"),
    back: () => app.show(recover),
    body: [
      question(app, {
        before: app.texts.paragraphs("recover.code.text"),
        fields: [{ name: "code", kind: "code", length: 7, autocomplete: "one-time-code", label: app.say("recover.code.label"), hint: app.say("code.hint"), check: digits(6, app.say("code.fault")) }],
        submit: app.say("form.next"),
        action: async ({ code }) => {
          const factors = await app.api.recoverCode(user, code);
          app.show(factor(factors, { purpose: "recover", user }));
        },
      }),
      h("details", null, h("summary", null, app.say("code.help.title")), app.texts.paragraphs("recover.help", { help: app.helpLine })),
    ],
  });
}
