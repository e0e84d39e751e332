/** A receipt against the published list and the board (R-PUB-03, R-PUB-06): the list comes here, the code goes nowhere. */

import { Problem } from "../api.js";
import { Explained } from "../base.js";
import { codeDisplay } from "../components/code.js";
import { button, question } from "../components/form.js";
import { h } from "../dom.js";
import { receiptIn } from "../receipt.js";
import { begin, fileField, finding } from "./page.js";

/** @typedef {import("./page.js").Page} Page */

/** @param {Page} page @returns {import("./page.js").Content} */
function ask(page) {
  const file = fileField("file", page.say("check.file"), page.say("check.file.hint"), { accept: ".html,.txt,text/html,text/plain" });
  return {
    state: "check",
    title: page.say("check.title"),
    body: [question(page, {
      before: [page.texts.paragraphs("check.text")],
      fields: [{ name: "code", kind: "area", label: page.say("check.code"), hint: page.say("check.code.hint"), check: () => null }],
      middle: [file.element],
      submit: page.say("check.submit"),
      busy: page.say("public.busy"),
      action: async ({ code }) => {
        const chosen = file.input.files?.[0];
        if (!chosen && code === "") throw new Explained(page.say("check.fault"));
        await page.open();
        const text = chosen ? receiptIn(await chosen.text()) : "";
        page.show(text.startsWith("escrutinio/voter-key/v1") ? await byKey(page, text) : chosen ? await byReceipt(page, text) : await byCode(page, code));
      },
    })],
  };
}

/** What is published of it, or nothing while it is not. @param {Page} page @param {string} path */
async function published(page, path) {
  try {
    return await page.api.file(path);
  } catch (error) {
    if (error instanceof Problem && error.name === "not-found") return null;
    throw error;
  }
}

/** @param {Page} page @param {string} typed */
async function byCode(page, typed) {
  const { codeText } = await page.crypto.parseCode(typed);
  const list = await published(page, "/receipts.txt");
  const listed = list === null ? null : new TextDecoder().decode(list).split("\n").includes(codeText);
  return result(listed, codeText, (/** @type {Page} */ now) => [line(now, listed)]);
}

/** @param {Page} page @param {string} text */
async function byReceipt(page, text) {
  const receipts = (await published(page, "/receipts.txt")) ?? undefined;
  const checkpoint = receipts ? await page.api.file("/board/checkpoint") : undefined;
  const found = await page.crypto.checkReceipt({ receipt: text, receipts, checkpoint });
  return result(found.listed, found.codeText, (/** @type {Page} */ now) => [
    finding(found.promise, now.texts.inline(found.promise ? "check.promise" : "check.no_promise")),
    line(now, found.listed),
    found.board ? finding(true, now.texts.inline("check.board", { size: now.texts.number(found.board.size), witnesses: now.texts.list(found.board.witnesses.map(({ name }) => name)) || now.say("check.board.none") })) : null,
    found.promise && found.listed === false ? h("li", { class: "finding" }, now.say("check.evidence", { help: now.helpLine })) : null,
  ]);
}

/** @param {Page} page @param {boolean | null} listed */
function line(page, listed) {
  return listed === null ? h("li", { class: "finding" }, page.say("check.early")) : finding(listed, page.texts.inline(listed ? "check.listed" : "check.not_listed"));
}

/** The ballots that stand under a key that was saved on another device. @param {Page} page @param {string} text */
async function byKey(page, text) {
  const list = Number(/^list (\d+)$/m.exec(text)?.[1]);
  const key = /^key ([0-9a-f]{64})$/m.exec(text)?.[1] ?? "";
  const checkpoint = await published(page, "/board/checkpoint");
  if (!checkpoint || !(await published(page, "/receipts.txt"))) return result(null, null, (/** @type {Page} */ now) => [line(now, null)]);
  const bundles = [];
  for (const path of page.crypto.bundlePaths(checkpoint)) bundles.push(await page.api.file(`/board/${path}`));
  const found = await page.crypto.findKey({ list, key, checkpoint, bundles });
  return (/** @type {Page} */ now) => ({
    state: "checked",
    title: now.say(found.length > 0 ? "check.yes" : "check.no"),
    body: [
      now.texts.paragraphs(found.length > 0 ? "check.key" : "check.key.none"),
      found.map(({ codeText, contest, entry }) => [h("h2", null, now.contest(contest).office), codeDisplay(now, codeText), h("p", null, now.say("check.entry", { entry: now.texts.number(entry) }))]).flat(),
      found.length > 0 ? now.texts.paragraphs("check.key.compare") : null,
      again(now),
    ],
  });
}

/**
 * @param {boolean | null} listed
 * @param {string | null} code
 * @param {(page: Page) => import("../dom.js").Child[]} lines
 */
function result(listed, code, lines) {
  return (/** @type {Page} */ page) => ({
    state: "checked",
    title: page.say(listed === null ? "check.wait" : listed ? "check.yes" : "check.no"),
    body: [code ? codeDisplay(page, code) : null, h("h2", null, page.say("check.done")), h("ul", { class: "findings", role: "list" }, lines(page)), again(page)],
  });
}

/** @param {Page} page */
function again(page) {
  return h("div", { class: "actions" }, button(page.say("public.again"), () => page.show(ask), { class: "secondary" }));
}

void begin(ask);
