/** The published record: from where it is published, or from a folder of the device; and its verdict. */

import { Unreachable } from "../api.js";
import { Explained } from "../base.js";
import { button, question } from "../components/form.js";
import { progress } from "../components/progress.js";
import { h } from "../dom.js";
import { whole } from "../parts.js";
import { fileField } from "./page.js";

/** @typedef {import("./page.js").Page} Page */
/** @typedef {import("../crypto.js").Verification} Verification */
/** @typedef {Record<string, Blob | Uint8Array>} Files */
/** @typedef {Map<number, string>} Actas SHA-256 of the signed acta, by contest */

/**
 * Asks from where, verifies, and shows what was found.
 * @param {{ state: string, title: string, text: string, done: string }} what `done`: the title of a record that holds
 * @param {(page: Page, verdict: Verification, actas: Actas) => import("../dom.js").Child[]} shown
 * @returns {(page: Page) => import("./page.js").Content}
 */
export function verifying(what, shown) {
  const ask = (/** @type {Page} */ page) => {
    const folder = fileField("folder", page.say("verify.folder"), page.say("verify.folder.hint"), { folder: true });
    const go = (/** @type {(bar: ReturnType<typeof progress>, signal: AbortSignal) => Promise<Files>} */ files) => run(page, files);
    return {
      state: what.state,
      title: page.say(what.title),
      wide: false,
      body: [
        ...page.texts.paragraphs(what.text),
        page.config.record ? h("div", { class: "actions" }, button(page.say("verify.fetch"), () => go((bar, signal) => fetched(page, bar, signal)), { class: "primary" })) : null,
        question(page, {
          fields: [],
          middle: [folder.element],
          submit: page.say("verify.go"),
          busy: page.say("public.busy"),
          action: async () => {
            const chosen = [...(folder.input.files ?? [])];
            if (chosen.length === 0) throw new Explained(page.say("pick.none"));
            await go(async () => Object.fromEntries(chosen.map((file) => [file.webkitRelativePath.split("/").slice(1).join("/") || file.name, file])));
          },
        }),
      ],
    };
  };

  /** @param {Page} page @param {(bar: ReturnType<typeof progress>, signal: AbortSignal) => Promise<Files>} files */
  const run = async (page, files) => {
    const abort = new AbortController();
    const bar = progress(page, page.say("public.busy"));
    page.show((now) => ({
      state: `${what.state}-running`,
      title: now.say(what.title),
      body: [bar.element, h("div", { class: "actions" }, button(now.say("verify.stop"), () => abort.abort(), { class: "secondary" }))],
    }));
    try {
      const record = await files(bar, abort.signal);
      const actas = await actasOf(record);
      await whole("verifier");
      const verdict = await page.crypto.verifyElection({ files: record }, {
        signal: abort.signal,
        progress: (done, total, phase) => {
          const key = `verify.phase.${phase}`;
          bar.say(page.say(page.texts.has(key) ? key : "verify.phase.other"));
          bar.at(done, total);
        },
      });
      // A record may hold and be of another election: then its numbers are nothing that this page is about.
      if (verdict.electionId !== null && verdict.electionId !== page.config.election) {
        page.show((now) => ({
          state: `${what.state}-other`,
          title: now.say("verify.other"),
          body: [
            h("div", { class: "errors", role: "alert" }, now.texts.paragraphs("verify.other.text", { help: now.helpLine })),
            h("dl", { class: "facts" },
              h("div", null, h("dt", null, now.say("verify.other.here")), h("dd", { class: "hash" }, now.config.election)),
              h("div", null, h("dt", null, now.say("verify.other.there")), h("dd", { class: "hash" }, verdict.electionId ?? ""))),
            h("div", { class: "actions" }, button(now.say("public.again"), () => now.show(ask), { class: "secondary" })),
          ],
        }));
        return;
      }
      page.show((now) => ({
        state: `${what.state}-done`,
        title: now.say(verdict.valid ? what.done : "verify.bad"),
        wide: true,
        body: [...verdictOf(now, verdict), ...shown(now, verdict, actas), h("div", { class: "actions" }, button(now.say("public.again"), () => now.show(ask), { class: "secondary" }))],
      }));
    } catch (error) {
      const text = abort.signal.aborted ? page.say("verify.stopped") : page.explain(error);
      page.show((now) => ({ ...ask(now), body: [h("div", { class: "errors", role: "alert" }, h("h2", null, now.say("public.failed")), h("p", null, text)), ...ask(now).body] }));
    }
  };
  return ask;
}

/**
 * Every file that `SHA256SUMS` lists; the verifier compares all of them.
 * @param {Page} page @param {ReturnType<typeof progress>} bar @param {AbortSignal} signal @returns {Promise<Files>}
 */
