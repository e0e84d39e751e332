/** Every access after the first: user name, password, then a code (R-AUTH-01). */

import { h } from "../dom.js";
import { button, question, required } from "../components/form.js";
import { factor } from "./factor.js";
import { recover } from "./recover.js";
import { start } from "./start.js";

/**
 * @param {import("../app.js").App} app
 * @param {{ linked?: boolean, after?: "renew" | "sent" }} [how] what led here
 * @returns {import("../app.js").View}
 */
export function login(app, how = {}) {
  return {
    state: "login",
    title: app.say("login.title"),
    back: () => app.show(start),
    body: [
      how.linked ? h("div", { class: "card notice" }, app.texts.paragraphs("login.linked")) : null,
      how.after ? h("div", { class: "card notice" }, app.texts.paragraphs(`login.after.${how.after}`)) : null,
      question(app, {
        fields: [
          { name: "user", kind: "text", autocomplete: "username", label: app.say("login.user"), hint: app.say("login.user.hint"), check: required(app.say("login.user.fault")) },
          { name: "password", kind: "password", autocomplete: "current-password", label: app.say("login.password"), check: required(app.say("login.password.fault")) },
        ],
        submit: app.say("login.submit"),
        busy: app.say("login.deriving"),
        action: async ({ user, password }) => {
          const name = user.toLowerCase();
          const { salt, memory_kib: memoryKib, passes, lanes } = await app.api.kdf(name);
          const { auth } = await app.crypto.derive({ user: name, password, salt, memoryKib, passes, lanes });
          const factors = await app.api.login(name, auth);
          app.show(factor(factors, { purpose: "login", user: name }));
        },
        after: [button(app.say("start.recover"), () => app.show(recover), { class: "link" })],
      }),
    ],
  };
}

/** @type {import("../app.js").Screen} */
export const loginAgain = (app) => login(app, { after: "renew" });
