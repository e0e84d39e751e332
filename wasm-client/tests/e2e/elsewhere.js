/**
 * Firefox and WebKit (of which Safari is made), as Debian packages them. Both are asked over W3C WebDriver, which is
 * JSON over HTTP. `GECKODRIVER` names Firefox's driver where it is not on the path.
 */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

import { AXE, RULES, SHOTS } from "./browser.js";
import { watch } from "./marked.js";
import { Visit, line } from "./visit.js";

/** @see https://www.w3.org/TR/webdriver2/#keyboard-actions */
const KEYS = { Tab: "\uE004", Enter: "\uE006", ArrowDown: "\uE015", Shift: "\uE008", Control: "\uE009", Space: " " };
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
/** Where `.ci/run` installs it. */
const INSTALLED = resolve(import.meta.dirname, "../../..", process.env.CARGO_TARGET_DIR ?? "target", "tools/bin/geckodriver");
/** Debian keeps it below a folder that is named after the machine's kind. */
const WEBKIT = readdirSync("/usr/lib").map((kind) => `/usr/lib/${kind}/webkit2gtk-4.1/MiniBrowser`).find(existsSync);
const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

/** @returns {Promise<number>} */
const freePort = () => new Promise((resolve) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
    server.close(() => resolve(port));
  });
});

/** How each is started, what it is asked for, and how the page becomes as wide as on a small telephone or on a laptop. */
const BROWSERS = {
  firefox: {
    wanted: "Firefox and its driver: apt-get install firefox-esr, cargo install geckodriver",
    driver: (port) => [process.env.GECKODRIVER ?? (existsSync(INSTALLED) ? INSTALLED : "geckodriver"), "--port", String(port), "--websocket-port", "0", "--allow-system-access"],
    asked: (folder) => ({ browserName: "firefox", "moz:firefoxOptions": {
      binary: process.env.FIREFOX ?? "/usr/bin/firefox-esr", args: ["-headless", "--width=1280", "--height=1600"],
      prefs: {
        "intl.accept_languages": "es-MX, es", "browser.download.folderList": 2, "browser.download.dir": folder,
        "browser.download.alwaysOpenPanel": false, "browser.zoom.siteSpecific": false, "app.normandy.enabled": false, "services.settings.server": "data:,",
      },
    } }),
    // No window of it is as narrow; 1280 px at 400 % are.
    narrow: async (session) => {
      await session("POST", "/moz/context", { context: "chrome" });
      await session("POST", "/execute/sync", { script: "ZoomManager.zoom = 4", args: [] });
      await session("POST", "/moz/context", { context: "content" });
    },
    wide: () => undefined,
  },
  webkit: {
    wanted: "WebKit, its driver and a display: apt-get install webkit2gtk-driver xvfb",
    driver: (port) => ["WebKitWebDriver", `--port=${port}`],
    asked: () => ({ browserName: "MiniBrowser", "webkitgtk:browserOptions": { binary: WEBKIT, args: ["--automation"] } }),
    // As narrow as its window can be: 447 px.
    narrow: (session) => session("POST", "/window/rect", { x: 0, y: 0, width: 320, height: 900 }),
    wide: (session) => session("POST", "/window/rect", { x: 0, y: 0, width: 1280, height: 900 }),
  },
};
export const NAMES = Object.keys(BROWSERS);

/** No answer takes longer: of a page that is gone there is none. */
const PATIENCE = 60_000;

/** What a driver answers, or the error that it gives. @param {string} base @param {string} method @param {string} path @param {object} [body] */
async function ask(base, method, path, body) {
  const answer = await fetch(`${base}${path}`, { method, headers: { "content-type": "application/json" }, body: body && JSON.stringify(body), signal: AbortSignal.timeout(PATIENCE) });
  const { value } = await answer.json();
  if (!answer.ok) throw new Error(`${method} ${path}: ${value.error}: ${value.message}`);
  return value;
}

