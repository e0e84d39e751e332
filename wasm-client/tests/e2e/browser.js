/** A real Chromium, in which a script error, a violated policy or an accessibility fault fails the test. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

import { noting } from "./marked.js";
import { Authenticator } from "./phone.js";
import { place } from "./place.js";
import { between } from "./relay.js";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
export const SHOTS = fileURLToPath(new URL("../shots/", import.meta.url));
export const BALLOTS = "/api/v1/session/ballots";

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
  /** @type {Visit[]} */
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
      const relay = await between(here.base, ({ path, status, answer }) => {
        if (path === BALLOTS && status === 200) here.promised(answer.toString());
      });
      const context = await browser.newContext({ viewport: { width, height: WIDTHS[width] ?? 700 }, locale: "es-MX", acceptDownloads: true, ...rest });
      await noting(context, (code, choice) => here.chosen(code, choice));
      const visit = new Visit({ place: here, relay, context, style, voter, media: JSON.stringify(rest) }, await context.newPage());
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

/** Somebody in front of a device. */
export class Visit {
  /** What went wrong on any page. @type {string[]} */
  faults = [];
  /** Everything that a page wrote into the log. @type {string[]} */
  said = [];
  /** @type {import("./place.js").Voter | undefined} */
  #voter;

  constructor({ place: here, relay, context, style, voter, media }, page) {
    Object.assign(this, { place: here, relay, context, style, media });
    this.#voter = voter;
    this.on(page);
  }

  /** Who votes: a new voter for every visit, unless it is to be the one of another. */
  get voter() {
    this.#voter ??= this.place.voter(this.style);
    return this.#voter;
  }

