/**
 * The thread of the page: which screen is shown, what a voter has got so far, and that leaving off at
 * any moment loses no vote and makes no second one. Choices are in `choice` and in the worker, nowhere else.
 */

import { Problem } from "./api.js";
import { BackButton } from "./back.js";
import { Base } from "./base.js";
import { SessionClock } from "./components/clock.js";
import { isAwaited } from "./components/form.js";
import { byId, h } from "./dom.js";
import { SESSION } from "./remember.js";

/** @typedef {{ say: (key: string, values?: Record<string, string | number>) => string }} Speaker */

/**
 * A screen: one question.
 * @typedef {object} View
 * @property {string} state its name, for tests and for the style sheet
 * @property {string} title
 * @property {string} [called] what browsers note in their list of visited pages, where the title says something of the choice
 * @property {import("./dom.js").Child[]} body
 * @property {() => void} [back] where the button of the browser leads
 * @property {boolean} [wide]
 */
/** @typedef {(app: App) => View} Screen */

export class App extends Base {
  /** @type {Screen | null} */
  #screen = null;
  /** @type {View | null} */
  #view = null;
  #button;

  /** What the server says of phase and calendar. @type {import("./api.js").ElectionAnswer | null} */
  status = null;
  /** Whether the log of acts says that this is a rehearsal. */
  rehearsal = false;
  /** Signed ballots without a promise that lie on this device, whoever signed them. @type {import("./store.js").Pending[]} */
  kept = [];
  /** The voter whose session this is. @type {string | null} */
  user = null;
  /** What the session may do. @type {import("./api.js").SessionState | null} */
  session = null;
  /** Whether the first half came with the link and has to be sealed once there is a password. */
  linked = false;
  /** The second factors at the last entry: which the server offers, and whether there is an authenticator. */
  second = noFactors();
  /** What is marked, by contest. It goes with the session. @type {Map<number, { marked: Set<string>, text: string }>} */
  choices = new Map();
  /** Whether the credential is in the worker, and on the list. */
  entered = false;
  /** What this voter signed here and has no promise of, by contest. @type {Map<number, import("./store.js").Pending>} */
  pending = new Map();
  /** What of it was sent again in this session. @type {Set<number>} */
  tried = new Set();
  /** Receipts that were not left yet. They outlive the session: nobody can show them again. @type {import("./remember.js").Kept[]} */
  receipts = [];
  /** Whose they are. @type {string | null} */
  #receiptsOf = null;
  /** Why receipts are shown of a session that is over. @type {"time" | "moved" | "away" | null} */
  over = null;
  /** Time ended while a ballot was on its way. */
  #late = false;
  /** What must not be interrupted: a ballot is on its way. */
  sending = false;
  /** Whether somebody left whom an answer would have led on. */
  #stale = false;
  /** Whether the record is verified, and page and tab are the ones to vote with. Before, nothing is asked of anybody. */
  ready = false;

