/**
 * How long the session lasts, by the server's clock (R-AUTH-08, R-AUTH-18, R-AUTH-20). The device's
 * clock is only used to count on from what the server said last.
 */

import { h } from "../dom.js";
import { button } from "./form.js";

/** Minutes left at which it is said aloud. */
const SAID = [15, 10, 5, 2, 1];
/** Minutes left from which on a dialog asks, once, whether the voter wants more. */
const ASKED = 5;

export class SessionClock {
  #element = h("p", { class: "clock", role: "timer", "aria-live": "off" });
  #timer = 0;
  #endsAt = 0;
  /** @type {Set<number>} */
  #said = new Set();
  /** The dialog is due, and waits for a screen that it may stand over. */
  #asks = false;
  /** @type {HTMLDialogElement | null} */
  #dialog = null;

  /**
   * @param {import("../app.js").App} app
   * @param {{ ended: () => void, again: () => void }} how `again`: the voter wants to enter anew for more time
   */
  constructor(app, how) {
    this.app = app;
    this.how = how;
  }

  get element() {
    return this.#element;
  }

  /** @param {number} seconds as the server says them */
  start(seconds) {
    clearInterval(this.#timer);
    // What was passed before the session began is not said.
    this.#said = new Set(SAID.filter((minutes) => minutes * 60 >= seconds));
    this.#asks = false;
    this.#timer = setInterval(() => this.#tick(), 500);
    this.sync(seconds);
  }

  /** The same session, of which the server says again how much is left. @param {number} seconds */
  sync(seconds) {
    this.#endsAt = now() + seconds;
    this.#tick();
  }

  stop() {
    clearInterval(this.#timer);
    this.dismiss();
    this.#element.replaceChildren();
  }

  get remaining() {
    return Math.max(0, Math.ceil(this.#endsAt - now()));
  }

  #tick() {
    const left = this.remaining;
    const text = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    const shown = this.#element.querySelector("b");
    if (shown) shown.textContent = text;
    else this.#element.replaceChildren(h("span", null, this.app.say("clock.left")), " ", h("b", null, text));
    this.#element.classList.toggle("late", left <= ASKED * 60);
    // A device that slept may have passed several at once: what is left is said, once.
    const due = left === 0 ? [] : SAID.filter((minutes) => left <= minutes * 60 && !this.#said.has(minutes));
    if (due.length > 0) {
      const minutes = Math.ceil(left / 60);
      due.forEach((one) => this.#said.add(one));
      this.app.announce(this.app.say("clock.announce", { minutes }));
      if (due.includes(ASKED)) this.#asks = true;
    }
    if (this.#asks && left > 0 && this.app.interruptible) this.#ask(Math.ceil(left / 60));
    if (left === 0) {
      this.stop();
      this.how.ended();
    }
  }

  /** @param {number} minutes */
  #ask(minutes) {
    const { app } = this;
    this.#asks = false;
    const before = document.activeElement;
    const dialog = h("dialog", { class: "sheet", "aria-labelledby": "clock-title" },
      h("h2", { id: "clock-title", tabindex: "-1" }, app.say(minutes === 1 ? "clock.title.one" : "clock.title", { minutes })),
      app.texts.paragraphs("clock.text"),
      app.pending.size > 0 ? app.texts.paragraphs("clock.signed") : null,
      h("div", { class: "actions" },
        button(app.say("clock.go_on"), () => this.dismiss(), { class: "primary" }),
        button(app.say("clock.again"), () => {
          this.dismiss();
          this.how.again();
        }, { class: "secondary" })));
    dialog.addEventListener("close", () => {
      dialog.remove();
      this.#dialog = null;
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    });
    document.body.append(dialog);
    this.#dialog = dialog;
    dialog.showModal();
  }

  /** Whether it asks for more time just now. */
  get asking() {
    return this.#dialog !== null;
  }

  /** Goes on without an answer to the question. */
  dismiss() {
    this.#dialog?.close();
  }
}

/**
 * Seconds that go on while the device sleeps, too: of the two clocks of a browser one stands still then
 * and the other may be set, so whichever went further counts.
 */
const [wall, steady] = [Date.now(), performance.now()];
function now() {
  return Math.max(Date.now() - wall, performance.now() - steady) / 1000;
}