  get fragment() {
    return new URL(this.voter.link).hash;
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

  /** Waits for a screen and looks at it: width, title, focus, and the first time in a run with axe at every width. */
  async at(state, { look = true, name = state } = {}) {
    try {
      await this.page.waitForSelector(`#main[data-state="${state}"]`, { timeout: 30_000 });
    } catch {
      const now = await this.page.evaluate(() => [document.getElementById("main")?.dataset.state, document.querySelector(".errors")?.textContent, document.querySelector(".doing")?.textContent].join(" "));
      throw new Error(`not at «${state}» but at «${now}» ${this.faults.join(" ")}`);
    }
    await this.fits(state);
    if (look && this.place.first(await this.#screen(name))) await this.look(name);
  }

  /** What tells one screen from another: its name, how it is displayed, its title, of what it is made. @param {string} name */
  async #screen(name) {
    const made = await this.page.evaluate(() => [document.documentElement.lang, document.querySelector("h1")?.textContent, ...[...document.body.querySelectorAll("*")].map((one) => one.tagName)].join(" "));
    return createHash("sha256").update(JSON.stringify([name, this.media, made])).digest("hex");
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

  /** Animations are over before colours are compared. */
  async still() {
    await this.page.waitForFunction(() => document.getAnimations().every((one) => one.playState !== "running" || one.effect?.getComputedTiming().iterations === Infinity));
  }

  async shot(name) {
    await this.still();
    await this.page.screenshot({ path: `${SHOTS}${name}.png`, fullPage: true });
  }

  /** Waits until something on the page says so. @param {string} selector @param {RegExp | string} text */
  async says(selector, text) {
    await this.page.waitForFunction(([where, source]) => new RegExp(source, "s").test(document.querySelector(where)?.textContent ?? ""), [selector, text instanceof RegExp ? text.source : `^${text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`]);
  }

  async text(selector = "#main") {
    return (await this.page.textContent(selector)).trim();
  }

  /** The code that is shown, in its groups. */
  async tracking() {
    return (await this.page.locator(".groups span").allTextContents()).join("-");
  }

  /** By keyboard only: tabs to what has this accessible name. */
  async tabTo(name, key = "Tab") {
    for (let steps = 0; steps < 140; steps += 1) {
      await this.page.keyboard.press(key);
      const here = await this.page.evaluate(() => {
        const one = document.activeElement;
        if (!one) return "";
        const by = one.getAttribute("aria-labelledby");
        const label = by ? by.split(" ").map((id) => document.getElementById(id)?.textContent).join(" ")
          : one.getAttribute("aria-label") ?? (one.id && document.querySelector(`label[for="${one.id}"]`)?.textContent) ?? one.textContent;
        return (label || one.textContent || "").trim();
      });
      if (here === name) return;
    }
    throw new Error(`the keyboard does not reach «${name}»`);
  }

  async press(name) {
    await this.tabTo(name);
    await this.page.keyboard.press("Enter");
  }

  async mark(name) {
    await this.tabTo(name);
    await this.page.keyboard.press("Space");
  }

  async type(label, text) {
    await this.tabTo(label);
    await this.page.keyboard.press("Control+A");
    await this.page.keyboard.type(text);
  }

  /** What is saved when this is done. @param {() => Promise<void>} action */
  async saved(action) {
    const downloading = this.page.waitForEvent("download");
    await action();
    return readFile(await (await downloading).path());
  }

  /** The code that the voter's telephone gets because of this. @param {() => Promise<void>} action */
  async message(action) {
    const before = (await this.place.phones.to(this.voter.phone)).length;
    await action();
    return this.place.phones.code(this.voter.phone, before);
  }

  /** How codes come: Of a group of radio buttons the keyboard reaches one; arrows lead to the others. */
  async choose(factor) {
    await this.tabTo("Con una aplicación de códigos");
    await this.page.keyboard.press(factor === "totp" ? "Space" : "ArrowDown");
    await this.press("Seguir");
  }

  /** User name, password, code, by keyboard. @param {{ user?: string, password?: string, factor?: "totp" | "sms" }} [how] */
  async login(how = {}) {
    const { user = this.voter.user, password = this.voter.password, factor = "sms" } = how;
    await this.at("login");
    await this.type("Usuario", user);
    await this.type("Contraseña", password);
    await this.press("Seguir");
    await this.code(factor);
  }

  /** The second factor where nothing is enrolled by it. @param {"totp" | "sms"} [factor] */
  async code(factor = "sms") {
    await this.at("factor");
    const choose = async () => {
      await this.choose(factor);
      await this.at("code-entry", { name: `code-${factor}` });
    };
    if (factor === "sms") {
      await this.type("Código del mensaje de texto", await this.message(choose));
    } else {
      await choose();
      await this.type("Código de la aplicación", this.voter.application.code(await this.place.now()));
    }
    await this.press("Seguir");
  }

  /** The first access, up to the list of ballots. @param {{ factor?: "totp" | "sms" }} [how] */
  async first({ factor = "sms" } = {}) {
    await this.open(this.fragment);
    await this.digits();
    await this.factor(factor);
    await this.at("password");
    await this.type("Contraseña nueva", this.voter.password);
    await this.press("Guardar y entrar");
    await this.at("home");
  }

  async digits() {
    await this.at("digits");
    await this.type("Últimos cuatro dígitos", this.voter.digits);
    await this.press("Seguir");
    await this.at("factor");
  }

  /** The application takes the key that is on the page. */
  async authenticator() {
    this.voter.application = new Authenticator(await this.page.locator(".secret").textContent());
    return this.voter.application;
  }

  /** The second factor of the first access. @param {"totp" | "sms"} factor */
  async factor(factor) {
    if (factor === "sms") return this.code("sms");
    const sent = await this.message(async () => {
      await this.choose("totp");
      await this.at("enrol");
    });
    await this.authenticator();
    await this.type("Código de la aplicación", this.voter.application.code(await this.place.now()));
    await this.type("Código del mensaje de texto", sent);
    return this.press("Seguir");
  }

  /** From the list of ballots to one of them. @param {string} [office] */
  async ballot(office = "Senaduría de Mayoría Relativa", how = {}) {
    await this.press(`Ver la boleta: ${office}`);
    await this.at("ballot", { name: `ballot-${office.split(" ")[0].replace(/\W/g, "")}`, ...how });
  }

  /** From a ballot to the code of an encrypted one. @param {string[]} marks @param {string} [written] */
  async seal(marks = ["Partido Alba"], written) {
    for (const mark of marks) await this.mark(mark);
    if (written !== undefined) await this.type("Nombre de la candidatura no registrada", written);
    await this.press("Revisar mi elección");
    await this.at("review");
    await this.press("Sí, cifrar mi voto");
    await this.at("code");
    return this.tracking();
  }

  /** From the link to the code of an encrypted ballot. @param {string[]} [marks] @returns {Promise<string>} the code */
  async sealed(marks) {
    await this.first();
    await this.ballot();
    return this.seal(marks);
  }

  /** What of ballots left the browser. */
  get ballots() {
    return this.relay.to(BALLOTS).map(({ body }) => body.toString("hex"));
  }

  /** What the casting server has of this voter. @returns {Promise<boolean[]>} contest by contest */
  async cast(page = this.page) {
    const token = this.relay.log.filter(({ path }) => /access\/(code|password)$/.test(path)).map(({ answer }) => /"session":"([^"]+)"/.exec(answer.toString())?.[1]).filter(Boolean).at(-1);
    const answer = await fetch(`${this.place.base}/api/v1/session`, { headers: { authorization: `Bearer ${token}` } });
    assert.equal(answer.status, 200, `the session of ${page.url()}`);
    return (await answer.json()).contests.map((one) => one.cast);
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
