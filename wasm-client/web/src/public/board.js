/** The board's checkpoint and the log of acts, while the election goes on. */

import { Problem } from "../api.js";
import { h } from "../dom.js";
import { follow, followed } from "./follow.js";
import { begin, finding } from "./page.js";

/** @typedef {import("./page.js").Page} Page */

/** An act in words; one that is not known keeps its own name. @param {Page} page @param {string} act */
function nameOf(page, act) {
  const key = `act.${act}`;
  return page.texts.has(key) ? page.say(key) : act;
}

/** @param {Page} page */
function loading(page) {
  return { state: "board", title: page.say("board.title"), body: [...page.texts.paragraphs("board.text"), h("div", { class: "progress" }, h("progress", { "aria-label": page.say("public.busy") }))] };
}

const page = await begin(loading);
try {
  await page.open();
  const note = await page.api.file("/board/checkpoint").catch((error) => {
    if (error instanceof Problem && error.name === "not-found") return null;
    throw error;
  });
  // What is shown of it, names above all, are signatures that verified.
  const box = note && (await page.crypto.checkpoint({ log: "board", note }));
  const checkpoint = await page.api.file("/acts/checkpoint");
  const bundles = [];
  for (const path of page.crypto.actPaths(checkpoint)) bundles.push(await page.api.file(`/acts/${path}`));
  const log = await page.crypto.readActs({ checkpoint, bundles });
  const told = { board: note && (await follow(page, "board", note)), acts: await follow(page, "acts", checkpoint) };
  page.show((now) => ({
    state: "board-done",
    title: now.say("board.title"),
    wide: true,
    body: [
      ...now.texts.paragraphs("board.text"),
      h("h2", null, now.say("board.box")),
      box ? h("dl", { class: "facts" },
        h("div", null, h("dt", null, now.say("board.size")), h("dd", null, now.texts.number(box.size))),
        h("div", null, h("dt", null, now.say("board.root")), h("dd", { class: "hash" }, box.root)),
        h("div", null, h("dt", null, now.say("board.signed")), h("dd", { class: "plain" }, now.texts.list(box.witnesses.map(({ name }) => name)) || now.say("check.board.none")))) : h("p", null, now.say("board.none")),
      box ? h("ul", { class: "findings", role: "list" }, finding(box.quorum, now.texts.inline(box.quorum ? "board.quorum" : "board.few"))) : null,
      followed(now, "board", told.board),
      h("h2", null, now.say("board.acts")),
      followed(now, "acts", told.acts),
      h("p", null, now.say("board.witnesses", { witnesses: now.texts.list(log.witnesses.map(({ name }) => name)) || now.say("check.board.none") })),
      h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": now.say("board.acts") },
        h("table", null, h("caption", { class: "hidden" }, now.say("board.acts")),
          h("thead", null, h("tr", null, h("th", { scope: "col" }, now.say("board.at")), h("th", { scope: "col" }, now.say("board.act")), h("th", { scope: "col" }, now.say("board.values")))),
          h("tbody", null, log.acts.map((act) => h("tr", null, h("td", null, act.at), h("th", { scope: "row" }, nameOf(now, act.name)),
            h("td", { class: "hash" }, Object.entries(act.values).map(([name, value]) => h("div", null, `${name} ${value}`)))))))),
    ],
  }));
} catch (error) {
  const text = page.explain(error);
  page.show((now) => ({ state: "board-failed", title: now.say("board.title"), body: [h("div", { class: "errors", role: "alert" }, h("h2", null, now.say("public.failed")), h("p", null, text))] }));
}
