/** A password of the voter's own, made on the first access and after recovery (R-AUTH-06). */

import { h } from "../dom.js";
import { question } from "../components/form.js";
import { entered } from "../flow.js";
import { guarded, preparing } from "./factor.js";
import { start } from "./start.js";

/** Fewest symbols. What is worth more than signs of all kinds is length. */
const LEAST = 10;

/** @param {string} password @param {string} user @returns {"short" | "easy" | null} what is wrong with it */
export function passwordFault(password, user) {
  if ([...password].length < LEAST) return "short";
  const plain = password.toLowerCase();
  if (new Set(plain).size < 5 || plain.includes(user.toLowerCase())) return "easy";
  // Symbols that follow one another in the alphabet, in digits or on a keyboard.
  const rows = ["01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjklñ", "zxcvbnm"];
  const steps = [...plain].slice(1).map((symbol, at) => plain.charAt(at) + symbol);
  const easy = steps.filter((step) => step[0] === step[1] || rows.some((row) => row.includes(step) || row.includes(step[1] + step[0])));
  return easy.length * 4 >= steps.length * 3 ? "easy" : null;
}

/** @param {import("../api.js").PasswordStep} answer @param {import("./factor.js").Purpose} how @returns {import("../app.js").Screen} */
export function password(answer, how) {
  return (app) => ({
    state: "password",
    title: app.say("password.title"),
    back: () => app.show(start),
    body: [
      how.purpose === "first" ? h("p", { class: "step" }, app.say("step", { at: 3, of: 3 })) : null,
      question(app, {
        before: [
          app.texts.paragraphs("password.text"),
          h("dl", { class: "facts" }, h("div", null, h("dt", null, app.say("login.user")), h("dd", { class: "user" }, answer.user))),
          // So that a manager of passwords knows whose it is.
          h("input", { type: "text", class: "hidden", autocomplete: "username", value: answer.user, readonly: true, tabindex: "-1", "aria-hidden": "true" }),
        ],
        fields: [{
          name: "password", kind: "password", autocomplete: "new-password", label: app.say("password.label"), hint: app.say("password.hint", { least: LEAST }),
          check: (value) => {
            const fault = passwordFault(value, answer.user);
            return fault && app.say(`password.fault.${fault}`, { least: LEAST });
          },
        }],
        submit: app.say("password.submit"),
        busy: app.say("login.deriving"),
        action: async (values) => {
          const { auth } = await app.crypto.derive({
            user: answer.user, password: values.password, salt: answer.salt, memoryKib: answer.memory_kib, passes: answer.passes, lanes: answer.lanes,
          });
          const session = await app.api.password(answer.attempt, auth);
          app.show(preparing);
          await guarded(app, () => entered(app, answer.user, session));
        },
      }),
    ],
  });
}
