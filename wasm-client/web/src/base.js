/** What the voting page and the public pages have in common: texts, a server, an election that was verified. */

import { Problem, Unreachable } from "./api.js";
import { CryptoError } from "./crypto.js";
import { byId } from "./dom.js";
import { whole } from "./parts.js";

/** @typedef {import("./crypto.js").BallotInfo} BallotInfo */

/**
 * What the authority says of the page. It lies beside the page and not in its build: the build's hash is
 * in the manifest, and the election's id is younger than that.
 * @typedef {object} Config
 * @property {string} server where the interface is; empty for the page's own origin
 * @property {string} election its id, hexadecimal
 * @property {string} [record] where the published record is, without a slash at its end
 * @property {string} [acta] where the printed actas are, without a slash at its end
 * @property {{ name: string, phone: string, mail: string }} help
 */

export class Base {
  /** Set as soon as the sealed record was verified. @type {BallotInfo | null} */
  info = null;
  #saying = 0;

  /**
   * @param {object} parts
   * @param {import("./api.js").Api} parts.api
   * @param {typeof import("./crypto.js")} parts.crypto
   * @param {import("./texts.js").Texts} parts.texts
   * @param {Config} parts.config
   */
  constructor({ api, crypto, texts, config }) {
    this.api = api;
    this.crypto = crypto;
    this.texts = texts;
    this.config = config;
  }

  /** @param {string} key @param {Record<string, string | number>} [values] */
  say(key, values) {
    return this.texts.say(key, values);
  }

  /** The verified election. Nothing that needs it is shown before. @returns {BallotInfo} */
  get election() {
    if (!this.info) throw new Error("the election is not open");
    return this.info;
  }

  /** @param {number} index */
  contest(index) {
    const contest = this.election.contests.find((one) => one.index === index);
    if (!contest) throw new Error(`no contest ${index}`);
    return contest;
  }

  /** @param {number} index */
  party(index) {
    const party = this.election.parties.find((one) => one.index === index);
    if (!party) throw new Error(`no party ${index}`);
    return party;
  }

  /** The sealed record, verified once. Until it is, nothing is encrypted and no password is asked for. */
  async open() {
    if (this.info) return this.info;
    await whole("worker");
    /** @type {Record<string, Uint8Array>} */
    const files = {};
    for (const path of this.crypto.SEALED_FILES) files[path] = await this.api.record(path);
    this.info = await this.crypto.open({ files, electionId: this.config.election });
    return this.info;
  }

  /** @param {string} text for a screen reader, when it has finished what it says */
  announce(text) {
    this.hush();
    // A region that is set twice to one text says it once.
    this.#saying = setTimeout(() => { byId("live").textContent = text; }, 50);
  }

  /** What was said of one screen, a choice perhaps, is nowhere on the next. */
  hush() {
    clearTimeout(this.#saying);
    byId("live").textContent = "";
  }

  get helpLine() {
    return this.say("help.line", this.config.help);
  }

  /** A fault in plain words. @param {unknown} error */
  explain(error) {
    if (error instanceof Explained) return error.message;
    const key = error instanceof CryptoError ? `crypto.${error.code}` : `problem.${error instanceof Error ? error.name : ""}`;
    if (this.texts.has(key)) return this.say(key, { help: this.helpLine });
    if (error instanceof CryptoError) return this.say("crypto.other", { code: error.code, help: this.helpLine });
    if (error instanceof Problem) return this.say("problem.refused", { code: named(error), help: this.helpLine });
    if (error instanceof Unreachable) return this.say("problem.unreachable");
    // A fault of the page itself. It is no part of a choice, as no choice is ever made into an error.
    console.error(error);
    return this.say("problem.page", { help: this.helpLine });
  }
}

/** A name of the interface; whatever else a server calls it stays its own. @param {Problem} problem */
function named({ name, status }) {
  return /^[a-z-]{1,24}$/.test(name) ? name : status;
}

/** A fault that is already said for the voter. */
export class Explained extends Error {}