/** @param {string[]} command @param {string} wanted @param {object} [how] */
function start([program, ...arguments_], wanted, how = {}) {
  // A group of its own: a driver ends and leaves its browser.
  const child = spawn(program, arguments_, { stdio: "ignore", detached: true, ...how });
  const failed = new Promise((_, reject) => {
    child.on("error", () => reject(new Error(`${program} is not here. Wanted are ${wanted}`)));
    child.on("exit", (code, signal) => reject(new Error(`${program} has ended: ${code ?? signal}`)));
  });
  failed.catch(() => undefined);
  const stop = () => {
    process.off("exit", stop);
    try { process.kill(-child.pid); } catch { /* It has ended. */ }
  };
  process.on("exit", stop);
  return { child, failed, stop };
}
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

/** A screen that nobody sees. @param {string} wanted */
async function display(wanted) {
  const screen = start(["Xvfb", "-displayfd", "1", "-screen", "0", "1400x1000x24", "-nolisten", "tcp"], wanted, { stdio: ["ignore", "pipe", "ignore"] });
  const number = new Promise((resolve) => { createInterface(screen.child.stdout).once("line", resolve); });
  return { ...screen, number: `:${await Promise.race([number, screen.failed])}` };
}

/**
 * A device with this browser, new as a private window is.
 * @param {import("./place.js").Place} here @param {keyof typeof BROWSERS} name @param {{ narrow?: boolean, style?: "one" | "all" }} [how]
 */
export async function elsewhere(here, name, { narrow = false, style = "one" } = {}) {
  const { wanted, driver, asked, narrow: small, wide } = BROWSERS[name];
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  /** @type {(() => unknown)[]} */
  const started = [() => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })];
  const end = async () => { for (const one of started.splice(0).reverse()) await one(); };
  try {
    const relay = await line(here);
    started.push(() => relay.close());
    const screen = name === "webkit" ? await display(wanted) : null;
    if (screen) started.push(screen.stop);
    const port = await freePort();
    const driving = start(driver(port), wanted, { env: { ...process.env, HOME: folder, LANG: "C.UTF-8", LANGUAGE: "es_MX", DISPLAY: screen?.number ?? "" } });
    started.push(driving.stop);
    const base = `http://127.0.0.1:${port}`;
    while (!(await fetch(`${base}/status`).catch(() => null))) await Promise.race([driving.failed, pause(50)]);
    const { sessionId } = await ask(base, "POST", "/session", { capabilities: { alwaysMatch: { ...asked(folder), unhandledPromptBehavior: "accept" } } });
    const session = (method, path, body) => ask(base, method, `/session/${sessionId}${path}`, body);
    started.push(() => session("DELETE", "").catch(() => undefined));
    return new Elsewhere({ place: here, relay, style }, { name, folder, end, session, fit: narrow ? small : wide });
  } catch (error) {
    await end();
    throw error;
  }
}

/** Somebody in front of it. */
class Elsewhere extends Visit {
  constructor(visit, { name, folder, end, session, fit }) {
    super(visit);
    Object.assign(this, { name, folder, end, session, fit });
  }

  async open(path = "") {
    await this.session("POST", "/url", { url: `${this.relay.base}/${path}` });
    await this.begins();
  }

