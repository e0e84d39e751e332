/** A device that has not got the first half yet: the mailed link brings it, and is no factor any more. */

import { h } from "../dom.js";
import { codeDisplay } from "../components/code.js";
import { button, question } from "../components/form.js";
import { booth } from "../flow.js";
import { casting } from "./cast.js";
import { guarded, preparing } from "./factor.js";

/** The part of a pasted link that counts. @param {string} link */
export function fragmentOf(link) {
  return link.replace(/\s+/g, "").replace(/^[^#]*#/, "");
}

/**
 * @param {{ others: boolean, back?: import("../app.js").Screen }} how `others`: whether another person's half was found;
 *   `back`: where to for who can do without
 * @returns {import("../app.js").Screen}
 */
export function needLink({ others, back }) {
  return (app) => ({
    state: "need-link",
    title: app.say("need_link.title"),
    back: () => (back ? app.show(back) : app.leave()),
    body: [
      question(app, {
        before: app.texts.paragraphs(others ? "need_link.others" : back ? "need_link.key" : "need_link.text"),
        fields: [{
          name: "link", kind: "area", label: app.say("need_link.label"), hint: app.say("need_link.hint"),
          check: (value) => (/^[\w-]+\.[\w-]+$/.test(fragmentOf(value)) ? null : app.say("need_link.fault")),
        }],
        submit: app.say("form.next"),
        action: async ({ link }) => {
          await app.crypto.linkHalf(fragmentOf(link));
          app.show(preparing);
          await guarded(app, async () => {
            if (!(await booth(app, { keep: true }))) app.show(needLink({ others: true, back }));
          });
        },
        after: back ? [button(app.say("need_link.without"), () => app.show(back), { class: "link" })] : [],
      }),
      // Without the halves only the voter can say whose a ballot is that was signed on this device.
      [...app.pending.values()].map((signed) => h("div", { class: "card notice" },
        app.texts.paragraphs("need_link.signed", { office: app.contest(signed.contest).office }), codeDisplay(app, signed.code),
        h("div", { class: "actions" }, button(app.say("need_link.send"), () => app.show(casting(signed.contest, signed)), { class: "secondary" })))),
      h("details", null, h("summary", null, app.say("need_link.why.title")), app.texts.paragraphs("need_link.why.text", { help: app.helpLine })),
    ],
  });
}
