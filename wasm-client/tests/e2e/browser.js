/** A real Chromium, in which a script error, a violated policy or an accessibility fault fails the test. */

import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

import { serve } from "../standin/server.js";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SHOTS = fileURLToPath(new URL("../shots/", import.meta.url));

export const WIDTHS = { 320: 640, 768: 1024, 1280: 800 };

/** @returns a server and a browser for one file of tests */
export async function stage(real = {}) {
  await mkdir(SHOTS, { recursive: true });
  const server = await serve(0, real);
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-dev-shm-usage"] });
  return {
    server,
    /** @param {object} [how] options of a context @returns {Promise<Visit>} */
    visit: async (how = {}) => {
      const { width = 320, ...rest } = how;
      const context = await browser.newContext({ viewport: { width, height: WIDTHS[width] ?? 700 }, locale: "es-MX", acceptDownloads: true, ...rest });
      return new Visit(server, context, await context.newPage(), width);
    },
    close: async () => {
      await browser.close();
      await server.close();
    },
  };
}

export class Visit {
  constructor(server, context, page, width) {
    Object.assign(this, { server, context, width, faults: [] });
    this.on(page);
  }

  /** Watches a page; every fault of it is one of the visit. */
  on(page) {
    this.page = page;
    page.on("pageerror", (error) => this.faults.push(`script: ${error.message}`));
    page.on("console", (message) => {
      // A refused request or a broken line is not a fault of the page.
      if (message.type() === "error" && !/Failed to load resource/.test(message.text())) this.faults.push(`console: ${message.text()}`);
      if (/Content Security Policy/i.test(message.text())) this.faults.push(`policy: ${message.text()}`);
    });
  }

  async open(fragment = "") {
    await this.page.goto(`${this.server.base}/${fragment}`);
  }

  /** Waits for a screen and looks at it: axe, width, title, focus. */
  async at(state, { axe = true, shot } = {}) {
    await this.page.waitForSelector(`#main[data-state="${state}"]`, { timeout: 10_000 });
    const seen = await this.page.evaluate(() => ({
      overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      focus: document.activeElement?.tagName, headings: [...document.querySelectorAll("h1")].filter((one) => one.offsetParent).length, hash: location.hash,
    }));
    assert.ok(seen.overflow <= 0, `${state}: ${seen.overflow} px wider than the window`);
    assert.equal(seen.headings, 1, `${state}: one heading`);
    if (axe) await this.axe(state);
    if (shot) await this.shot(shot);
  }

  async axe(state) {
    if (!(await this.page.evaluate(() => "axe" in window))) await this.page.evaluate(AXE);
    // Animations are over before colours are compared.
    await this.page.waitForFunction(() => document.getAnimations().every((one) => one.playState !== "running"));
    const violations = await this.page.evaluate(async () => (await window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })).violations
      .map((one) => `${one.id}: ${one.nodes.map((node) => `${node.html.slice(0, 120)} ${node.failureSummary?.slice(0, 200)}`).join(" | ")}`));
    assert.deepEqual(violations, [], `${state}: axe`);
  }

  async shot(name) {
    await this.page.waitForFunction(() => document.getAnimations().every((one) => one.playState !== "running"));
    await this.page.screenshot({ path: `${SHOTS}${name}.png`, fullPage: true });
  }

  /** By keyboard only: tabs to what has this accessible name. */
  async tabTo(name, key = "Tab") {
    for (let steps = 0; steps < 80; steps += 1) {
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

  /** User name, password, code, by keyboard. */
  async login(user = "23456-cfhkm-rtx22", password = "caballo verde lento") {
    await this.type("Usuario", user);
    await this.type("Contraseña", password);
    await this.press("Seguir");
    await this.at("factor", { axe: false });
    // Of a group of radio buttons the keyboard reaches one; arrows lead to the others.
    await this.tabTo("Con una aplicación de códigos");
    await this.page.keyboard.press("ArrowDown");
    await this.press("Seguir");
    await this.at("code-entry", { axe: false });
    await this.type("Código del mensaje de texto", "123456");
    await this.press("Seguir");
  }

  /** The first access, up to the list of ballots. */
  async first({ look = false } = {}) {
    const see = (state, shot) => this.at(state, { axe: look, shot: look ? `${this.width}-${shot}` : undefined });
    await this.open("#aGFsZg.dG9rZW4");
    await see("digits", "02-digits");
    await this.type("Últimos cuatro dígitos", "4821");
    await this.press("Seguir");
    await see("factor", "03-factor");
    await this.mark("Con una aplicación de códigos");
    await this.press("Seguir");
    await see("enrol", "04-enrol");
    await this.type("Código de la aplicación", "123456");
    await this.type("Código del mensaje de texto", "123456");
    await this.press("Seguir");
    await see("password", "05-password");
    await this.type("Contraseña nueva", "caballo verde lento");
    await this.press("Guardar y entrar");
    await see("home", "06-home");
  }

  /** From the list of ballots to the code of an encrypted one. */
  async seal(mark = "Partido Alba") {
    await this.page.keyboard.press("Tab");
    await this.press("Ver la boleta: Senaduría de Mayoría Relativa");
    await this.at("ballot", { axe: false });
    await this.mark(mark);
    await this.press("Revisar mi elección");
    await this.at("review", { axe: false });
    await this.press("Sí, cifrar mi voto");
    await this.at("code", { axe: false });
  }

  async close() {
    await this.context.close();
    assert.deepEqual(this.faults, []);
  }
}
