/** The voting page: what has to be there, whose tab it is, and the first screen. */

import { Api, Problem, Unreachable } from "./api.js";
import { App } from "./app.js";
import { Explained } from "./base.js";
import * as crypto from "./crypto.js";
import { byId, h } from "./dom.js";
import { rehearsed, resumed } from "./flow.js";
import { configuration, firstTexts, frame, isRegistered } from "./frame.js";
import { button } from "./components/form.js";
import { unanswered } from "./steps/cast.js";
import { expired, left, moved } from "./steps/end.js";
import { guarded, preparing } from "./steps/factor.js";
import { openLink } from "./steps/first.js";
import { loginAgain } from "./steps/login.js";
import { fragmentOf } from "./steps/need-link.js";
import { lastReceipt } from "./steps/receipt.js";
import { start } from "./steps/start.js";
import { Store } from "./store.js";
import { Tab } from "./tabs.js";

/**
 * The link's fragment, gone from the address before anything else happens. The browser's list of visited pages may
 * still have it, which no page can change: the voter is told at the end to clear it.
 */
function takeFragment() {
  const fragment = fragmentOf(location.hash);
  if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  return /^[\w-]+\.[\w-]+$/.test(fragment) ? fragment : null;
}

async function main() {
  const fragment = takeFragment();
  const [texts, config] = await Promise.all([firstTexts(), configuration()]);
  const store = new Store(config.election);
  /** @type {App} */
  let app;
  let mine = false;
  const api = new Api(config.server, () => app.texts.language);
  const tab = new Tab({
    // A ballot that is on its way stays where it is.
    asked: () => !app.sending,
    moved: () => {
      mine = false;
      app.ready = false;
      app.end("moved", moved);
    },
  });
  app = new App({ api, crypto, store, texts, config, screens: { expired, again: loginAgain, left, receipts: lastReceipt, unanswered } });
  const around = () => frame({
    texts: app.texts, config, strip: [app.clock.element],
    election: { test: app.info?.test, binding: app.info?.binding, rehearsal: app.rehearsal },
    changed: (next) => {
      app.texts = next;
      around();
      app.redraw();
    },
  });
  around();

  if (!supported()) {
    app.show(unsupported);
    return;
  }
  app.show(preparing);
  await store.open();
  const begin = async (/** @type {boolean} */ taken) => {
    mine = taken || (await tab.claim());
    if (!mine) {
      app.show(elsewhere(tab, begin));
      return;
    }
    app.show(preparing);
    await guarded(app, async () => {
      app.status = await api.election();
      const info = await app.open();
      if (!(await isRegistered(info))) throw new Explained(app.say("trouble.other_page", { help: app.helpLine }));
      if (app.status.rehearsal && !(await rehearsed(app))) throw new Explained(app.say("trouble.rehearsal", { help: app.helpLine }));
      app.rehearsal = app.status.rehearsal;
      around();
      app.kept = (await store.ballots()).filter(({ contest }) => info.contests.some(({ index }) => index === contest));
      // Another tab may have taken over meanwhile.
      if (!mine) {
        app.show(moved);
        return;
      }
      app.ready = true;
      if (await resumed(app)) return;
      if (app.receiptsAgain()) {
        app.show(lastReceipt);
        return;
      }
      if (fragment && app.status.phase === "voting") await openLink(app, fragment);
      else app.show(start);
    });
  };
  window.addEventListener("hashchange", () => {
    // The link was put into the address of a page that was open.
    const late = takeFragment();
    if (late && app.ready && !app.sending && !app.user) void guarded(app, () => openLink(app, late));
  });
  await begin(false);
}

/** What the page cannot do without (R-ACCS-08). */
function supported() {
  return typeof WebAssembly === "object" && typeof Worker === "function" && typeof BigInt === "function"
    && typeof HTMLDialogElement === "function" && globalThis.isSecureContext;
}

/** @type {import("./app.js").Screen} */
function unsupported(app) {
  return { state: "unsupported", title: app.say("unsupported.title"), body: app.texts.paragraphs("unsupported.text", { help: app.helpLine }) };
}

/** @param {Tab} tab @param {(taken: boolean) => Promise<void>} begin @returns {import("./app.js").Screen} */
function elsewhere(tab, begin) {
  return (app) => {
    const answer = h("p", { role: "status" });
    return {
      state: "elsewhere",
      title: app.say("elsewhere.title"),
      body: [
        app.texts.paragraphs("elsewhere.text"),
        h("div", { class: "actions" }, button(app.say("elsewhere.here"), async () => {
          const other = await tab.take();
          if (other === "left") await begin(true);
          else answer.textContent = app.say(`elsewhere.${other}`);
        }, { class: "primary" })),
        answer,
      ],
    };
  };
}

main().catch((error) => {
  // There are no texts, or no configuration: what the document itself says has to do.
  console.error(error instanceof Problem || error instanceof Unreachable ? error.name : error);
  byId("main").hidden = true;
  byId("failed").hidden = false;
});

