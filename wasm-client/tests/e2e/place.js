/**
 * The election that the tests vote in: a real one, which `run.js` has started. This is what a test may do with it:
 * be a voter of the roll, move the clock, close the voting.
 */

import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Messages } from "./phone.js";

/** Ballot styles, in the order of the lists in `election.toml`: voters are dealt over them. */
const STYLES = ["one", "all"];

/**
 * @typedef {object} Voter
 * @property {string} name
 * @property {string} user
 * @property {string} email
 * @property {string} link
 * @property {string} digits
 * @property {string} phone
 * @property {string} password what the voter has chosen
 * @property {import("./phone.js").Authenticator | null} application
 */

export class Place {
  /** @param {string} folder what `run.js` wrote of one election */
  constructor(folder) {
    this.folder = folder;
    this.access = JSON.parse(readFileSync(join(folder, "access.json"), "utf8"));
    this.phones = new Messages(this.access.phones);
    this.mails = new Messages(this.access.mails);
    /** The server's address. */
    this.base = this.access.page.replace(/\/$/, "");
    mkdirSync(join(folder, "seats"), { recursive: true });
    mkdirSync(join(folder, "kept"), { recursive: true });
    mkdirSync(join(folder, "looked"), { recursive: true });
  }

  /** A voter whom no other test has been. @param {"one" | "all"} [style] @returns {Voter} */
  voter(style = "one") {
    for (const voter of this.access.voters) {
      const number = Number(/\d+/.exec(voter.email)?.[0]);
      if (this.access.styles !== 1 && STYLES[number % STYLES.length] !== style) continue;
      try {
        writeFileSync(join(this.folder, "seats", String(number)), "", { flag: "wx" });
      } catch {
        continue;
      }
      return { ...voter, password: "caballo verde lento", application: null };
    }
    throw new Error("no voter is left: run.js registers too few");
  }

  /** Whether no other test of this run was first. @param {string} screen */
  first(screen) {
    try {
      writeFileSync(join(this.folder, "looked", screen), "", { flag: "wx" });
      return true;
    } catch {
      return false;
    }
  }

  /** What the server says of itself. @returns {Promise<any>} */
  async state() {
    return (await fetch(`${this.base}/api/v1/election`)).json();
  }

  /** The server's time, in seconds. */
  async now() {
    return (await this.state()).now;
  }

  /** A file of the server. @param {string} path */
  async file(path) {
    const answer = await fetch(`${this.base}${path}`);
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return Buffer.from(await answer.arrayBuffer());
  }

  /** It is so much later for everybody. The server's time never goes back. @param {number} seconds */
  async later(seconds) {
    const text = existsSync(this.access.clock) ? readFileSync(this.access.clock, "utf8") : "0";
    const [offset] = text.trim().split(" ");
    const before = await this.now();
    writeFileSync(`${this.access.clock}.part`, `${Number(offset) + seconds} 0 `);
    renameSync(`${this.access.clock}.part`, this.access.clock);
    while ((await this.now()) < before + seconds) await new Promise((resolve) => { setTimeout(resolve, 50); });
  }

  /** Ends the voting as who sits at the terminal does: by the clock, then the count, then everything is published. */
  close() {
    writeFileSync(join(this.folder, "close"), "");
  }

  /** @param {string} phase */
  async reaches(phase) {
    for (let tried = 0; tried < 1200; tried += 1) {
      const now = (await this.state()).phase;
      if (now === phase) return;
      await new Promise((resolve) => { setTimeout(resolve, 250); });
    }
    throw new Error(`the server does not come to ${phase}`);
  }

  /** A promise that the server gave, whether it reached the voter or not. @param {string} receipt */
  promised(receipt) {
    const [contest, code] = ["contest", "code"].map((name) => new RegExp(`^${name} (\\S+)$`, "m").exec(receipt)?.[1]);
    appendFileSync(join(this.folder, "promises"), `${contest} ${code}\n`);
  }

  /** All of them, each once. @returns {string[]} */
  get promises() {
    return [...new Set(readFileSync(join(this.folder, "promises"), "utf8").trim().split("\n"))];
  }

  /** What somebody marked, and the code that was shown for it. @param {string} code @param {import("./marked.js").Choice} choice */
  chosen(code, choice) {
    appendFileSync(join(this.folder, "choices"), `${JSON.stringify([code, choice])}\n`);
  }

  /** By code. Most of them are cast, some are audited or left. @returns {Map<string, import("./marked.js").Choice>} */
  get choices() {
    return new Map(readFileSync(join(this.folder, "choices"), "utf8").trim().split("\n").map((line) => JSON.parse(line)));
  }

  /** Something that is used when the election is over. @param {string} name @param {string | Uint8Array} content */
  keep(name, content) {
    writeFileSync(join(this.folder, "kept", name), content);
  }

  /** @param {string} name */
  kept(name) {
    return readFileSync(join(this.folder, "kept", name));
  }
}

/** The election of this run. */
export function place() {
  const folder = process.env.ESCRUTINIO_PLACE;
  if (!folder) throw new Error("tests of the page vote in an election: node e2e/run.js [files]");
  return new Place(folder);
}

/** The one with other rules, which opens a little later. */
export async function lenient() {
  const folder = join(process.env.ESCRUTINIO_PLACE ?? "", "lenient");
  for (let tried = 0; tried < 1200 && !existsSync(join(folder, "access.json")); tried += 1) await new Promise((resolve) => { setTimeout(resolve, 250); });
  return new Place(folder);
}
