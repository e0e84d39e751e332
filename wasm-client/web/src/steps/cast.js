/**
 * Casting. From the voter's word on there are signed bytes, kept until the server's promise verifies and
 * sent as often as it takes: the same bytes are the same ballot (R-CAST-10).
 */

import { h } from "../dom.js";
import { Problem, Unreachable } from "../api.js";
import { codeDisplay } from "../components/code.js";
import { button } from "../components/form.js";
import { progress } from "../components/progress.js";
import { CryptoError } from "../crypto.js";
import { SESSION } from "../remember.js";
import { home } from "./home.js";
import { login, loginAgain } from "./login.js";
import { receipt } from "./receipt.js";

/** @typedef {import("../app.js").App} App */

/**
 * @param {number} index
 * @param {import("../store.js").Pending | null} pending what was signed before; nothing if it is to be signed now
 * @returns {import("../app.js").Screen}
 */
export function casting(index, pending) {
  // The screen may be drawn again, in another language: the ballot is sent once.
  /** @type {ReturnType<typeof progress> | null} */
  let bar = null;
  return (app) => {
    if (!bar) {
      bar = progress(app, app.say("cast.text"));
      void run(app, index, pending, bar);
    }
    return {
      state: "casting",
      title: app.say(pending ? "cast.title.again" : "cast.title"),
      body: [bar.element, app.texts.paragraphs(app.store.lasting ? "cast.note" : "cast.note.memory")],
    };
  };
}

/** @param {App} app @param {number} index @param {import("../store.js").Pending | null} pending @param {ReturnType<typeof progress>} bar */
async function run(app, index, pending, bar) {
  app.sending = true;
  app.tried.add(index);
  let signed = pending;
  try {
    signed = await sign(app, index, pending);
    const answer = await app.api.cast(signed.bytes, {
      signal: new AbortController().signal,
      sending: () => bar.say(app.say("cast.text")),
      waiting: (why, seconds) => bar.say(app.say(why instanceof Unreachable ? "cast.offline" : "cast.busy", { seconds })),
    });
    const promise = await app.crypto.verifyPromise({ contest: index, receipt: answer });
    app.keepReceipt({ contest: index, text: promise.receiptText, code: promise.codeText });
    app.choices.delete(index);
    app.pending.delete(index);
    for (const one of app.session?.contests ?? []) if (one.contest === index) one.cast = true;
    over(app);
    app.show(receipt(index));
    // Bytes that cannot be wiped would be sent again and get the same promise.
    await app.store.forgetBallot(signed.user, index);
  } catch (error) {
    over(app);
    await refused(app, index, error, signed);
  }
}

/** The ballot is not on its way any more. @param {App} app */
function over(app) {
  SESSION.forgetSending();
  app.arrived();
}

/**
 * The bytes to send, on the disk before the first of them leaves.
 * @param {App} app @param {number} index @param {import("../store.js").Pending | null} pending
 */
async function sign(app, index, pending) {
  const user = app.user ?? "";
  if (pending) {
    await app.crypto.resume(pending.bytes);
    SESSION.keepSending({ token: app.api.token ?? "", user, contest: index });
    return pending;
  }
  const { bytes, codeText } = await app.crypto.cast({ contest: index });
  const signed = { election: app.config.election, user, contest: index, bytes, code: codeText };
  const { lasting } = app.store;
  app.pending.set(index, signed);
  await app.store.keepBallot(signed);
  // The voter is told not to close the page as soon as it is known that the disk does not take the ballot.
  if (app.store.lasting !== lasting) app.redraw();
  SESSION.keepSending({ token: app.api.token ?? "", user, contest: index });
  return signed;
}

/** @param {App} app @param {number} index @param {unknown} error @param {import("../store.js").Pending | null} pending what was signed */
async function refused(app, index, error, pending) {
  if (error instanceof Problem && (error.name === "session-expired" || error.name === "no-session")) {
    app.close();
    app.show(interrupted("session", pending));
    return;
  }
  // What lies in the store is no ballot any more: it cannot be sent, and another may be made.
  if (pending && error instanceof CryptoError && error.code === "cast") {
    const arrived = await app.api.recorded(pending.code).catch(() => null);
    if (arrived !== null) await app.store.forgetBallot(pending.user, index);
    app.show(settled(arrived === null ? "unknown" : arrived ? "arrived" : "damaged", pending));
    return;
  }
  // Where another ballot stands, or none is taken any more, the question is whether this one had arrived.
  if (pending && error instanceof Problem && ["already-voted", "closed", "credential-used", "wrong-phase"].includes(error.name)) {
    const arrived = await app.api.recorded(pending.code).catch(() => null);
    if (arrived !== null) await app.store.forgetBallot(pending.user, index);
    if (error.name === "already-voted") for (const one of app.session?.contests ?? []) if (one.contest === index) one.cast = true;
    app.show(settled(arrived === null ? "unknown" : arrived ? "arrived" : error.name === "closed" || error.name === "wrong-phase" ? "late" : "other", pending));
    return;
  }
  app.show(stopped(index, error, pending));
}

/** @param {"session"} why @param {import("../store.js").Pending | null} pending @returns {import("../app.js").Screen} */
function interrupted(why, pending) {
  return (app) => ({
    state: "interrupted",
    title: app.say(`interrupted.${why}.title`),
    body: [
      app.texts.paragraphs(`interrupted.${why}.text`),
      pending ? codeDisplay(app, pending.code) : null,
      h("div", { class: "actions" }, button(app.say("start.enter"), () => app.show((again) => login(again, { after: pending ? "sent" : "renew" })), { class: "primary" })),
    ],
  });
}

/** @param {"arrived" | "late" | "other" | "damaged" | "unknown"} how @param {import("../store.js").Pending} pending @returns {import("../app.js").Screen} */
function settled(how, pending) {
  return (app) => ({
    state: `settled-${how}`,
    title: app.say(`settled.${how}.title`),
    body: [
      app.texts.paragraphs(`settled.${how}.text`, { help: app.helpLine }),
      codeDisplay(app, pending.code),
      h("div", { class: "actions" }, button(app.say("form.next"), () => app.show(app.session ? home : loginAgain), { class: "primary" })),
    ],
  });
}

/** @param {number} index @param {unknown} error @param {import("../store.js").Pending | null} pending @returns {import("../app.js").Screen} */
function stopped(index, error, pending) {
  const lied = error instanceof CryptoError && (error.code === "promise" || error.code === "receipt");
  return (app) => ({
    state: "stopped",
    title: app.say(lied ? "stopped.promise.title" : "stopped.title"),
    body: [
      h("div", { class: "errors", role: "alert" }, h("p", null, app.explain(error))),
      app.texts.paragraphs(pending ? "stopped.text" : "stopped.unsigned", { help: app.helpLine }),
      pending ? codeDisplay(app, pending.code) : null,
      h("div", { class: "actions" },
        button(app.say("stopped.again"), () => app.show(pending ? casting(index, pending) : home), { class: "primary" })),
    ],
  });
}
