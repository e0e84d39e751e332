/** What a voter does with the page in whatever browser it is open: by keyboard, with a telephone beside it. */

import assert from "node:assert/strict";

import { Authenticator } from "./phone.js";
import { between } from "./relay.js";

export const BALLOTS = "/api/v1/session/ballots";

/** The line of one visit. What the server promises on it is noted. @param {import("./place.js").Place} here */
export const line = (here) => between(here.base, ({ path, status, answer }) => {
  if (path === BALLOTS && status === 200) here.promised(answer.toString());
});

/**
 * Somebody in front of a device. What a browser is asked to do is the browser's:
 * `open(path)`, `at(state, how)`, `key(name)`, `keys(text)`, `evaluate(run, given)`, `until(run, given)`.
 */
export class Visit {
  /** @type {import("./place.js").Voter | undefined} */
  #voter;

  constructor({ place: here, relay, style, voter }) {
    Object.assign(this, { place: here, relay, style });
    this.#voter = voter;
  }

  /** Who votes: a new voter for every visit, unless it is to be the one of another. */
  get voter() {
    this.#voter ??= this.place.voter(this.style);
    return this.#voter;
  }

  get fragment() {
    return new URL(this.voter.link).hash;
  }

  /** Waits until something on the page says so. @param {string} selector @param {RegExp | string} text */
  async says(selector, text) {
    await this.until(([where, source]) => new RegExp(source, "s").test(document.querySelector(where)?.textContent ?? ""), [selector, text instanceof RegExp ? text.source : `^${text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`]);
  }

  /** Animations are over: before colours are compared, or a picture is made. */
  async still() {
    await this.until(() => document.getAnimations().every((one) => one.playState !== "running" || one.effect?.getComputedTiming().iterations === Infinity));
  }

  async text(selector = "#main") {
    await this.until((where) => document.querySelector(where) !== null, selector);
    return this.evaluate((where) => document.querySelector(where).textContent.trim(), selector);
  }

  /** The code that is shown, in its groups. */
  async tracking() {
    return this.evaluate(() => [...document.querySelectorAll(".groups span")].map(({ textContent }) => textContent).join("-"));
  }

  /** By keyboard only: tabs to what has this accessible name. */
  async tabTo(name, key = "Tab") {
    for (let steps = 0; steps < 140; steps += 1) {
      await this.key(key);
      const here = await this.evaluate(() => {
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
    await this.key("Enter");
  }

  async mark(name) {
    await this.tabTo(name);
    await this.key("Space");
  }

  async type(label, text) {
    await this.tabTo(label);
    await this.key("Control+A");
    await this.keys(text);
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
    await this.key(factor === "totp" ? "Space" : "ArrowDown");
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
    this.voter.application = new Authenticator(await this.text(".secret"));
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
  async cast() {
    const token = this.relay.log.filter(({ path }) => /access\/(code|password)$/.test(path)).map(({ answer }) => /"session":"([^"]+)"/.exec(answer.toString())?.[1]).filter(Boolean).at(-1);
    const answer = await fetch(`${this.place.base}/api/v1/session`, { headers: { authorization: `Bearer ${token}` } });
    assert.equal(answer.status, 200, "the session is known");
    return (await answer.json()).contests.map((one) => one.cast);
  }
}
