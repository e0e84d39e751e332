/** What a voter has at hand: a telephone that gets messages, a mailbox, an application of codes. */

import { createHmac } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";

/** Addresses are compared without what people write between digits. @param {string} to */
const plain = (to) => to.replace(/[\s<>()+-]/g, "").toLowerCase();

/** A folder in which the server leaves one numbered file a message. Nothing is taken away: others read it, too. */
export class Messages {
  /** @type {Map<string, { to: string, text: string }>} */
  #read = new Map();

  /** @param {string} folder */
  constructor(folder) {
    this.folder = folder;
  }

  /** Everything that came to an address, oldest first. @param {string} to */
  async to(to) {
    const names = (await readdir(this.folder).catch(() => [])).filter((name) => name.endsWith(".txt") && !name.startsWith("."));
    for (const name of names) {
      if (this.#read.has(name)) continue;
      // Where other voters vote by themselves, their devices empty the folder as they read.
      const file = await readFile(join(this.folder, name), "utf8").catch(() => null);
      if (file === null) continue;
      const [head, ...rest] = file.split("\n\n");
      this.#read.set(name, { to: plain(/^To: (.*)$/m.exec(head)?.[1] ?? ""), text: rest.join("\n\n") });
    }
    return [...this.#read].sort().map(([, message]) => message).filter((message) => message.to === plain(to)).map(({ text }) => text);
  }

  /** The code of a message that comes after so many. @param {string} to @param {number} after @returns {Promise<string>} */
  async code(to, after) {
    for (let tried = 0; tried < 400; tried += 1) {
      const [text] = (await this.to(to)).slice(after).filter((one) => /\b\d{6}\b/.test(one)).slice(-1);
      if (text) return /\b(\d{6})\b/.exec(text)?.[1] ?? "";
      await new Promise((resolve) => { setTimeout(resolve, 25); });
    }
    throw new Error("no message came");
  }
}

/** An authenticator (RFC 6238): each of its steps is used once, as the server takes it once. */
export class Authenticator {
  #last = 0;

  /** @param {string} secret base32, as the page shows it */
  constructor(secret) {
    const bits = [...secret.replace(/\s/g, "")].map((symbol) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(symbol).toString(2).padStart(5, "0")).join("");
    this.key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  }

  /** @param {number} now the server's time, in seconds */
  code(now) {
    const step = Math.max(Math.floor(now / 30), this.#last + 1);
    if (step > Math.floor(now / 30) + 1) throw new Error("the application has no new code yet");
    this.#last = step;
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(step));
    const digest = createHmac("sha1", this.key).update(counter).digest();
    const at = digest[19] & 15;
    return String((digest.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
  }
}
