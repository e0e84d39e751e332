/** Encrypting, and what can be done with a ballot that is encrypted: cast it, test it, or throw it away. */

import { h } from "../dom.js";
import { codeDisplay, qrImage, toDigits } from "../components/code.js";
import { button } from "../components/form.js";
import { progress } from "../components/progress.js";
import { save } from "../files.js";
import { casting } from "./cast.js";
import { ballot } from "./choose.js";
import { guarded } from "./factor.js";

/** @param {number} index @param {import("../crypto.js").Resolution} outcome @returns {import("../app.js").Screen} */
export function sealing(index, outcome) {
  // The screen may be drawn again, in another language: it is encrypted once, and the code is that ballot's.
  /** @type {ReturnType<typeof progress> | null} */
  let bar = null;
  const abort = new AbortController();
  return (app) => {
    const back = () => {
      abort.abort();
      app.show(ballot(index));
    };
    if (!bar) {
      const mine = progress(app, app.say("seal.text"));
      bar = mine;
      void guarded(app, async () => {
        try {
          const { codeText } = await app.crypto.prepare(
            { contest: index, option: outcome.option ?? -1, text: outcome.text },
            { signal: abort.signal, progress: (done, total) => mine.at(done, total) },
          );
          // Who is not in the session any more has no ballot either.
          if (!abort.signal.aborted && app.user !== null) app.show(sealed(index, codeText));
        } catch (error) {
          if (!abort.signal.aborted && app.user !== null) throw error;
        }
      });
    }
    return { state: "sealing", title: app.say("seal.title"), back, body: [bar.element, app.texts.paragraphs("seal.note")] };
  };
}

/** @param {number} index @param {string} code @returns {import("../app.js").Screen} */
function sealed(index, code) {
  return (app) => ({
    state: "code",
    title: app.say("sealed.title"),
    back: () => app.show(ballot(index)),
    body: [
      h("div", { class: "card notice" }, app.texts.paragraphs("sealed.not_yet")),
      codeDisplay(app, code),
      app.texts.paragraphs("sealed.text"),
      h("div", { class: "actions" },
        button(app.say("sealed.cast"), () => app.show(casting(index, null)), { class: "primary" }),
        button(app.say("review.change"), () => app.show(ballot(index)), { class: "secondary" })),
      h("details", { class: "test" },
        h("summary", null, app.say("audit.offer.title")),
        app.texts.paragraphs("audit.offer.text"),
        h("div", { class: "actions" }, button(app.say("audit.offer.do"), () => guarded(app, async () => {
          const { opening, codeText } = await app.crypto.audit({ contest: index });
          // What was disclosed is nobody's vote: the next ballot begins empty.
          app.choices.delete(index);
          app.show(audited(index, opening, codeText));
        }), { class: "secondary" }))),
    ],
  });
}

/** @param {number} index @param {Uint8Array} opening @param {string} code @returns {import("../app.js").Screen} */
function audited(index, opening, code) {
  return (app) => {
    const address = new URL(`audit.html#${toDigits(opening)}`, document.baseURI).href;
    const image = qrImage(address, app.say("audit.qr"), "L");
    return {
      state: "audit",
      title: app.say("audit.title"),
      back: () => app.show(ballot(index)),
      body: [
        h("div", { class: "card notice" }, app.texts.paragraphs("audit.not_cast")),
        codeDisplay(app, code),
        h("ol", { class: "steps" },
          // The code leads where this device wants, and this device is what is tested.
          h("li", null, app.texts.inline("audit.address")),
          h("li", null, app.texts.inline(image ? "audit.scan" : "audit.take"), image ? h("div", { class: "large-qr" }, image) : null,
            h("p", null, button(app.say("audit.save"), () => save(app.say("audit.file"), opening, "application/octet-stream"), { class: "secondary" }))),
          h("li", null, app.texts.inline("audit.compare")),
          h("li", null, app.texts.inline("audit.new"))),
        h("div", { class: "actions" }, button(app.say("audit.again"), () => app.show(ballot(index)), { class: "primary" })),
        h("details", null, h("summary", null, app.say("audit.tool.title")), app.texts.paragraphs("audit.tool.text")),
      ],
    };
  };
}