  /** In every document: faults are noted, and what is marked. */
  async begins() {
    await this.fit(this.session);
    await this.evaluate(() => {
      Object.assign(window, { faults: [], notes: [], noted: (...note) => window.notes.push(note) });
      addEventListener("error", ({ message }) => window.faults.push(message));
      addEventListener("unhandledrejection", ({ reason }) => window.faults.push(String(reason)));
      document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => window.faults.push(`${violatedDirective} ${blockedURI}`));
    });
    await this.evaluate(watch);
  }

  async reload() {
    await this.session("POST", "/refresh", {});
    await this.begins();
  }

  async back() {
    await this.session("POST", "/back", {});
  }

  /** Another window, as WebKit draws nothing in a tab that its driver opens. @returns {Promise<string>} the one that was left */
  async tab() {
    const before = await this.session("GET", "/window");
    const { handle } = await this.session("POST", "/window/new", { type: "window" });
    await this.turnTo(handle);
    return before;
  }

  /** @param {string} handle */
  async turnTo(handle) {
    await this.session("POST", "/window", { handle });
  }

  /** Waits for a screen, for so many seconds, and looks at it. @param {string} state @param {{ within?: number }} [how] */
  async at(state, { within } = {}) {
    await this.until((wanted) => document.getElementById("main")?.dataset.state === wanted, state, within);
    const seen = await this.evaluate(() => {
      const found = { wide: innerWidth, over: document.documentElement.scrollWidth - document.documentElement.clientWidth, hash: location.hash, faults: window.faults, notes: window.notes.splice(0) };
      return found;
    });
    for (const [code, choice] of seen.notes) this.place.chosen(code, choice);
    assert.deepEqual({ over: Math.max(0, seen.over), hash: seen.hash, faults: seen.faults }, { over: 0, hash: "", faults: [] }, `${this.name}: ${state}`);
    if (this.place.first(`${this.name} ${state} ${seen.wide}`)) await this.look(`${this.name}-${state}-${seen.wide}`);
  }

  /** axe, and a picture of the window. @param {string} name */
  async look(name) {
    await this.still();
    // WebKit forgets an animation before it has drawn the end of it.
    await this.until(() => [...document.querySelectorAll("#main > *")].every((one) => getComputedStyle(one).opacity === "1"));
    if (!(await this.evaluate(() => "axe" in window))) await this.session("POST", "/execute/sync", { script: AXE, args: [] });
    const violations = await this.evaluate(async (rules) => {
      const { violations: found } = await window.axe.run(document, { runOnly: rules, resultTypes: ["violations"] });
      return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 120)} ${failureSummary.slice(0, 300)}`).join(" | ")}`);
    }, RULES);
    assert.deepEqual(violations, [], `${name}: axe`);
    mkdirSync(SHOTS, { recursive: true });
    writeFileSync(`${SHOTS}${name}.png`, Buffer.from(await this.session("GET", "/screenshot"), "base64"));
  }

  /** One key, or several held together: `Shift+Tab`. @param {string} name */
  async key(name) {
    const values = name.split("+").map((one) => KEYS[one] ?? one.toLowerCase());
    const actions = [...values.map((value) => ({ type: "keyDown", value })), ...values.reverse().map((value) => ({ type: "keyUp", value }))];
    await this.session("POST", "/actions", { actions: [{ type: "key", id: "keyboard", actions }] });
    // After the last element of a page come the browser's own, from which a driver does not find back by itself.
    if (!(await this.evaluate(() => document.hasFocus()))) await this.session("POST", "/window", { handle: await this.session("GET", "/window") });
  }

  async keys(text) {
    const actions = [...text].flatMap((value) => [{ type: "keyDown", value }, { type: "keyUp", value }]);
    await this.session("POST", "/actions", { actions: [{ type: "key", id: "keyboard", actions }] });
  }

  evaluate(run, given) {
    return this.session("POST", "/execute/sync", { script: `return (${run})(...arguments)`, args: [given ?? null] });
  }

  async until(run, given, seconds = 30) {
    for (const end = Date.now() + 1000 * seconds; Date.now() < end;) {
      if (await this.evaluate(run, given)) return;
      await pause(100);
    }
    const now = await this.evaluate(() => [document.getElementById("main")?.dataset.state, document.querySelector(".errors")?.textContent, ...window.faults ?? []].join(" "));
    throw new Error(`${this.name}: not so after ${seconds} s: ${run} ${JSON.stringify(given)}; the page is at «${now}»`);
  }

  /** What is saved when this is done. @param {() => Promise<void>} action */
  async saved(action) {
    const files = () => readdirSync(this.folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile() && /\.(html|txt|bin|json)$/.test(one.name)).map((one) => join(one.parentPath, one.name));
    const before = new Set(files());
    await action();
    for (let tried = 0; tried < 100; tried += 1) {
      const [file] = files().filter((one) => !before.has(one));
      const read = file && readFileSync(file);
      await pause(100);
      // It may be written still.
      if (read && read.length > 0 && readFileSync(file).length === read.length) return read;
    }
    throw new Error(`${this.name}: nothing was saved`);
  }

  /** Files of the device, by their paths. @param {string[]} paths */
  async files(paths) {
    const { [ELEMENT]: field } = await this.session("POST", "/element", { using: "css selector", value: "input[type=file]" });
    await this.session("POST", `/element/${field}/value`, { text: paths.join("\n") });
  }

  /** Nothing has failed in the document that is open. */
  async well() {
    assert.deepEqual(await this.evaluate(() => window.faults), [], this.name);
  }

  close() {
    return this.end();
  }
}
