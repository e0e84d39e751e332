/**
 * The ballot as a sheet of paper (LOVEI 18, R-BAL-01 to R-BAL-10): every space of equal area, in the
 * order of the manifest, at every width. Nothing in it has a name or stands in a form: what is marked
 * is no data that a browser could send, complete or restore.
 */

import { fresh, h } from "../dom.js";
import { spacesOf, toggle } from "../marks.js";
import { emblem } from "./emblem.js";

/** @typedef {import("../crypto.js").Contest} Contest */
/** @typedef {import("../crypto.js").Space} Space */

/**
 * @param {import("../app.js").App} app
 * @param {Contest} contest
 * @param {{ marked: Set<string>, text: string }} choice
 * @param {{ changed: (said: string | null) => void }} how `said`: what the voter should hear beside the marks
 */
export function ballotSheet(app, contest, choice, how) {
  const info = app.election;
  /** @type {Map<string, HTMLInputElement>} */
  const boxes = new Map();
  const candidates = contest.spaces.filter((space) => space.kind !== "null" && space.kind !== "write-in");
  const special = contest.spaces.filter((space) => space.kind === "null" || space.kind === "write-in");
  const written = contest.textBytes > 0 ? writeIn(app, choice, how) : null;

  const mark = (/** @type {Space} */ space) => {
    const { marked, cleared } = toggle(contest, choice.marked, space);
    choice.marked = marked;
    if (!choice.marked.has("write-in")) {
      choice.text = "";
      if (written) written.input.value = "";
    }
    refresh();
    how.changed(cleared.length > 0
      ? app.say("ballot.cleared", { marked: spaceName(app, space), cleared: app.texts.list(cleared.map((one) => spaceName(app, one))) })
      : null);
  };
  const refresh = () => {
    for (const [id, box] of boxes) {
      box.checked = choice.marked.has(id);
      box.closest(".space")?.classList.toggle("marked", box.checked);
    }
    if (written) written.element.hidden = !choice.marked.has("write-in");
  };

  const spaces = (/** @type {Space[]} */ list) => list.map((space) => {
    const id = fresh("space");
    const box = h("input", { type: "checkbox", id, autocomplete: "off", "aria-labelledby": `${id}-name`, "aria-describedby": `${id}-who`, on: { change: () => mark(space) } });
    boxes.set(space.mark, box);
    return h("li", { class: `space ${space.kind}`, "data-space": "" },
      h("label", { for: id },
        h("span", { class: "mark" }, box),
        space.parties.length > 0 ? h("span", { class: "emblems" }, space.parties.map((party) => emblem(app.party(party)))) : null,
        h("span", { class: "words" },
          h("span", { class: "name", id: `${id}-name` }, spaceName(app, space)),
          h("span", { class: "who", id: `${id}-who` }, who(app, space)))));
  });

  const element = h("section", { class: "sheet-of-paper", "aria-labelledby": "ballot-office" },
    h("header", null,
      h("p", { class: "process" }, info.process),
      h("p", { class: "entity" }, contest.entity),
      h("h2", { id: "ballot-office" }, contest.office),
      h("p", { class: "legend" }, contest.legend)),
    info.test ? h("p", { class: "stamp" }, app.say("ballot.test")) : null,
    h("fieldset", { "aria-describedby": "ballot-count" },
      h("legend", null, app.say(contest.kind === "consultation" ? "ballot.legend.answer" : "ballot.legend")),
      h("p", { class: "hint", id: "ballot-count" }, app.say("ballot.count", { count: candidates.length, more: special.length })),
      h("ul", { class: "spaces", role: "list" }, spaces(candidates)),
      special.length > 0 ? h("ul", { class: "spaces special", role: "list" }, spaces(special)) : null,
      written?.element));
  refresh();
  return { element, writeIn: written?.input ?? null };
}

/**
 * @param {import("../app.js").App} app
 * @param {{ marked: Set<string>, text: string }} choice
 * @param {{ changed: (said: string | null) => void }} how
 */
function writeIn(app, choice, how) {
  const id = fresh("written");
  const input = h("input", {
    id, type: "text", autocomplete: "off", autocapitalize: "words", autocorrect: "off", spellcheck: "false", "aria-describedby": `${id}-hint`,
    on: { input: () => {
      choice.text = input.value;
      how.changed(null);
    } },
  });
  input.value = choice.text;
  const element = h("div", { class: "field written" }, h("label", { for: id }, app.say("ballot.written")), h("p", { class: "hint", id: `${id}-hint` }, app.say("ballot.written.hint")), input);
  return { input, element };
}

/** @param {import("../app.js").Speaker} app @param {Space} space */
export function spaceName(app, space) {
  if (space.kind === "null") return app.say("ballot.null");
  if (space.kind === "write-in") return app.say("ballot.writein");
  return space.name;
}

/** Who stands, or what the space is for. @param {import("../app.js").App} app @param {Space} space */
function who(app, space) {
  if (space.kind === "null") return app.say("ballot.null.hint");
  if (space.kind === "write-in") return app.say("ballot.writein.hint");
  return [
    space.formulas.map((formula) => h("span", { class: "formula" },
      h("span", { class: "owner" }, formula.owner),
      formula.substitute ? h("span", { class: "substitute" }, app.say("ballot.substitute", { name: formula.substitute })) : null)),
    space.coalitionName ? h("span", { class: "coalition" }, app.say("ballot.coalition", { name: space.coalitionName })) : null,
  ];
}

/**
 * What is marked, with emblems, to be shown back (R-BAL-15).
 * @param {import("../app.js").App} app
 * @param {Contest} contest
 * @param {ReadonlySet<string>} marked
 */
export function markedEmblems(app, contest, marked) {
  const parties = spacesOf(contest, marked).flatMap((space) => space.parties);
  return parties.length === 0 ? null : h("p", { class: "emblems large" }, parties.map((party) => emblem(app.party(party))));
}
