/** The receipt: the voter's only copy, as the system must not know whose it is (R-CAST-05 to R-CAST-07, R-AUTH-14). */

import { h } from "../dom.js";
import { asked, onward } from "../flow.js";
import { codeDisplay, qrImage } from "../components/code.js";
import { button } from "../components/form.js";
import { save } from "../files.js";
import { receiptDocument } from "../receipt.js";
import { ballot } from "./choose.js";
import { finish } from "./end.js";
import { home } from "./home.js";
import { loginAgain } from "./login.js";

/** Of those that were not left yet, the last; from there the others can be seen. @type {import("../app.js").Screen} */
export function lastReceipt(app) {
  return receipt(app.receipts.at(-1)?.contest ?? -1)(app);
}

/** @param {number} index @returns {import("../app.js").Screen} */
export function receipt(index) {
  return (app) => {
    const kept = app.receipts.find((one) => one.contest === index);
    if (!kept) throw new Error(`no receipt of contest ${index}`);
    const contest = app.contest(index);
    const answer = h("p", { class: "answer", role: "status" });
    const next = app.session?.contests.find((one) => !one.cast && !app.pending.has(one.contest));
    const more = next || app.pending.size > 0;
    const go = async () => {
      if (more) return onward(app, next ? ballot(next.contest) : home);
      const contests = app.session?.contests ?? (await ballots(app));
      // After a reload there is no credential in the worker any more: further ballots ask for both factors.
      if (contests?.some((one) => !one.cast)) return app.show(loginAgain);
      return finish(app, contests);
    };
    return {
      state: "receipt",
      title: app.say("receipt.title"),
      back: () => app.stay(app.say("back.receipt")),
      body: [
        app.over ? h("div", { class: "card notice" }, app.texts.paragraphs(`receipt.over.${app.over}`)) : null,
        h("div", { class: "card done-card" }, app.texts.paragraphs("receipt.done", { office: contest.office })),
        h("section", { class: "receipt sheet-of-paper", "aria-label": app.say("receipt.section") },
          h("header", null,
            h("p", { class: "process" }, app.say("receipt.file.title")),
            h("h2", null, contest.office),
            h("p", { class: "entity" }, contest.entity)),
          h("div", { class: "proof" }, qrImage(kept.code, app.say("receipt.qr")), codeDisplay(app, kept.code)),
          h("p", { class: "hint" }, app.say("receipt.verified"))),
        h("div", { class: "actions" },
          button(app.say("receipt.save"), () => save(app.say("receipt.file.name", { number: index + 1 }), receiptDocument(app.texts, app.election, contest, kept, new URL("check.html", document.baseURI).href), "text/html"), { class: "primary" }),
          button(app.say("receipt.print"), () => window.print(), { class: "secondary" })),
        h("div", { class: "card notice" }, app.texts.paragraphs("receipt.warning")),
        h("details", null, h("summary", null, app.say("receipt.check.title")), app.texts.paragraphs("receipt.check.text"),
          h("div", { class: "actions" }, button(app.say("receipt.check.do"), async () => {
            try {
              answer.textContent = app.say((await app.api.recorded(kept.code)) ? "receipt.check.yes" : "receipt.check.no", { help: app.helpLine });
            } catch (error) {
              answer.textContent = app.explain(error);
            }
          }, { class: "secondary" })),
          answer),
        app.receipts.length > 1 ? h("div", { class: "actions" }, app.receipts.filter((one) => one !== kept).map((one) => button(
          app.say("receipt.other", { office: app.contest(one.contest).office }), () => app.show(receipt(one.contest)), { class: "link" }))) : null,
        h("div", { class: "actions end" }, button(app.say(more ? "receipt.next" : "receipt.end"), go, { class: more ? "primary" : "secondary" })),
      ],
    };
  };
}

/** The voter's ballots, if the session goes on after a reload; nothing if nobody knows. @param {import("../app.js").App} app */
async function ballots(app) {
  try {
    return (await asked(app)).contests;
  } catch {
    return null;
  }
}
