/** A real Chromium, in which a script error, a violated policy or an accessibility fault fails the test. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

import { noting } from "./marked.js";
import { place } from "./place.js";
import { Visit, line } from "./visit.js";

export const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
export const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
export const SHOTS = fileURLToPath(new URL("../shots/", import.meta.url));

/** A phone, a tablet, a laptop. */
export const WIDTHS = { 320: 640, 768: 1024, 1280: 800 };
/** Paths are walked at all of them in turn, or at one: `ESCRUTINIO_WIDTH`. */
let turn = 0;
const nextWidth = () => Number(Object.keys(WIDTHS)[(turn += 1) % 3]);
/** @param {number | undefined} wanted @param {boolean} fixed */
const widthOf = (wanted, fixed) => (fixed ? undefined : Number(process.env.ESCRUTINIO_WIDTH) || undefined) ?? wanted ?? nextWidth();

/**
 * A browser for one file of tests, in the election of this run or another.
 * @param {import("./place.js").Place} [here] @param {import("playwright-core").LaunchOptions} [how]
 */
export async function stage(here = place(), how = {}) {
  mkdirSync(SHOTS, { recursive: true });
  const browser = await chromium.launch({ ...how, executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-dev-shm-usage"] });
  /** @type {InChromium[]} */
  const visits = [];
  return {
    place: here,
    /**
     * At `ESCRUTINIO_WIDTH`, where there is one, unless the width is what is tested: `fixed`.
     * @param {{ width?: number, fixed?: boolean, style?: "one" | "all", voter?: import("./place.js").Voter } & import("playwright-core").BrowserContextOptions} [how]
     */
    visit: async (how = {}) => {
      const { width: wanted, fixed = false, style = "one", voter, ...rest } = how;
      const width = widthOf(wanted, fixed);
      const relay = await line(here);
      const context = await browser.newContext({ viewport: { width, height: WIDTHS[width] ?? 700 }, locale: "es-MX", acceptDownloads: true, ...rest });
      await noting(context, (code, choice) => here.chosen(code, choice));
      const visit = new InChromium({ place: here, relay, context, style, voter, media: JSON.stringify(rest) }, await context.newPage());
      visits.push(visit);
      return visit;
    },
    close: async () => {
      await browser.close();
      // Those of tests that failed are still there.
      for (const visit of visits) await visit.relay.close();
    },
  };
}

/** Somebody in front of it. */
export class InChromium extends Visit {
  /** What went wrong on any page. @type {string[]} */
  faults = [];
  /** Everything that a page wrote into the log. @type {string[]} */
  said = [];
  constructor({ context, media, ...rest }, page) {
    super(rest);
    Object.assign(this, { context, media });
    this.on(page);
  }

  /** Watches a page; every fault of it is one of the visit. */
  on(page) {
    this.page = page;
    page.on("pageerror", (error) => this.faults.push(`script: ${error.message}`));
    page.on("console", (message) => {
      this.said.push(message.text());
      // A refused request or a broken line is not a fault of the page.
      if (message.type() === "error" && !/Failed to load resource/.test(message.text())) this.faults.push(`console: ${message.text()}`);
      if (/Content Security Policy/i.test(message.text())) this.faults.push(`policy: ${message.text()}`);
    });
  }

  /** @param {string} [path] after the origin */
  async open(path = "") {
    await this.page.goto(`${this.relay.base}/${path}`);
  }

  /** To the entry before, as the browser's button leads. */
  async back() {
    await this.page.evaluate(() => history.back());
  }

  /** Waits for a screen and looks at it: width, title, focus, and the first time in a run with axe at every width. */
  async at(state, { look = true, name = state } = {}) {
    try {
      await this.page.waitForSelector(`#main[data-state="${state}"]`, { timeout: 30_000 });
    } catch {
      throw new Error(`not at «${state}» but at «${await this.#now()}»`);
    }
    await this.fits(state);
    if (look && this.place.first(await this.#screen(name))) await this.look(name);
  }

  /** What tells one screen from another: its name, how it is displayed, its title, of what it is made. @param {string} name */
  async #screen(name) {
    const made = await this.page.evaluate(() => [document.documentElement.lang, document.querySelector("h1")?.textContent, ...[...document.body.querySelectorAll("*")].map((one) => one.tagName)].join(" "));
    return createHash("sha256").update(JSON.stringify([name, this.media, made])).digest("hex");
  }

  async #now() {
    const texts = await this.page.evaluate(() => [document.getElementById("main")?.dataset.state, ...[".errors", ".doing", ".stay", "#live"].map((where) => document.querySelector(where)?.textContent)]);
    return [...texts, ...this.faults].filter(Boolean).join(" | ");
  }

  async fits(state) {
    const seen = await this.page.evaluate(() => ({
      overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      headings: [...document.querySelectorAll("h1")].filter((one) => one.offsetParent).length, hash: location.hash,
    }));
    assert.ok(seen.overflow <= 0, `${state}: ${seen.overflow} px wider than the window`);
    assert.equal(seen.headings, 1, `${state}: one heading`);
    assert.equal(seen.hash, "", `${state}: nothing is left in the address`);
  }

  /** The screen as it is, at every width: axe, and a picture. */
  async look(name) {
    const before = this.page.viewportSize();
    for (const [width, height] of Object.entries(WIDTHS)) {
      await this.page.setViewportSize({ width: Number(width), height });
      await this.fits(`${name} at ${width}`);
      await this.axe(`${name} at ${width}`);
      await this.shot(`${name}-${width}`);
    }
    await this.page.setViewportSize(before);
  }

  async axe(name) {
    if (!(await this.page.evaluate(() => "axe" in window))) await this.page.evaluate(AXE);
    await this.still();
    const violations = await this.page.evaluate(async (rules) => (await window.axe.run(document, { runOnly: rules, resultTypes: ["violations"] })).violations
      .map((one) => `${one.id}: ${one.nodes.map((node) => `${node.html.slice(0, 120)} ${node.failureSummary?.slice(0, 200)}`).join(" | ")}`), RULES);
    assert.deepEqual(violations, [], `${name}: axe`);
  }

  async shot(name) {
    await this.still();
    await this.page.screenshot({ path: `${SHOTS}${name}.png`, fullPage: true });
  }

  async key(name) {
    await this.page.keyboard.press(name);
  }

  async keys(text) {
    await this.page.keyboard.type(text);
  }

  evaluate(run, given) {
    return this.page.evaluate(run, given);
  }

  async until(run, given) {
    try {
      await this.page.waitForFunction(run, given);
    } catch (error) {
      throw new Error(`not so: ${JSON.stringify(given) ?? run}; the page is at «${await this.#now()}»`, { cause: error });
    }
  }

  /** What is saved when this is done. @param {() => Promise<void>} action */
  async saved(action) {
    const downloading = this.page.waitForEvent("download");
    await action();
    return readFile(await (await downloading).path());
  }

  /** @param {{ tolerate?: RegExp }} [how] faults that belong to what the test did */
  async close({ tolerate } = {}) {
    await this.context.close();
    await this.relay.close();
    assert.deepEqual(this.faults.filter((fault) => !tolerate?.test(fault)), []);
  }
}

/**
 * What a device knows of the election when it has verified the sealed record.
 * @param {Awaited<ReturnType<typeof stage>>} here @returns {Promise<import("../../web/src/crypto.js").BallotInfo>}
 */
export async function information(here) {
  const visit = await here.visit();
  await visit.open("check.html");
  await visit.at("check");
  const info = await visit.page.evaluate(async () => {
    const crypto = await import("/src/crypto.js");
    const { election } = await (await fetch("/config.json")).json();
    const read = async (path) => [path, new Uint8Array(await (await fetch(`/api/v1/record/${path}`)).arrayBuffer())];
    return crypto.open({ files: Object.fromEntries(await Promise.all(crypto.SEALED_FILES.map(read))), electionId: election });
  });
  await visit.close();
  return info;
}
