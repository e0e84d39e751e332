/** Where everybody comes in. */

import { h } from "../dom.js";
import { codeDisplay } from "../components/code.js";
import { button } from "../components/form.js";
import { login } from "./login.js";
import { recover } from "./recover.js";

/** @type {import("../app.js").Screen} */
export function start(app) {
  const { status, info } = app;
  const phase = status?.phase ?? "loaded";
  const open = phase === "voting";
  return {
    state: "start",
    title: app.say("start.title"),
    body: [
      h("p", { class: "lead" }, info?.title ?? ""),
      info ? calendar(app, info) : null,
      open ? [
        h("div", { class: "card" },
          h("h2", null, app.say("start.first.title")),
          app.texts.paragraphs("start.first.text")),
        h("div", { class: "card" },
          h("h2", null, app.say("start.again.title")),
          app.texts.paragraphs("start.again.text"),
          h("div", { class: "actions" },
            button(app.say("start.enter"), () => app.show(login), { class: "primary" }),
            button(app.say("start.recover"), () => app.show(recover), { class: "link" }))),
        needed(app),
      ] : [
        h("div", { class: "card notice" }, h("h2", null, app.say(`phase.${phase}.title`)), app.texts.paragraphs(`phase.${phase}.text`)),
        app.kept.map((signed) => h("div", { class: "card" }, h("h2", null, app.contest(signed.contest).office), app.texts.paragraphs("start.kept", { help: app.helpLine }), codeDisplay(app, signed.code))),
      ],
      public_(app),
    ],
  };
}

/** By the sealed record: a server that says another close would send voters away. @param {import("../app.js").App} app @param {import("../crypto.js").BallotInfo} info */
function calendar(app, { calendar: { votingStart: from, votingClose: until }, officialZone: zone }) {
  return h("dl", { class: "facts" },
    h("div", null, h("dt", null, app.say("start.from")), h("dd", null, app.texts.instant(from, zone))),
    h("div", null, h("dt", null, app.say("start.until")), h("dd", null, app.texts.instant(until, zone))));
}

/** What to have at hand before the session's time runs. @param {import("../app.js").App} app */
function needed(app) {
  return h("details", null,
    h("summary", null, app.say("start.needed.title")),
    h("ul", null, ["mail", "phone", "time", "alone"].map((what) => h("li", null, app.texts.inline(`start.needed.${what}`, { minutes: app.info?.policies.sessionMinutes ?? 30 })))));
}

/** The pages that anyone may use without entering. @param {import("../app.js").App} app */
export function public_(app) {
  return h("nav", { class: "public", "aria-label": app.say("public.nav") },
    h("h2", null, app.say("public.nav")),
    h("ul", null, ["check", "audit", "verify", "results", "board"].map((page) => h("li", null, h("a", { href: `${page}.html` }, app.say(`public.${page}`))))));
}
