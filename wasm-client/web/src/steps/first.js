/** First access: the link, the last digits of the phone, then the second factor and a password (R-AUTH-02). */

import { h } from "../dom.js";
import { Problem } from "../api.js";
import { digits as digitsCheck, question } from "../components/form.js";
import { factor } from "./factor.js";
import { login } from "./login.js";
import { start } from "./start.js";

/**
 * Opens the link. One that has set a password already still brings the first half: it makes this device ready.
 * @param {import("../app.js").App} app
 * @param {string} fragment
 */
export async function openLink(app, fragment) {
  const { token } = await app.crypto.linkHalf(fragment);
  app.linked = true;
  try {
    const { attempt, user } = await app.api.link(token);
    app.show(digits(attempt, user));
  } catch (error) {
    if (!(error instanceof Problem) || error.name !== "link") throw error;
    app.show((again) => login(again, { linked: true }));
  }
}

/** @param {string} attempt @param {string} user @returns {import("../app.js").Screen} */
function digits(attempt, user) {
  return (app) => ({
    state: "digits",
    title: app.say("digits.title"),
    back: () => app.show(start),
    body: [
      h("p", { class: "step" }, app.say("step", { at: 1, of: 3 })),
      question(app, {
        before: app.texts.paragraphs("digits.text"),
        fields: [{
          name: "digits", kind: "code", length: 4, label: app.say("digits.label"), hint: app.say("digits.hint"),
          check: digitsCheck(4, app.say("digits.fault")),
        }],
        submit: app.say("form.next"),
        action: async (values) => {
          const factors = await app.api.digits(attempt, values.digits);
          app.show(factor(factors, { purpose: "first", user }));
        },
      }),
    ],
  });
}
