/**
 * Casting. From the voter's word on there are signed bytes, kept until the server's promise verifies and
 * sent as often as it takes: the same bytes are the same ballot (R-CAST-10).
 */

import { sha256 } from "../bytes.js";
import { h } from "../dom.js";
import { Problem, Unreachable, pause, waitBefore } from "../api.js";
import { codeDisplay } from "../components/code.js";
import { button } from "../components/form.js";
import { progress } from "../components/progress.js";
import { CryptoError } from "../crypto.js";
import { onward } from "../flow.js";
import { SESSION } from "../remember.js";
import { login } from "./login.js";
import { receipt } from "./receipt.js";

/** @typedef {import("../app.js").App} App */
/** @typedef {import("../store.js").Pending} Pending */

/** The server says that another ballot stands in the place of this one. */
const TAKEN = ["already-voted", "credential-used"];
/** None is taken any more. */
const LATE = ["closed", "wrong-phase"];
const TRIES = 4;
/** So often it is tried before the voter is offered to stop waiting: some seconds on a line that is gone. */
const PATIENT = 4;

/**
 * @param {number} index
 * @param {Pending | null} pending what was signed before; nothing if it is to be signed now
 * @returns {import("../app.js").Screen}
 */
export function casting(index, pending) {
  // The screen may be drawn again, in another language: the ballot is sent once.
  /** @type {ReturnType<typeof progress> | null} */
  let bar = null;
  const waiting = new AbortController();
  // The voter may stop waiting when there is no answer yet.
  let long = false;
  return (app) => {
    if (!bar) {
      bar = progress(app, app.say("cast.text"));
      void run(app, index, pending, { bar, signal: waiting.signal, late: () => {
        if (!long) {
          long = true;
          app.redraw();
        }
      } });
    }
    const signed = app.pending.get(index);
    return {
      state: "casting",
      title: app.say(pending ? "cast.title.again" : "cast.title"),
      back: () => app.stay(app.say("back.sending")),
      body: [
        bar.element, app.texts.paragraphs(app.store.lasting ? "cast.note" : "cast.note.memory"),
        long && signed ? [codeDisplay(app, signed.code), h("div", { class: "actions" }, button(app.say("cast.stop"), () => waiting.abort(), { class: "secondary" }))] : null,
      ],
    };
  };
}

/** @typedef {{ bar: ReturnType<typeof progress>, signal: AbortSignal, late: () => void }} Waiting `late`: it takes long */

/** @param {App} app @param {number} index @param {Pending | null} pending @param {Waiting} how */
async function run(app, index, pending, how) {
  app.sending = true;
  app.tried.add(index);
  let signed = pending;
  try {
    signed = await sign(app, index, pending);
    const answer = await send(app, signed, how);
    const promise = await app.crypto.verifyPromise({ contest: index, receipt: answer });
    app.keepReceipt({ contest: index, text: promise.receiptText, code: promise.codeText });
    app.choices.delete(index);
    app.pending.delete(index);
    for (const one of app.session?.contests ?? []) if (one.contest === index) one.cast = true;
    over(app);
    app.show(receipt(index));
    // Bytes that cannot be wiped would be sent again and get the same promise.
    await forget(app, signed);
  } catch (error) {
    over(app);
    if (how.signal.aborted && signed) app.show(settled("unknown", signed));
    else await refused(app, index, error, signed);
  }
}

/**
 * Until there is a promise or a refusal. A server that has this very ballot promises it; one that says that it has it, and
 * refuses it all the same, is asked again.
 * @param {App} app @param {Pending} signed @param {Waiting} how
 */
async function send(app, signed, { bar, signal, late }) {
  let waits = 0;
  for (let tried = 1; ; tried += 1) {
    try {
      return await app.api.cast(signed.bytes, {
        signal,
        sending: () => bar.say(app.say("cast.text")),
        waiting: (why, seconds) => {
          bar.say(app.say(why instanceof Unreachable ? "cast.offline" : "cast.busy", { seconds }));
          waits += 1;
          if (waits === PATIENT) late();
        },
      });
    } catch (error) {
      if (tried >= TRIES || !(error instanceof Problem) || !TAKEN.includes(error.name) || (await recorded(app, signed)) !== true) throw error;
      const wait = waitBefore(tried, error);
      bar.say(app.say("cast.busy", { seconds: Math.ceil(wait / 1000) }));
      await pause(wait, signal);
    }
  }
}

/** What the server says of a code, which proves nothing; nothing if it cannot be asked. @param {App} app @param {Pending} signed */
function recorded(app, { code }) {
  return app.api.recorded(code).catch(() => null);
}

/** The ballot is not on its way any more. @param {App} app */
function over(app) {
  SESSION.forgetSending();
  app.arrived();
}

/**
 * The bytes to send, on the disk before the first of them leaves.
 * @param {App} app @param {number} index @param {Pending | null} pending
 */
async function sign(app, index, pending) {
  const user = app.user ?? "";
  if (pending) {
    await app.crypto.resume(pending.bytes);
    await remembered(app, pending);
    return pending;
  }
  const { bytes, codeText } = await app.crypto.cast({ contest: index });
  const signed = { election: app.config.election, user, contest: index, bytes, code: codeText };
  const { lasting } = app.store;
  app.pending.set(index, signed);
  await app.store.keepBallot(signed);
  // The voter is told not to close the page as soon as it is known that the disk does not take the ballot.
  if (app.store.lasting !== lasting) app.redraw();
  await remembered(app, signed);
  return signed;
}

