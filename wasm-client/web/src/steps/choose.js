/** Choosing: the offer, the marks, what they mean, and why some mean nothing (R-BAL-14 to R-BAL-26). */

import { h } from "../dom.js";
import { ballotSheet, markedEmblems, spaceName } from "../components/ballot.js";
import { errorSummary, showErrors } from "../components/errors.js";
import { button } from "../components/form.js";
import { howToMark } from "../components/picture.js";
import { called, formulasOf, groupsOf } from "../marks.js";
import { home } from "./home.js";
import { sealing } from "./seal.js";

/** @typedef {import("../app.js").App} App */
/** @typedef {import("../crypto.js").Contest} Contest */
/** @typedef {import("../crypto.js").Resolution} Resolution */

/** @param {number} index @returns {import("../app.js").Screen} */
export function ballot(index) {
  return (app) => {
    const contest = app.contest(index);
    const choice = app.choice(index);
    const errors = h("div");
    const status = h("p", { class: "now" });
    let asked = 0;

    const changed = async (/** @type {string | null} */ said) => {
      showErrors(errors, null);
      asked += 1;
      const mine = asked;
      const outcome = await resolution(app, index, snapshot(choice), false);
      // Whoever taps fast gets the answer to the last tap, and who has left none: somebody else may be there.
      if (mine !== asked || !status.isConnected) return;
      const text = now(app, contest, outcome);
      status.textContent = text;
      status.classList.toggle("wrong", outcome.why === "combination" || outcome.why === "confirm-combination");
      app.announce(said ? `${said} ${text}` : text);
    };
    const { element, writeIn } = ballotSheet(app, contest, choice, { changed: (said) => void changed(said) });
    void resolution(app, index, snapshot(choice), false).then((outcome) => { status.textContent = now(app, contest, outcome); });

    const go = async () => {
      const chosen = snapshot(choice);
      const outcome = await resolution(app, index, chosen, false);
      // Whoever went on marking meanwhile, or has left, is not shown what is no longer meant.
      if (app.choices.get(index) !== choice || choice.marked !== chosen.marked || choice.text !== chosen.text) return;
      if (outcome.ok) {
        app.show(review(index, outcome, chosen));
      } else if (outcome.why === "confirm-empty" || outcome.why === "confirm-combination") {
        app.show(confirm(index, outcome, chosen));
      } else {
        const field = outcome.why?.startsWith("text-") && writeIn ? writeIn.id : undefined;
        showErrors(errors, errorSummary(app, reasons(app, contest, outcome).map((text) => ({ text, field }))));
      }
    };
    return {
      state: "ballot",
      wide: true,
      title: app.say(contest.kind === "consultation" ? "ballot.title.answer" : "ballot.title"),
      back: () => app.show(home),
      body: [
        h("details", { class: "how" }, h("summary", null, app.say("ballot.how.title")), howToMark(app.say("ballot.how.picture")), app.texts.paragraphs(contest.coalitions.length > 0 ? "ballot.how.coalitions" : "ballot.how.text")),
        errors,
        element,
        h("div", { class: "bar" }, status, button(app.say("ballot.review"), go, { class: "primary" })),
      ],
    };
  };
}

/**
 * What is marked at one moment: what is asked about, shown back and encrypted is the same. A tap makes a new set.
 * @typedef {{ readonly marked: ReadonlySet<string>, readonly text: string }} Chosen
 */

/** @param {Chosen} choice @returns {Chosen} */
function snapshot({ marked, text }) {
  return { marked, text };
}

/** What marks stand for. @param {App} app @param {number} index @param {Chosen} chosen @param {boolean} confirmed @returns {Promise<Resolution>} */
function resolution(app, index, chosen, confirmed) {
  return app.crypto.optionOfMarks({ contest: index, marks: [...chosen.marked], text: chosen.text, confirmed });
}

/** One line about the marks, said after each. @param {App} app @param {Contest} contest @param {Resolution} outcome */
function now(app, contest, outcome) {
  if (outcome.ok) {
    const choice = app.choice(contest.index);
    if (choice.marked.has("null")) return app.say("ballot.now.null");
    if (choice.marked.has("write-in")) return app.say("ballot.now.writein", { name: outcome.text ?? "" });
    return app.say("ballot.now", { name: outcome.name ?? "" });
  }
  if (outcome.why === "empty" || outcome.why === "confirm-empty") return app.say("ballot.now.empty");
  if (outcome.why?.startsWith("text-")) return app.say("ballot.now.text");
  return app.say("ballot.now.wrong");
}

