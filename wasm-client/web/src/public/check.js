/**
 * A receipt, a code or a key against what is published (R-PUB-03, R-PUB-06). Everything comes here, whichever ballot is
 * looked for, and is searched here: nobody learns which one it is.
 */

import { Problem } from "../api.js";
import { Explained } from "../base.js";
import { codeDisplay } from "../components/code.js";
import { button, question } from "../components/form.js";
import { progress } from "../components/progress.js";
import { CryptoError } from "../crypto.js";
import { h } from "../dom.js";
import { receiptIn } from "../receipt.js";
import { begin, fileField, finding } from "./page.js";
import { compared, ofAnother, verdict, voterKey } from "./verdict.js";

/** @typedef {import("./page.js").Page} Page */
/** @typedef {import("./verdict.js").Found} Found */
/** @typedef {{ text: string, code: string }} Asked what was in the file, or else what was typed */

/** Bytes of a board that nobody is asked about before they are fetched. */
const UNASKED = 32e6;

/** Bytes of a board that fit into the memory of a phone; a longer one is for the program that verifies records. */
const MOST = 256e6;

/** @param {Page} page @returns {import("./page.js").Content} */
function ask(page) {
  const file = fileField("file", page.say("check.file"), page.say("check.file.hint"), { many: true, accept: ".html,.txt,text/html,text/plain" });
  const doing = h("div");
  return {
    state: "check",
    title: page.say("check.title"),
    body: [question(page, {
      before: [page.texts.paragraphs("check.text")],
      fields: [{ name: "code", kind: "area", label: page.say("check.code"), hint: page.say("check.code.hint"), check: () => null }],
      middle: [file.element, doing],
      submit: page.say("check.submit"),
      busy: page.say("public.busy"),
      action: async ({ code }) => {
        const texts = await Promise.all([...(file.input.files ?? [])].map(async (one) => receiptIn(await one.text())));
        if (texts.length === 0 && code === "") throw new Explained(page.say("check.fault"));
        await page.open();
        // Not to be on this list then says nothing of the vote.
        if (texts.some((text) => ofAnother(text, page.config.election))) throw new Explained(page.say("check.other"));
        const [key, ...others] = texts.filter((text) => text.startsWith("escrutinio/voter-key/"));
        const receipts = texts.filter((text) => text !== key);
        if (others.length > 0 || (key === undefined && texts.length > 1)) throw new Explained(page.say("check.many"));
        // A slip of the fingers is said before anything is fetched.
        if (texts.length === 0) await page.crypto.parseCode(code);
        page.show(await (key === undefined ? byCode(page, { text: texts[0] ?? "", code }, doing, UNASKED) : byKey(page, key, receipts, doing)));
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

/** Every entry of the board, however it is asked. @param {Page} page @param {Uint8Array} checkpoint @param {HTMLElement} place */
async function entries(page, checkpoint, place) {
  const paths = page.crypto.bundlePaths(checkpoint);
  const bar = progress(page, page.say("check.fetching"));
  place.replaceChildren(bar.element);
  const bundles = [];
  try {
    for (const [done, path] of paths.entries()) {
      bar.at(done, paths.length);
      bundles.push(await page.api.file(`/board/${path}`));
    }
  } finally {
    place.replaceChildren();
  }
  return bundles;
}

/**
 * What says, without the entries, that everybody has the same list: the hashes of the published record, and the log
 * of acts. Nothing where the record cannot be fetched.
 * @param {Page} page
 */
async function commitment(page) {
  const { record } = page.config;
  const sums = record ? await fetch(`${record}/SHA256SUMS`, { cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer" }).catch(() => null) : null;
  if (!sums?.ok) return {};
  const checkpoint = await page.api.file("/acts/checkpoint");
  const bundles = [];
  for (const path of page.crypto.actPaths(checkpoint)) bundles.push(await page.api.file(`/acts/${path}`));
  return { sums: new Uint8Array(await sums.arrayBuffer()), acts: { checkpoint, bundles } };
}

/** The box as the witnesses closed it, and how long all entries may be. @param {Page} page @param {Uint8Array} note */
async function boxOf(page, note) {
  const { size, closed } = await page.crypto.checkpoint({ log: "board", note });
  return { closed, bytes: size * Math.max(...page.election.contests.map(({ ballotBytes }) => ballotBytes)) };
}

/**
 * @param {Page} page
 * @param {Asked} asked
 * @param {HTMLElement} place where progress is shown
 * @param {number} most bytes of a board that is searched; what is longer is left to the voter
 */
async function byCode(page, asked, place, most) {
  const receipts = (await published(page, "/receipts.txt")) ?? undefined;
  const checkpoint = receipts ? await page.api.file("/board/checkpoint") : undefined;
  const { closed, bytes } = checkpoint ? await boxOf(page, checkpoint) : { closed: false, bytes: 0 };
  const bundles = checkpoint && closed && bytes <= most ? await entries(page, checkpoint, place) : undefined;
  const files = { receipts, checkpoint, bundles, ...(closed && !bundles ? await commitment(page) : {}) };
  const found = await (asked.text ? fromReceipt(page, { receipt: asked.text, ...files }) : page.crypto.checkCode({ code: asked.code, ...files }));
  return result(found, closed && !bundles ? (now) => further(now, asked, bytes) : null);
}

/** @param {Page} page @param {Parameters<typeof import("../crypto.js").checkReceipt>[0]} from */
async function fromReceipt(page, from) {
  try {
    return await page.crypto.checkReceipt(from);
  } catch (error) {
    if (error instanceof CryptoError && error.code === "receipt") throw new Explained(page.say("check.no_receipt"));
    throw error;
  }
}

/** The rest of the search, where it is long. @param {Page} page @param {Asked} asked @param {number} bytes */
function further(page, asked, bytes) {
  const place = h("div", { role: "status" });
  const go = async () => {
    try {
      page.show(await byCode(page, asked, place, MOST));
    } catch (error) {
      place.replaceChildren(h("div", { class: "errors" }, h("p", null, page.explain(error))));
    }
  };
  const size = page.texts.number(Math.ceil(bytes / 1e6));
  if (bytes > MOST) return h("div", { class: "card" }, page.texts.paragraphs("check.huge", { size }));
  return h("div", { class: "card" }, page.texts.paragraphs("check.large", { size }), place, h("div", { class: "actions" }, button(page.say("check.large.do"), go, { class: "secondary" })));
}

/**
 * The ballots that stand under a key that was saved on another device. The key is the voter's, and who stole it has
 * voted with it: so nothing here says that a ballot is the voter's own but the receipts, which this page or the voter
 * compares.
 * @param {Page} page
 * @param {string} text
 * @param {string[]} papers the voter's receipts
 * @param {HTMLElement} place
 */
async function byKey(page, text, papers, place) {
  const saved = voterKey(text);
  const style = page.election.lists[saved?.list ?? -1]?.style;
  if (!saved || style === undefined) throw new Explained(page.say("check.key.bad"));
  const receipts = [];
  for (const receipt of papers) receipts.push(await fromReceipt(page, { receipt }));
  if (receipts.some(({ promise }) => !promise)) throw new Explained(page.say("check.no_receipt"));
  const checkpoint = (await published(page, "/receipts.txt")) ? await page.api.file("/board/checkpoint") : null;
  if (!checkpoint) {
    return (/** @type {Page} */ now) => ({ state: "checked", title: now.say("check.wait"), body: [now.texts.paragraphs("check.early"), again(now)] });
  }
  const { closed, bytes } = await boxOf(page, checkpoint);
  if (!closed) throw new Explained(page.say("crypto.closing", { help: page.helpLine }));
  if (bytes > MOST) throw new Explained(page.say("check.huge", { size: page.texts.number(Math.ceil(bytes / 1e6)) }));
  const { list, key } = saved;
  const found = await page.crypto.findKey({ list, key, checkpoint, bundles: await entries(page, checkpoint, place) });
  const { ballots, lost } = compared(found, receipts);
  const without = (page.election.styles[style]?.contests ?? []).filter((contest) => !found.some((one) => one.contest === contest));
  return (/** @type {Page} */ now) => ({
    state: "checked",
    title: now.say("check.key.title", { count: now.texts.number(found.length) }),
    body: [
      found.length > 0 ? now.texts.paragraphs("check.key.text", { help: now.helpLine }) : null,
      ballots.map(({ codeText, contest, own }) => [
        h("h2", null, `${now.contest(contest).office}, ${now.contest(contest).entity}`), codeDisplay(now, codeText),
        own === null ? null : h("ul", { class: "findings", role: "list" }, finding(own, now.texts.inline(own ? "check.key.same" : "check.key.strange", { help: now.helpLine }))),
      ]),
      lost.length + without.length > 0 ? h("ul", { class: "findings", role: "list" },
        lost.map(({ codeText, contest }) => finding(false, now.texts.inline("check.key.lost", { code: codeText, office: now.contest(contest).office, help: now.helpLine }))),
        without.map((contest) => h("li", { class: "finding" }, h("span", null, ...now.texts.inline("check.key.without", { office: now.contest(contest).office, help: now.helpLine }))))) : null,
      again(now),
    ],
  });
}

/**
 * @param {Found} found
 * @param {((page: Page) => HTMLElement) | null} more
 * @returns {(page: Page) => import("./page.js").Content}
 */
function result(found, more) {
  const { promise, listed, searched, entry, logged, board } = found;
  return (page) => ({
    state: "checked",
    title: page.say(`check.${verdict(found)}`),
    body: [
      codeDisplay(page, found.codeText),
      h("h2", null, page.say("check.done")),
      h("ul", { class: "findings", role: "list" },
        promise === undefined ? null : finding(promise, page.texts.inline(promise ? "check.promise" : "check.no_promise")),
        listed === null ? h("li", { class: "finding" }, page.say("check.early")) : finding(listed, page.texts.inline(listed ? "check.listed" : "check.not_listed")),
        searched ? finding(entry !== null, page.texts.inline(entry === null ? "check.no_entry" : "check.entry", { entry: page.texts.number(entry ?? 0) })) : null,
        logged === null ? null : finding(logged, page.texts.inline(logged ? "check.in_log" : "check.not_in_log", { help: page.helpLine })),
        board ? finding(board.closed, page.texts.inline(board.closed ? "check.board" : "check.board.few", {
          size: page.texts.number(board.size), witnesses: page.texts.list(board.witnesses.map(({ name }) => name)) || page.say("check.board.none"), help: page.helpLine,
        })) : null,
        promise && verdict(found) === "no" ? h("li", { class: "finding" }, page.say("check.evidence", { help: page.helpLine })) : null),
      more ? more(page) : null,
      again(page),
    ],
  });
}

/** @param {Page} page */
function again(page) {
  return h("div", { class: "actions" }, button(page.say("public.again"), () => page.show(ask), { class: "secondary" }));
}

void begin(ask);