/** A reload of this tab sends the same. @param {App} app @param {Pending} signed */
async function remembered(app, { user, contest, bytes }) {
  SESSION.keepSending({ token: app.api.token ?? "", user, contest, hash: await sha256(bytes) });
}

/**
 * What is told where no promise came. All of it is the server's word: the signed ballot stays until there is a promise, or
 * until the voter says otherwise.
 * @param {App} app @param {number} index @param {unknown} error @param {Pending | null} pending what was signed
 */
async function refused(app, index, error, pending) {
  const name = error instanceof Problem ? error.name : "";
  if (name === "session-expired" || name === "no-session") {
    app.close();
    app.show(interrupted(pending));
    return;
  }
  if (error instanceof CryptoError && error.code === "not-yours") {
    // Whose it is may still send it; this voter has not signed anything.
    app.pending.delete(index);
    await onward(app);
    return;
  }
  const damaged = error instanceof CryptoError && error.code === "cast";
  if (!pending || !(damaged || TAKEN.includes(name) || LATE.includes(name))) {
    app.show(stopped(index, error, pending));
    return;
  }
  if (name === "already-voted") for (const one of app.session?.contests ?? []) if (one.contest === index) one.cast = true;
  const said = await recorded(app, pending);
  if (said === null) app.show(settled("unknown", pending));
  else if (!said) app.show(settled(damaged ? "damaged" : LATE.includes(name) ? "late" : "other", pending));
  else if (TAKEN.includes(name)) app.show(stopped(index, error, pending));
  else app.show(settled("arrived", pending));
}

/** The session ended, and a ballot that was signed has no answer. @param {Pending} pending @returns {import("../app.js").Screen} */
export const unanswered = (pending) => interrupted(pending);

/** @param {Pending | null} pending @returns {import("../app.js").Screen} */
function interrupted(pending) {
  return (app) => ({
    state: "interrupted",
    title: app.say("interrupted.session.title"),
    back: () => app.stay(app.say("back.choose")),
    body: [
      app.texts.paragraphs("interrupted.session.text"),
      pending ? codeDisplay(app, pending.code) : null,
      h("div", { class: "actions" }, button(app.say("start.enter"), () => app.show((again) => login(again, { after: pending ? "sent" : "renew" })), { class: "primary" })),
    ],
  });
}

/** @param {"arrived" | "late" | "other" | "damaged" | "unknown"} how @param {Pending} pending @returns {import("../app.js").Screen} */
function settled(how, pending) {
  return (app) => ({
    state: `settled-${how}`,
    title: app.say(`settled.${how}.title`),
    back: () => app.stay(app.say("back.choose")),
    body: [
      app.texts.paragraphs(`settled.${how}.text`, { help: app.helpLine }),
      codeDisplay(app, pending.code),
      how === "damaged"
        // It can never be sent, and the worker has not taken it: to go on is to be rid of it.
        ? h("div", { class: "actions" }, button(app.say("form.next"), () => rid(app, pending, () => onward(app)), { class: "primary" }))
        : actions(app, pending),
    ],
  });
}

/** @param {number} index @param {unknown} error @param {Pending | null} pending @returns {import("../app.js").Screen} */
function stopped(index, error, pending) {
  const name = error instanceof Problem ? error.name : error instanceof CryptoError ? error.code : "";
  const lied = name === "promise" || name === "receipt";
  const text = !pending ? "stopped.unsigned" : TAKEN.includes(name) ? "stopped.unproven" : error instanceof Problem ? "stopped.refused" : "stopped.text";
  return (app) => ({
    state: "stopped",
    title: app.say(lied ? "stopped.promise.title" : pending ? "stopped.title.signed" : "stopped.title"),
    back: () => app.stay(app.say("back.choose")),
    body: [
      h("div", { class: "errors", role: "alert" }, h("p", null, app.explain(error))),
      app.texts.paragraphs(text, { help: app.helpLine }),
      pending ? codeDisplay(app, pending.code) : null,
      pending ? actions(app, pending) : h("div", { class: "actions" }, button(app.say("stopped.again"), () => onward(app), { class: "primary" })),
    ],
  });
}

/** Once more, on to what else there is, or without it. @param {App} app @param {Pending} pending */
function actions(app, pending) {
  return h("div", { class: "actions" },
    button(app.say("stopped.again"), () => app.show(casting(pending.contest, pending)), { class: "primary" }),
    button(app.say("form.next"), () => onward(app), { class: "secondary" }),
    button(app.say("discard.offer"), () => app.show(discard(pending)), { class: "link" }));
}

/** The voter's word, without which no signed ballot is wiped that has no promise. @param {Pending} pending @returns {import("../app.js").Screen} */
function discard(pending) {
  return (app) => ({
    state: "discard",
    title: app.say("discard.title"),
    back: () => onward(app),
    body: [
      app.texts.paragraphs("discard.text"),
      codeDisplay(app, pending.code),
      h("div", { class: "actions" },
        button(app.say("discard.no"), () => onward(app), { class: "primary" }),
        // What the worker signed it signs no other of: both factors are asked for again.
        button(app.say("discard.yes"), () => rid(app, pending, () => app.renew()), { class: "secondary" })),
    ],
  });
}

/** @param {App} app @param {Pending} pending @param {() => unknown} then */
async function rid(app, pending, then) {
  await forget(app, pending);
  app.pending.delete(pending.contest);
  await then();
}

/** @param {App} app @param {Pending} pending */
async function forget(app, { user, contest }) {
  app.kept = app.kept.filter((one) => one.user !== user || one.contest !== contest);
  await app.store.forgetBallot(user, contest);
}
