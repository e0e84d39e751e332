/** Leaving: everything is wiped here, and the session ended there. */

import { h } from "../dom.js";
import { button } from "../components/form.js";
import { SESSION } from "../remember.js";
import { login } from "./login.js";
import { public_, start } from "./start.js";

/**
 * @param {import("../app.js").App} app
 * @param {import("../api.js").SessionState["contests"] | null} [contests] nothing where nobody knows which there are
 */
export async function finish(app, contests = app.session?.contests ?? null) {
  const said = contests?.every((one) => one.cast) ?? false;
  // That it has a ballot the server may say; that it promised to count it the device has seen, or not.
  const all = said && (contests ?? []).every(({ contest }) => app.receipts.some((one) => one.contest === contest));
  const { over } = app;
  const user = app.user ?? "";
  // What is here goes first, whatever becomes of the rest.
  const out = app.api.logout();
  SESSION.forgetSending();
  app.wipe();
  const erased = all && (await app.store.forgetHalf(user));
  await out;
  app.show(over === "moved" ? moved : all ? ended(erased) : said ? leftSaid : contests ? left : unsure);
}

/** @param {boolean} erased whether nothing is left on the device @returns {import("../app.js").Screen} */
function ended(erased) {
  return (app) => ({
    state: "end",
    title: app.say("end.title"),
    back: () => app.show(start),
    body: [
      app.texts.paragraphs(erased ? "end.text" : "end.kept"),
      h("ul", { class: "checks" }, ["receipt", "device", "later"].map((what) => h("li", null, app.texts.inline(`end.${what}`)))),
      public_(app),
    ],
  });
}

/** @type {import("../app.js").Screen} */
export function left(app) {
  return {
    state: "left",
    title: app.say("left.title"),
    back: () => app.show(start),
    body: [app.texts.paragraphs("left.text"), h("div", { class: "actions" }, button(app.say("left.start"), () => app.show(start), { class: "primary" }))],
  };
}

/** Where the server says that it has all ballots, and has not promised all of them here. @type {import("../app.js").Screen} */
function leftSaid(app) {
  return {
    state: "left-said",
    title: app.say("left.title"),
    back: () => app.show(start),
    body: [app.texts.paragraphs("left.said", { help: app.helpLine }), public_(app)],
  };
}

/** Out of receipts of a session that the page knows nothing of any more. @type {import("../app.js").Screen} */
function unsure(app) {
  return {
    state: "left-unsure",
    title: app.say("left.title"),
    back: () => app.show(start),
    body: [app.texts.paragraphs("left.unsure"), h("div", { class: "actions" }, button(app.say("start.enter"), () => app.show((again) => login(again)), { class: "primary" }), button(app.say("left.start"), () => app.show(start), { class: "link" }))],
  };
}

/** @type {import("../app.js").Screen} */
export function expired(app) {
  return {
    state: "expired",
    title: app.say("expired.title"),
    back: () => app.show(start),
    body: [app.texts.paragraphs("expired.text"), h("div", { class: "actions" }, button(app.say("left.start"), () => app.show(start), { class: "primary" }))],
  };
}

/** @type {import("../app.js").Screen} */
export function moved(app) {
  return { state: "moved", title: app.say("moved.title"), body: app.texts.paragraphs("moved.text") };
}
