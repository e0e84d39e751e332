/** What was in an envelope that another device opened (R-CAST-18). It comes by a QR code's fragment or as a file. */

import { Explained } from "../base.js";
import { codeDisplay, fromDigits } from "../components/code.js";
import { button, question } from "../components/form.js";
import { h } from "../dom.js";
import { called } from "../marks.js";
import { begin, fileField } from "./page.js";

/** @typedef {import("./page.js").Page} Page */

/** Gone from the address at once: it says what somebody marked for the test, which was no vote. */
const scanned = location.hash.length > 1 ? fromDigits(location.hash.slice(1)) : null;
if (location.hash) history.replaceState(null, "", location.pathname + location.search);

/** @param {Page} page @returns {import("./page.js").Content} */
function ask(page) {
  const file = fileField("file", page.say("opening.file"), page.say("opening.file.hint"));
  return {
    state: "opening",
    title: page.say("opening.title"),
    body: [question(page, {
      before: [page.texts.paragraphs("opening.text")],
      fields: [],
      middle: [file.element],
      submit: page.say("opening.submit"),
      busy: page.say("public.busy"),
      action: async () => {
        const chosen = file.input.files?.[0];
        if (!chosen) throw new Explained(page.say("pick.none"));
        await judge(page, new Uint8Array(await chosen.arrayBuffer()));
      },
    })],
  };
}

/** @param {Page} page @param {Uint8Array} opening */
async function judge(page, opening) {
  await page.open();
  const found = await page.crypto.checkOpening({ opening });
  page.show((now) => ({
    state: "opened",
    title: now.say(found.valid ? "opening.good" : "opening.bad"),
    body: found.valid ? [
      codeDisplay(now, found.codeText),
      h("dl", { class: "facts" },
        h("div", null, h("dt", null, now.contest(found.contest).office), h("dd", null, now.contest(found.contest).entity)),
        h("div", null, h("dt", null, now.say("opening.marked")), h("dd", { class: "plain" }, called(now.contest(found.contest), found.option, found.name))),
        found.text === null ? null : h("div", null, h("dt", null, now.say("opening.written")), h("dd", { class: "plain" }, found.text))),
      now.texts.paragraphs("opening.compare", { help: now.helpLine }),
      again(now),
    ] : [
      h("div", { class: "errors", role: "alert" }, now.texts.paragraphs("opening.warn", { help: now.helpLine })),
      again(now),
    ],
  }));
}

/** @param {Page} page */
function again(page) {
  return h("div", { class: "actions" }, button(page.say("public.again"), () => page.show(ask), { class: "secondary" }));
}

const page = await begin(ask);
if (scanned) {
  try {
    await judge(page, scanned);
  } catch (error) {
    const text = page.explain(error);
    page.show((now) => ({ ...ask(now), body: [h("div", { class: "errors", role: "alert" }, h("p", null, text)), ...ask(now).body] }));
  }
}
