/** From both factors to the booth: the halves, the list, what was signed before. */

import { Explained } from "./base.js";
import { sha256 } from "./bytes.js";
import { CryptoError } from "./crypto.js";
import { SESSION } from "./remember.js";
import { casting } from "./steps/cast.js";
import { guarded, preparing } from "./steps/factor.js";
import { home } from "./steps/home.js";
import { loginAgain } from "./steps/login.js";
import { needLink } from "./steps/need-link.js";

/** @typedef {import("./app.js").App} App */

/**
 * A session has begun; the wrapping key of its password is in the worker.
 * @param {App} app
 * @param {string} user
 * @param {import("./api.js").Entered} entered
 */
export async function entered(app, user, entered) {
  app.begin(user, entered);
  const { contests } = await app.open();
  app.session = await asked(app);
  app.clock.sync(app.session.remaining);
  for (const { index } of contests) {
    const pending = await app.store.ballot(user, index);
    if (pending) app.pending.set(index, pending);
  }
  return onward(app);
}

/**
 * What comes next: the halves; then a ballot that was signed here and has no promise; then the booth. Whose such a ballot
 * is only the credential says: the name that it is kept under came from the server.
 * @param {App} app
 * @param {import("./app.js").Screen} [screen] in the booth
 */
export async function onward(app, screen = home) {
  if (app.entered) {
    const signed = [...app.pending.values()].find(({ contest }) => !app.tried.has(contest));
    return app.show(signed ? casting(signed.contest, signed) : screen);
  }
  if (!app.session) return app.show(loginAgain);
  app.show(preparing);
  return guarded(app, () => halves(app, app.user ?? ""));
}

/**
 * The first half is in the link that was opened, or lies sealed on the device, or has to be asked for. A link
 * that was another's changes nothing: what is stored stays until a half has opened the booth.
 * @param {App} app
 * @param {string} user
 */
async function halves(app, user) {
  const { linked } = app;
  // If the line breaks in between, the link still counts in the next try.
  const opened = linked && (await booth(app, { keep: true }));
  app.linked = false;
  if (opened) return undefined;
  const sealed = await app.store.half(user);
  const mine = sealed !== null && (await unwrapped(app, sealed));
  if (mine && (await booth(app))) return undefined;
  if (app.pending.size === 0 && app.session?.contests.every((one) => one.cast)) return app.show(home);
  return app.show(needLink({ others: linked || mine }));
}

/** @param {App} app @param {Uint8Array} sealed */
async function unwrapped(app, sealed) {
  try {
    await app.crypto.unwrapHalf(sealed);
    return true;
  } catch (error) {
    // Sealed under the password before this one: the link gives it again.
    if (error instanceof CryptoError && error.code === "sealed") return false;
    throw error;
  }
}

/**
 * The first half is in the worker.
 * @param {App} app
 * @param {{ keep?: boolean }} [how] whether it is to be kept here, sealed, once it has proved to be the voter's and while a
 *   ballot is left to cast with it
 * @returns {Promise<boolean>} not if it is another's
 */
export async function booth(app, { keep = false } = {}) {
  const { api, crypto } = app;
  const state = await asked(app);
  app.clock.sync(state.remaining);
  const [half, list] = [await api.half(), await api.list(state.list)];
  let bucket;
  try {
    ({ bucket } = await crypto.secondHalf({ half, list }));
  } catch (error) {
    if (error instanceof CryptoError && error.code === "half-entries") return false;
    throw error;
  }
  const own = await onTheList(app, state.list, bucket);
  if (own.list !== state.list || !same(own.contests, state.contests)) throw otherBallots(app);
  app.session = state;
  if (keep && state.contests.some((one) => !one.cast)) await app.store.keepHalf(app.user ?? "", await crypto.wrapHalf());
  app.entered = true;
  await onward(app);
  return true;
}

/**
 * What the session may do. Which ballots a voter of this list has is in the sealed record: a server that leaves one out
 * would have the voter leave without having voted on it. Which of them are cast only the server knows.
 * @param {App} app
 * @returns {Promise<import("./api.js").SessionState>}
 */
export async function asked(app) {
  const state = await app.api.session();
  const { lists, styles } = app.election;
  const contests = styles[lists[state.list]?.style ?? -1]?.contests ?? [];
  if (contests.length === 0 || !same(contests, state.contests)) throw otherBallots(app);
  return state;
}

/** @param {number[]} own @param {{ contest: number }[]} said */
function same(own, said) {
  return own.length === said.length && own.every((contest) => said.some((one) => one.contest === contest));
}

/** @param {App} app */
function otherBallots(app) {
  return new Explained(app.say("trouble.ballots", { help: app.helpLine }));
}

/**
 * Whether the log of acts, which witnesses sign, says that this is a rehearsal: a server that only says so could have a
 * voter try out a ballot that counts.
 * @param {App} app
 */
export async function rehearsed(app) {
  const { acts } = await app.crypto.readActs(await actsOf(app));
  return acts.some(({ name, values }) => name === "election" && "REHEARSAL" in values);
}

/** The log of acts, as a quorum of witnesses signed it last. @param {App} app @returns {Promise<import("./crypto.js").ActsFiles>} */
async function actsOf({ api, crypto }) {
  const checkpoint = await api.witnessed();
  const bundles = [];
  for (const path of crypto.actPaths(checkpoint)) bundles.push(await api.file(`/acts/${path}`));
  return { checkpoint, bundles };
}

/**
 * The voter's key is in its bucket under the root that the witnesses signed, or on the whole list. Under an election that
 * they have not signed there is neither. A bucket is asked for once: who answers it wrongly would learn more from a second
 * try.
 * @param {App} app
 * @param {number} list
 * @param {number | null} bucket
 */
async function onTheList(app, list, bucket) {
  const { api, crypto } = app;
  const keys = bucket === null ? null : await api.bucket(list, bucket);
  const acts = await actsOf(app);
  try {
    if (keys) return await crypto.enter({ bucket: keys, acts });
  } catch (error) {
    if (!(error instanceof CryptoError) || !["bucket", "list", "not-listed"].includes(error.code)) throw error;
  }
  return crypto.enter({ lists: await api.record("credentials/lists.bin"), acts });
}

/**
 * The page was reloaded while a ballot was on its way: the session is still the tab's, and the bytes lie in
 * the store, so nobody has to enter again.
 * @param {App} app
 * @returns {Promise<boolean>} whether there is something to go on with
 */
export async function resumed(app) {
  const left = SESSION.sending();
  if (!left) return false;
  const pending = await app.store.ballot(left.user, left.contest);
  // Without the credential it is this tab that knows which ballot it sent.
  if (!pending || (await sha256(pending.bytes)) !== left.hash) {
    SESSION.forgetSending();
    return false;
  }
  await app.open();
  app.receiptsAgain(left.user);
  app.user = left.user;
  app.api.use(left.token);
  app.pending.set(left.contest, pending);
  app.show(casting(left.contest, pending));
  return true;
}
