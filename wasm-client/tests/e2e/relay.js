/**
 * What stands between a browser and the casting server: a network that loses things, a provider that swaps
 * them. Every visit has one of its own. It hands on and remembers every request, byte by byte, and does to single
 * ones what a test wants; what it does not touch is the real server's.
 */

import { Agent, createServer, request as ask } from "node:http";

/**
 * @typedef {{ method: string, path: string, head: number, body: Buffer, at: number, status: number, answer: Buffer }} Passed
 *   `head`: bytes of the request's headers; `status` is 0 where no answer of the server came
 * @typedef {{ status: number, headers: string[], body: Buffer }} Answer
 * @typedef {object} Deed
 * @property {"before" | "after" | "within"} [cut] the line breaks: before the server got it, after it did, in the answer
 * @property {number} [delay] milliseconds
 * @property {Promise<unknown>} [hold] until then nothing goes on
 * @property {(body: Buffer) => Buffer} [asked] another request
 * @property {(answer: Buffer) => Buffer} [answered] another answer
 * @property {Record<string, string>} [headed] headers in the place of the server's
 * @property {{ status: number, type?: string, headers?: Record<string, string>, body: string | Buffer }} [instead] the server is not asked
 */

const PROBLEM = "application/problem+json";

/** @param {string} name @param {number} status @param {number} [seconds] @returns {Deed} */
const problem = (name, status, seconds) => ({ instead: {
  status, type: PROBLEM, headers: seconds === undefined ? {} : { "retry-after": String(seconds) },
  body: JSON.stringify({ type: `urn:escrutinio:problem:${name}`, title: name, status }),
} });

/** The line breaks before the server has it. @type {Deed} */
export const DROP = { cut: "before" };
/** The server has it, and its answer is lost. @type {Deed} */
export const LOSE = { cut: "after" };
/** The line breaks in the middle of the answer. @type {Deed} */
export const HALF = { cut: "within" };
/** What a server says whose queues are full. Those of a whole server that one voter asks are never full. */
export const BUSY = problem("busy", 503, 1);
/** What it says while its database does not answer. */
export const STORAGE = problem("storage", 503, 3);

/** One bit, so far from the end or the beginning. @param {number} at @returns {(bytes: Buffer) => Buffer} */
export const flip = (at) => (bytes) => {
  const changed = Buffer.from(bytes);
  changed[at < 0 ? changed.length + at : at] ^= 1;
  return changed;
};

/** JSON, changed. @param {(value: any) => any} change @returns {Deed} */
export const json = (change) => ({ answered: (bytes) => Buffer.from(JSON.stringify(change(JSON.parse(bytes.toString())))) });

/** @param {string} target @param {(passed: Passed) => void} [seen] */
export async function between(target, seen = () => undefined) {
  const relay = new Relay(target, seen);
  await new Promise((resolve) => { relay.server.listen(0, "127.0.0.1", () => resolve(undefined)); });
  return relay;
}

class Relay {
  /** @type {Passed[]} */
  log = [];
  /** @type {{ path: RegExp, method: string | null, deeds: Deed[], always: boolean }[]} */
  #rules = [];
  #agent = new Agent({ keepAlive: true });

  /** @param {string} target @param {(passed: Passed) => void} seen */
  constructor(target, seen) {
    this.target = new URL(target);
    this.seen = seen;
    this.server = createServer((request, response) => {
      this.#pass(request, response).catch(() => response.destroy());
    });
  }

  get base() {
    const address = this.server.address();
    return `http://localhost:${typeof address === "object" && address ? address.port : 0}`;
  }

  /** The next requests of a path, one deed each. @param {RegExp | string} path @param {Deed[]} deeds */
  next(path, ...deeds) {
    this.#rule(path, deeds, false);
  }

  /** Every request of a path. @param {RegExp | string} path @param {Deed} deed @returns {() => void} ends it */
  always(path, deed) {
    return this.#rule(path, [deed], true);
  }

  /** Nothing is done to anything any more. */
  honest() {
    this.#rules = [];
  }

  /** @param {RegExp | string} path @param {Deed[]} deeds @param {boolean} always */
  #rule(path, deeds, always) {
    const [method, name] = typeof path === "string" && path.includes(" ") ? path.split(" ") : [null, path];
    const rule = { path: typeof name === "string" ? new RegExp(`^${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`) : name, method, deeds: [...deeds], always };
    this.#rules.push(rule);
    return () => { this.#rules = this.#rules.filter((one) => one !== rule); };
  }