  /**
   * @param {object} parts
   * @param {import("./api.js").Api} parts.api
   * @param {typeof import("./crypto.js")} parts.crypto
   * @param {import("./store.js").Store} parts.store
   * @param {import("./texts.js").Texts} parts.texts
   * @param {import("./base.js").Config} parts.config
   * @param {{ expired: Screen, again: Screen, left: Screen, receipts: Screen, unanswered: (signed: import("./store.js").Pending) => Screen }} parts.screens
   */
  constructor({ api, crypto, store, texts, config, screens }) {
    super({ api, crypto, texts, config });
    this.store = store;
    this.screens = screens;
    this.clock = new SessionClock(this, { ended: () => this.expire(), again: () => this.renew() });
    this.#button = new BackButton(() => this.#back());
    window.addEventListener("beforeunload", (event) => {
      if (this.sending) event.preventDefault();
    });
    window.addEventListener("pagehide", (event) => {
      // A browser may keep the page and show it again as it was, to whoever goes back.
      if (event.persisted && !this.sending) this.#away();
    });
    window.addEventListener("pageshow", (event) => {
      // What only the memory of the page has would be lost with it.
      if (event.persisted && this.#stale && this.store.lasting && this.receipts.length === 0) location.reload();
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") void this.#resync();
    });
  }

  /** @param {number} contest */
  choice(contest) {
    const choice = this.choices.get(contest) ?? { marked: new Set(), text: "" };
    this.choices.set(contest, choice);
    return choice;
  }

  /** @param {Screen} screen */
  show(screen) {
    this.hush();
    this.#screen = screen;
    const view = screen(this);
    this.#view = view;
    this.#button.shown(view.back !== undefined);
    const main = byId("main");
    main.dataset.state = view.state;
    main.classList.toggle("wide", view.wide === true);
    const heading = h("h1", { tabindex: "-1" }, view.title);
    main.replaceChildren(heading);
    for (const child of [view.body].flat(9)) if (child) main.append(/** @type {Node} */ (child instanceof Node ? child : String(child)));
    document.title = `${view.called ?? view.title} · ${this.say("site.name")}`;
    window.scrollTo(0, 0);
    heading.focus({ preventScroll: true });
  }

  /** The present screen in another language. */
  redraw() {
    if (this.#screen) this.show(this.#screen);
  }

  /**
   * Whether a question may stand over the present screen, and its answer lead away from it: not while something is done, and
   * not from a receipt that was not left yet.
   */
  get interruptible() {
    return !this.sending && !["preparing", "sealing", "casting", "receipt"].includes(this.#view?.state ?? "");
  }

  /**
   * A session has begun.
   * @param {string} user
   * @param {import("./api.js").Entered} entered
   */
  begin(user, entered) {
    if (this.#receiptsOf !== user) this.dropReceipts();
    this.over = null;
    this.user = user;
    this.api.use(entered.session);
    this.clock.start(entered.remaining);
  }

  /** The session is over, or the server says so. What was signed stays until somebody enters again. */
  expire() {
    if (this.sending) this.#late = true;
    else this.end("time", this.screens.expired);
  }

  /**
   * The session is over on this page. Receipts that were not left stay, as nobody can show them again.
   * @param {"time" | "moved" | "away"} why
   * @param {Screen} screen where there are none
   */
  end(why, screen) {
    const [signed] = why === "moved" ? [] : this.pending.values();
    this.close();
    this.over = why;
    this.show(this.receipts.length > 0 ? this.screens.receipts : signed ? this.screens.unanswered(signed) : screen);
  }

  /** More time: a new session, for which both factors are asked again (R-AUTH-09). */
  renew() {
    void this.api.logout();
    this.close();
    this.show(this.screens.again);
  }

  /** The ballot is not on its way any more; if time ended meanwhile, what is secret goes now. */
  arrived() {
    this.sending = false;
    if (!this.#late) return;
    this.close();
    this.over = "time";
  }

  /** @param {import("./remember.js").Kept} receipt */
  keepReceipt(receipt) {
    this.receipts = [...this.receipts.filter(({ contest }) => contest !== receipt.contest), receipt];
    this.#receiptsOf = this.user;
    SESSION.keepReceipts(this.user, this.receipts);
  }

  /**
   * Receipts that were shown in this tab before it was loaded again, and not left yet.
   * @param {string} [user] whose they have to be
   * @returns {boolean} whether there are any
   */
  receiptsAgain(user) {
    const kept = SESSION.receipts();
    const known = kept?.receipts?.every(({ contest }) => this.election.contests.some(({ index }) => index === contest));
    if (!kept || !known || (user !== undefined && kept.user !== user)) {
      this.dropReceipts();
      return false;
    }
    this.receipts = kept.receipts;
    this.#receiptsOf = kept.user;
    return this.receipts.length > 0;
  }

  dropReceipts() {
    this.receipts = [];
    this.#receiptsOf = null;
    SESSION.forgetReceipts();
  }

  /** Forgets whoever was here, receipts and all; what is stored stays. */
  wipe() {
    this.close();
    this.dropReceipts();
  }

  /** Forgets everything but receipts, which say nothing of a choice. */
  close() {
    this.hush();
    this.clock.stop();
    this.#late = false;
    this.api.use(null);
    this.user = null;
    this.session = null;
    this.linked = false;
    this.second = noFactors();
    this.sending = false;
    this.entered = false;
    this.pending.clear();
    this.tried.clear();
    this.choices.clear();
    void this.crypto.forget().catch(() => undefined);
  }

  /** Whose session this is leaves. */
  leave() {
    void this.api.logout();
    this.end("away", this.screens.left);
  }

  /** Why the button of the browser leads nowhere: to be read, and to be heard. @param {string} text */
  stay(text) {
    const main = byId("main");
    main.querySelector(".stay")?.remove();
    main.querySelector("h1")?.after(h("div", { class: "card notice stay" }, h("p", null, text)));
    window.scrollTo(0, 0);
    this.announce(text);
  }

  /** To the question before, if there is one, and if no answer to this one is awaited: it would lead away from there. */
  #back() {
    const back = this.clock.asking ? () => this.clock.dismiss() : isAwaited() ? () => this.stay(this.say("form.busy")) : this.#view?.back;
    back?.();
    return back !== undefined;
  }

  /** Nothing that was marked, typed or held is there for who comes after. */
  #away() {
    this.#stale = isAwaited() || this.#view?.state === "preparing";
    if (this.user !== null) {
      this.leave();
    } else if (this.ready && byId("main").querySelector("form")) {
      // In the middle of an access: who comes after begins another.
      this.close();
      this.#view?.back?.();
    } else {
      this.redraw();
    }
  }

  /** After a pause of the device the server says how much is left. */
  async #resync() {
    if (!this.session || this.sending) return;
    try {
      const state = await this.api.session();
      this.clock.sync(state.remaining);
      if (this.session) this.session.grace = state.grace;
    } catch (error) {
      if (error instanceof Problem && (error.name === "session-expired" || error.name === "no-session")) this.expire();
    }
  }
}

/** @returns {{ offered: ("totp" | "sms")[], authenticator: boolean }} */
function noFactors() {
  return { offered: [], authenticator: false };
}