async function fetched(page, bar, signal) {
  const get = async (/** @type {string} */ path) => {
    let answer;
    try {
      answer = await fetch(`${page.config.record}/${path}`, { signal, cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer" });
    } catch {
      signal.throwIfAborted();
      throw new Unreachable();
    }
    if (!answer.ok) throw new Unreachable();
    return answer.blob();
  };
  const sums = await get("SHA256SUMS");
  const paths = (await sums.text()).split("\n").map((line) => line.slice(66)).filter((path) => path !== "");
  /** @type {Files} */
  const files = { SHA256SUMS: sums };
  for (const [done, path] of paths.entries()) {
    bar.say(page.say("verify.loading", { done: done + 1, total: paths.length }));
    bar.at(done, paths.length);
    files[path] = await get(path);
  }
  return files;
}

/** As the sums have them, which the verifier compares with every file. @param {Files} files @returns {Promise<Actas>} */
async function actasOf(files) {
  const sums = await new Blob([/** @type {BlobPart} */ (files.SHA256SUMS ?? "")]).text();
  return new Map([...sums.matchAll(/^([0-9a-f]{64}) {2}acta\/contest-(\d{3})\.bin$/gm)].map(([, hash, contest]) => [Number(contest), hash ?? ""]));
}

/** @param {Page} page @param {Verification} verdict @returns {import("../dom.js").Child[]} */
function verdictOf(page, verdict) {
  if (verdict.valid) {
    return [h("div", { class: "card done-card" }, h("p", { class: "verdict" }, page.say("verify.ballots", { ballots: page.texts.number(verdict.ballots) }))), linking(page, verdict)];
  }
  const failed = verdict.checks.find(({ ok }) => !ok);
  return [h("div", { class: "errors", role: "alert" }, h("p", null, page.say("verify.bad.text", { code: verdict.firstFailure ?? "", culprit: failed?.culprit ?? page.say("verify.nobody") })))];
}

/** What stands between the roll and the box; it is no part of the verdict. @param {Page} page @param {Verification} verdict */
export function linking(page, { linking: found }) {
  if (!found) return null;
  const text = page.texts.paragraphs(`verify.linking.${found.by}`, { mixes: found.mixes, threshold: found.threshold ?? 0 });
  return h("div", { class: found.by === "threshold" ? "linking" : "linking card notice" }, text);
}

/** @param {Page} page @param {Verification} verdict @returns {import("../dom.js").Child[]} */
export function checks(page, verdict) {
  // What is checked is named by the verifier, which knows fewer languages than there may be catalogues.
  const titled = (/** @type {globalThis.Record<string, string>} */ title) => (title[page.texts.language] ? h("span", null, title[page.texts.language]) : h("span", { lang: "es" }, title.es));
  return [
    h("p", null, page.say("verify.compare")),
    h("dl", { class: "facts" },
      h("div", null, h("dt", null, page.say("verify.election")), h("dd", { class: "hash" }, verdict.electionId ?? "")),
      h("div", null, h("dt", null, page.say("verify.manifest")), h("dd", { class: "hash" }, verdict.manifestHash ?? ""))),
    h("details", { open: !verdict.valid }, h("summary", null, page.say("verify.count", { count: verdict.checks.length })),
      h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": page.say("verify.checks") }, h("table", null, h("caption", { class: "hidden" }, page.say("verify.checks")),
        h("thead", null, h("tr", null, h("th", { scope: "col" }, page.say("verify.check")), h("th", { scope: "col" }, page.say("verify.figure")), h("th", { scope: "col" }, page.say("verify.outcome")))),
        h("tbody", null, verdict.checks.map((check) => h("tr", null,
          h("th", { scope: "row" }, h("code", null, check.code), " ", titled(check.title)),
          h("td", { class: "hash" }, check.figure),
          h("td", { class: check.ok ? "good" : "bad" }, page.say(check.ok ? "verify.ok" : "verify.not_ok")))))))),
  ];
}

/** The printed acta, and the hash that it must show. @param {Page} page @param {number} contest @param {Actas} actas */
function acta(page, contest, actas) {
  const hash = actas.get(contest);
  if (!page.config.acta || !hash) return null;
  const address = `${page.config.acta}/contest-${String(contest).padStart(3, "0")}`;
  return h("div", { class: "card" },
    h("ul", null,
      h("li", null, h("a", { href: `${address}.html` }, page.say("results.acta"))),
      h("li", null, h("a", { href: `${address}.json` }, page.say("results.acta.data")))),
    h("p", null, page.say("results.acta.hash")),
    h("p", { class: "hash" }, hash));
}

/** Chart and table of every contest, in the order of the acta. @param {Page} page @param {Verification} verdict @param {Actas} actas @returns {import("../dom.js").Child[]} */
export function results(page, verdict, actas) {
  const percent = (/** @type {number} */ share) => page.texts.number(share, { style: "percent", minimumFractionDigits: 2, maximumFractionDigits: 2 });
  return verdict.results.flatMap((contest) => {
    const most = Math.max(1, ...contest.options.map(({ votes }) => votes));
    return [
      h("h2", null, contest.name),
      // The table says the same to whoever does not see the bars.
      h("ul", { class: "chart", "aria-hidden": "true" }, contest.options.map((option) => h("li", null,
        h("span", null, option.name), h("span", { class: "bar-of", vars: { "--share": `${(100 * option.votes) / most}%` } }), h("b", null, page.texts.number(option.votes))))),
      h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": page.say("results.table", { name: contest.name }) },
        h("table", null, h("caption", null, page.say("results.table", { name: contest.name })),
          h("thead", null, h("tr", null, h("th", { scope: "col" }, page.say("results.option")), h("th", { scope: "col", class: "figure" }, page.say("results.votes")), h("th", { scope: "col", class: "figure" }, page.say("results.share")))),
          h("tbody", null, contest.options.map((option) => h("tr", null,
            h("th", { scope: "row" }, option.name), h("td", { class: "figure" }, page.texts.number(option.votes)), h("td", { class: "figure" }, percent(contest.total === 0 ? 0 : option.votes / contest.total))))),
          h("tfoot", null, h("tr", null, h("th", { scope: "row" }, page.say("results.total")), h("td", { class: "figure" }, page.texts.number(contest.total)), h("td", { class: "figure" }, contest.total === 0 ? "" : percent(1)))))),
      h("p", { class: "hint" }, page.say("results.order")),
      acta(page, contest.contest, actas),
    ];
  });
}
