/** The ballots of this voter (R-BAL-13), each to be cast once. */

import { h } from "../dom.js";
import { button } from "../components/form.js";
import { save } from "../files.js";
import { casting } from "./cast.js";
import { ballot } from "./choose.js";
import { contact, contactOpen } from "./contact.js";
import { finish } from "./end.js";
import { loginAgain } from "./login.js";
import { needLink } from "./need-link.js";

/** @type {import("../app.js").Screen} */
export function home(app) {
  if (!app.session) return loginAgain(app);
  const contests = (app.session?.contests ?? []).map(({ contest, cast }) => ({ contest: app.contest(contest), cast }));
  const left = contests.filter(({ contest, cast }) => !cast && !app.pending.has(contest.index));
  const done = left.length === 0 && app.pending.size === 0;
  return {
    state: done ? "voted" : "home",
    title: done ? app.say("voted.title") : left.length === 0 ? app.say("home.title.pending") : left.length === 1 ? app.say("home.title.one") : app.say("home.title.more", { count: left.length }),
    back: () => app.stay(app.say("back.home")),
    body: [
      done ? app.texts.paragraphs("voted.text", { help: app.helpLine }) : app.texts.paragraphs("home.text"),
      app.session?.grace ? h("div", { class: "card notice" }, app.texts.paragraphs("home.grace")) : null,
      h("ul", { class: "contests", role: "list" }, contests.map(({ contest, cast }) => h("li", { class: "card" },
        h("h2", null, contest.office),
        h("p", null, contest.entity),
        app.pending.has(contest.index) ? signed(app, contest) : cast
          ? (app.receipts.some((one) => one.contest === contest.index) ? h("p", { class: "done" }, app.say("home.cast")) : app.texts.paragraphs("home.said", { help: app.helpLine }))
          : h("div", { class: "actions" }, button(app.say("home.open"), () => app.show(ballot(contest.index)), { class: "primary", "aria-label": app.say("home.open.of", { office: contest.office }) }))))),
      app.entered || done ? voterKey(app, done) : null,
      done
        ? h("div", { class: "actions" }, button(app.say("end.leave"), () => finish(app), { class: "primary" }), contactLink(app))
        : h("div", { class: "actions" }, contactLink(app), button(app.say("end.leave"), () => finish(app), { class: "link" })),
    ],
  };
}

/**
 * The key that finds the own ballot after the count. Who has voted and is on a device without the first half gets it,
 * too, but is asked for the link only on request.
 * @param {import("../app.js").App} app @param {boolean} done
 */
function voterKey(app, done) {
  const does = app.entered ? "save" : "get";
  return h("details", { open: done && app.entered }, h("summary", null, app.say("home.key.title")), app.texts.paragraphs("home.key.text"),
    h("div", { class: "actions" }, button(app.say(`home.key.${does}`), async () => {
      if (!app.entered) return app.show(needLink({ others: false, back: home }));
      const { list, key } = await app.crypto.voterKey();
      save(app.say("home.key.file"), `escrutinio/voter-key/v1\nelection ${app.election.electionId}\nlist ${list}\nkey ${key}\n`, "text/plain");
      return app.announce(app.say("home.key.saved"));
    }, { class: "secondary" })));
}

/** @param {import("../app.js").App} app */
function contactLink(app) {
  return contactOpen(app) ? button(app.say("contact.title"), () => app.show(contact), { class: "link" }) : null;
}

/** A ballot that was signed and has no promise: only the same may be sent. @param {import("../app.js").App} app @param {import("../crypto.js").Contest} contest */
function signed(app, { index, office }) {
  const pending = app.pending.get(index) ?? null;
  return [
    h("p", null, app.say("home.signed")),
    h("div", { class: "actions" }, button(app.say("home.send"), () => app.show(casting(index, pending)), { class: "primary", "aria-label": app.say("home.send.of", { office }) })),
  ];
}