/** Why marks are no vote: which emblems, and why (R-BAL-23). @param {App} app @param {Contest} contest @param {Resolution} outcome */
function reasons(app, contest, outcome) {
  switch (outcome.why) {
    case "empty":
      return [app.say("ballot.why.empty")];
    case "text-long":
      return [app.say("ballot.why.long", { room: outcome.limit ?? 0 })];
    case "text-character":
    case "text-control":
      return [app.say("ballot.why.character")];
    case "text-empty":
    case "text-without-mark":
      return [app.say("ballot.why.text")];
    default: {
      const groups = groupsOf(contest, outcome.marks ?? []);
      const names = (/** @type {import("../marks.js").Group} */ group) => app.texts.list(group.spaces.map((space) => spaceName(app, space)));
      const [one] = groups;
      if (groups.length === 1 && one) return [app.say("ballot.why.unregistered", { names: names(one), coalition: one.coalition ?? "" })];
      return [
        app.say("ballot.why.combination", { names: app.texts.list(groups.flatMap((group) => group.spaces.map((space) => spaceName(app, space)))) }),
        ...groups.map((group) => (group.coalition
          ? app.say("ballot.why.of", { names: names(group), coalition: group.coalition })
          : app.say("ballot.why.alone", { names: names(group) }))),
        app.say("ballot.why.do"),
      ];
    }
  }
}

/** What the rules of this election allow only if it is meant. @param {number} index @param {Resolution} outcome @param {Chosen} chosen @returns {import("../app.js").Screen} */
function confirm(index, outcome, chosen) {
  const kind = outcome.why === "confirm-empty" ? "empty" : "combination";
  return (app) => ({
    state: "confirm",
    title: app.say(`confirm.${kind}.title`),
    called: app.say("review.title"),
    back: () => app.show(ballot(index)),
    body: [
      app.texts.paragraphs(`confirm.${kind}.text`, { name: outcome.name ?? "" }),
      h("div", { class: "actions" },
        button(app.say("review.change"), () => app.show(ballot(index)), { class: "primary" }),
        button(app.say("confirm.yes"), async () => app.show(review(index, await resolution(app, index, chosen, true), chosen)), { class: "secondary" })),
    ],
  });
}

/** The choice, shown back before anything is done with it (R-BAL-15, R-BAL-17). @param {number} index @param {Resolution} outcome @param {Chosen} chosen @returns {import("../app.js").Screen} */
function review(index, outcome, { marked }) {
  return (app) => {
    const contest = app.contest(index);
    return {
      state: "review",
      title: app.say("review.title"),
      back: () => app.show(ballot(index)),
      body: [
        h("section", { class: "sheet-of-paper chosen", "aria-labelledby": "chosen" },
          h("p", { class: "process" }, contest.entity),
          h("p", { class: "office" }, contest.office),
          markedEmblems(app, contest, marked),
          h("h2", { id: "chosen" }, sense(app, contest, marked, outcome)),
          h("ul", { class: "formulas", role: "list" }, formulasOf(contest, marked).map((formula) => h("li", null,
            h("span", { class: "owner" }, formula.owner),
            formula.substitute ? h("span", { class: "substitute" }, app.say("ballot.substitute", { name: formula.substitute })) : null))),
          marked.size > 1 ? h("p", { class: "hint" }, app.say("review.combination")) : null),
        app.texts.paragraphs("review.text"),
        h("div", { class: "actions" },
          button(app.say("review.confirm"), () => app.show(sealing(index, outcome)), { class: "primary" }),
          button(app.say("review.change"), () => app.show(ballot(index)), { class: "secondary" })),
      ],
    };
  };
}

/** @param {App} app @param {import("../crypto.js").Contest} contest @param {ReadonlySet<string>} marked @param {Resolution} outcome */
function sense(app, contest, marked, outcome) {
  if (marked.has("null")) return app.say("review.null");
  if (marked.has("write-in")) return app.say("review.writein", { name: outcome.text ?? "" });
  return called(contest, outcome.option, outcome.name);
}