  /** @param {string} method @param {string} path @returns {Deed} */
  #deed(method, path) {
    const rule = this.#rules.find((one) => one.path.test(path) && (one.method ?? method) === method && one.deeds.length > 0);
    return (rule?.always ? rule.deeds[0] : rule?.deeds.shift()) ?? {};
  }

  /** @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response */
  async #pass(request, response) {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const { method = "GET", url: path = "/" } = request;
    const passed = { method, path, head: request.rawHeaders.join(": ").length, body: Buffer.concat(pieces), at: Date.now(), status: 0, answer: Buffer.alloc(0) };
    this.log.push(passed);
    // On a connection that was used before a browser asks again by itself when it breaks; here every try is to be seen.
    response.shouldKeepAlive = false;
    const deed = this.#deed(method, new URL(path, this.base).pathname);
    if (deed.delay) await new Promise((resolve) => { setTimeout(resolve, deed.delay); });
    if (deed.hold) await deed.hold;
    if (deed.cut === "before") return response.destroy();
    if (deed.instead) {
      const { status, type = "application/octet-stream", headers = {}, body } = deed.instead;
      return response.writeHead(status, { "content-type": type, ...headers }).end(body);
    }
    const answer = await this.#forward(passed, request.rawHeaders, deed.asked?.(passed.body) ?? passed.body);
    Object.assign(passed, { status: answer.status, answer: answer.body });
    this.seen(passed);
    if (deed.cut === "after") return response.destroy();
    const body = deed.answered?.(answer.body) ?? answer.body;
    const headed = Object.entries(deed.headed ?? {});
    const headers = answer.headers.flatMap((name, at, all) => (at % 2 === 1 || headed.some(([one]) => one === name.toLowerCase()) ? [] : [name, all[at + 1]]));
    response.writeHead(answer.status, [...headers, ...headed.flat(), ...(method === "HEAD" || answer.status === 204 ? [] : ["content-length", String(body.length)])]);
    if (deed.cut === "within") {
      response.write(body.subarray(0, body.length >> 1), () => response.destroy());
      return undefined;
    }
    return response.end(body);
  }

  /** @param {Passed} passed @param {string[]} headers @param {Buffer} body @returns {Promise<Answer>} */
  #forward({ method, path }, headers, body) {
    const kept = [];
    for (let at = 0; at < headers.length; at += 2) {
      const name = headers[at].toLowerCase();
      if (name === "host") kept.push("host", this.target.host);
      else if (name === "origin" || name === "referer") kept.push(headers[at], headers[at + 1].replace(this.base, this.target.origin));
      // What is said of the length is of what is sent; what comes is to be read as it is.
      else if (!["connection", "content-length", "accept-encoding", "if-none-match", "if-modified-since"].includes(name)) kept.push(headers[at], headers[at + 1]);
    }
    if (body.length > 0) kept.push("content-length", String(body.length));
    return new Promise((resolve, reject) => {
      const asking = ask({ host: this.target.hostname, port: this.target.port, method, path, headers: /** @type {any} */ (kept), agent: this.#agent }, async (answer) => {
        try {
          const pieces = [];
          for await (const piece of answer) pieces.push(piece);
          const given = [];
          for (let at = 0; at < answer.rawHeaders.length; at += 2) {
            if (!["connection", "keep-alive", "transfer-encoding", "content-length"].includes(answer.rawHeaders[at].toLowerCase())) given.push(answer.rawHeaders[at], answer.rawHeaders[at + 1]);
          }
          resolve({ status: answer.statusCode ?? 0, headers: given, body: Buffer.concat(pieces) });
        } catch (error) {
          reject(error);
        }
      });
      asking.on("error", reject);
      asking.end(body);
    });
  }

  /** What the browser sent to a path. @param {string} path @param {string} [method] */
  to(path, method) {
    return this.log.filter((one) => one.path === path && (method === undefined || one.method === method));
  }

  async close() {
    this.#agent.destroy();
    if (!this.server.listening) return;
    await new Promise((resolve) => {
      this.server.close(resolve);
      this.server.closeAllConnections();
    });
  }
}
