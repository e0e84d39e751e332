/**
 * The server's interface (`spec/server.md`). Of a choice nothing ever comes here: only
 * ciphertexts, as bytes that are sent again as they are until an answer stands.
 */

/** @typedef {{ memory_kib: number, passes: number, lanes: number }} Cost */
/** @typedef {Cost & { salt: string }} Kdf */

/**
 * @typedef {object} ElectionAnswer
 * @property {string} election_id
 * @property {string} title
 * @property {boolean} binding
 * @property {boolean} test
 * @property {boolean} rehearsal
 * @property {"loaded" | "opened" | "voting" | "grace" | "closed" | "published"} phase
 * @property {number} now
 * @property {{ voting_start: number, voting_close: number, reception_end: number, contact_updates_until: number }} calendar
 * @property {number} session_minutes
 *
 * @typedef {{ attempt: string, factors: ("totp" | "sms")[], authenticator: boolean }} Factors
 * @typedef {{ attempt: string, sms: boolean, secret?: string, uri?: string }} Chosen
 * @typedef {{ session: string, expires: number, remaining: number }} Entered
 * @typedef {Kdf & { attempt: string, user: string }} PasswordStep
 *
 * @typedef {object} SessionState
 * @property {number} expires
 * @property {number} remaining
 * @property {boolean} grace
 * @property {number} list
 * @property {number} style
 * @property {number} unit
 * @property {{ contest: number, cast: boolean }[]} contests
 */

const PROBLEM = "urn:escrutinio:problem:";

/** An answer that is a refusal. */
export class Problem extends Error {
  /**
   * @param {string} name
   * @param {number} status
   * @param {number | null} retryAfter in seconds
   */
  constructor(name, status, retryAfter = null) {
    super(name);
    this.name = name;
    this.status = status;
    this.retryAfter = retryAfter;
  }

  /** Whether the same request may get another answer later. */
  get passing() {
    return ["busy", "storage", "clock", "timeout", "internal", "too-many-requests"].includes(this.name);
  }
}

/** No answer came: nobody knows whether the request arrived. */
export class Unreachable extends Error {
  constructor() {
    super("unreachable");
    this.name = "unreachable";
  }
}

/** @param {number} milliseconds @param {AbortSignal} [signal] @returns {Promise<void>} */
export function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(done, milliseconds);
    function done() {
      clearTimeout(timer);
      globalThis.removeEventListener?.("online", done);
      signal?.removeEventListener("abort", stop);
      resolve();
    }
    function stop() {
      clearTimeout(timer);
      globalThis.removeEventListener?.("online", done);
      reject(signal?.reason);
    }
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop, { once: true });
    // Whoever comes back from a tunnel need not wait for the rest.
    globalThis.addEventListener?.("online", done, { once: true });
  });
}

/** How long one request may take; a ballot on a slow line may take longest. */
const PATIENCE = { ask: 20_000, file: 60_000, cast: 60_000 };
const TRIES = 4;

export class Api {
  /** @type {string | null} */
  #token = null;

  /**
   * @param {string} base of the server, without a slash at its end; empty for the page's own origin
   * @param {() => string} language in which problems and messages are wanted
   */
  constructor(base, language) {
    this.base = base;
    this.language = language;
  }

  /** @param {string | null} token of a session */
  use(token) {
    this.#token = token;
  }

  get token() {
    return this.#token;
  }

  /**
   * One request, one try.
   * @param {string} path
   * @param {{ method?: string, json?: object, bytes?: Uint8Array, session?: boolean, patience?: number, signal?: AbortSignal }} [how]
   * @returns {Promise<Uint8Array>} the content of the answer
   */
  async request(path, how = {}) {
    /** @type {Record<string, string>} */
    const headers = { "accept-language": this.language() };
    let body;
    if (how.json) {
      headers["content-type"] = "application/json";
      body = JSON.stringify(how.json);
    } else if (how.bytes) {
      headers["content-type"] = "application/octet-stream";
      body = /** @type {Uint8Array<ArrayBuffer>} */ (how.bytes);
    }
    if (how.session) {
      if (!this.#token) throw new Problem("no-session", 401);
      headers.authorization = `Bearer ${this.#token}`;
    }
    const limit = within(how.patience ?? PATIENCE.ask, how.signal);
    let answer;
    let content;
    try {
      answer = await fetch(this.base + path, {
        method: how.method ?? (body === undefined ? "GET" : "POST"),
        headers,
        body,
        signal: limit.signal,
        cache: "no-store",
        credentials: "omit",
        referrerPolicy: "no-referrer",
        redirect: "error",
      });
      // A line that breaks in the middle of the content is a line that broke.
      content = new Uint8Array(await answer.arrayBuffer());
    } catch {
      how.signal?.throwIfAborted();
      throw new Unreachable();
    } finally {
      limit.clear();
    }
    if (answer.ok) return content;
    throw problemOf(answer.status, new TextDecoder().decode(content), answer.headers.get("retry-after"));
  }

  /**
   * The same until there is an answer, for what may be asked twice.
   * @param {string} path
   * @param {Parameters<Api['request']>[1]} [how]
   */
  async patiently(path, how) {
    for (let tried = 1; ; tried += 1) {
      try {
        return await this.request(path, how);
      } catch (error) {
        const passing = error instanceof Unreachable || (error instanceof Problem && error.passing && error.name !== "too-many-requests");
        if (!passing || tried >= TRIES) throw error;
        await pause(waitBefore(tried, error), how?.signal);
      }
    }
  }

  /** @param {string} path @param {object} json @returns {Promise<any>} */
  async post(path, json) {
    return parsed(await this.request(`/api/v1${path}`, { json }));
  }

  /** @returns {Promise<ElectionAnswer>} */
  async election() {
    return parsed(await this.patiently("/api/v1/election"));
  }

  /** A file of the sealed record. @param {string} path @returns {Promise<Uint8Array>} */
  async record(path) {
    return this.patiently(`/api/v1/record/${path}`, { patience: PATIENCE.file });
  }

  /** A file outside of the interface, such as `/receipts.txt`. @param {string} path @returns {Promise<Uint8Array>} */
  async file(path) {
    return this.patiently(path, { patience: PATIENCE.file });
  }

  /** The last checkpoint of the acts that a quorum of witnesses signed; who has none shows one that has none. @returns {Promise<Uint8Array>} */
  async witnessed() {
    try {
      return await this.file("/acts/witnessed");
    } catch (error) {
      if (error instanceof Problem && error.status === 404) return this.file("/acts/checkpoint");
      throw error;
    }
  }

  /** @param {number} list @returns {Promise<any>} */
  async list(list) {
    return parsed(await this.patiently(`/api/v1/lists/${list}`));
  }

  /** @param {number} list @param {number} bucket @returns {Promise<{ keys: string[], path: string[] }>} */
  async bucket(list, bucket) {
    return parsed(await this.patiently(`/api/v1/lists/${list}/${bucket}`));
  }

  /** @param {string} token @returns {Promise<{ attempt: string, user: string }>} */
  link(token) {
    return this.post("/access/link", { token });
  }

  /** @param {string} attempt @param {string} digits @returns {Promise<Factors>} */
  digits(attempt, digits) {
    return this.post("/access/digits", { attempt, digits });
  }

  /** @param {string} user @returns {Promise<Kdf>} */
  async kdf(user) {
    return parsed(await this.patiently("/api/v1/access/kdf", { json: { user } }));
  }

  /** @param {string} user @param {string} auth @returns {Promise<Factors>} */
  login(user, auth) {
    return this.post("/access/login", { user, auth });
  }

  /** @param {string} user @returns {Promise<void>} */
  async recover(user) {
    await this.request("/api/v1/access/recover", { json: { user } });
  }

  /** @param {string} user @param {string} code @returns {Promise<Factors>} */
  recoverCode(user, code) {
    return this.post("/access/recover-code", { user, code });
  }

  /** @param {string} attempt @param {"totp" | "sms"} factor @returns {Promise<Chosen>} */
  factor(attempt, factor) {
    return this.post("/access/factor", { attempt, factor });
  }

  /**
   * @param {string} attempt
   * @param {string} code
   * @param {string | null} smsCode
   * @returns {Promise<Entered | PasswordStep>}
   */
  code(attempt, code, smsCode) {
    return this.post("/access/code", smsCode === null ? { attempt, code } : { attempt, code, sms_code: smsCode });
  }

  /** @param {string} attempt @param {string} auth @returns {Promise<Entered>} */
  password(attempt, auth) {
    return this.post("/access/password", { attempt, auth });
  }

  /** @returns {Promise<SessionState>} */
  async session() {
    return parsed(await this.patiently("/api/v1/session", { session: true }));
  }

  /** The server's half of the credential. @returns {Promise<Uint8Array>} */
  async half() {
    return this.patiently("/api/v1/session/half", { session: true });
  }

  /**
   * Asks to change an address or number: codes go to the new one and to the second factor.
   * @param {"email" | "phone"} kind
   * @param {string} value
   * @param {"totp" | "sms"} factor
   * @returns {Promise<{ attempt: string }>}
   */
  async contact(kind, value, factor) {
    return parsed(await this.request("/api/v1/session/contact", { json: { kind, value, factor }, session: true }));
  }

  /** @param {string} attempt @param {string} code @param {string} proof of the second factor @returns {Promise<void>} */
  async contactConfirm(attempt, code, proof) {
    await this.request("/api/v1/session/contact/confirm", { json: { attempt, code, factor_code: proof }, session: true });
  }

  /** Ends the session. It is over anyway soon: a failure is nobody's. */
  async logout() {
    const ended = this.request("/api/v1/session", { method: "DELETE", session: true });
    // Before the answer comes another may have begun.
    this.#token = null;
    await ended.catch(() => undefined);
  }

  /**
   * Sends a signed ballot until the server promises or refuses it. The same bytes are the same
   * ballot, so nothing can be counted twice (R-CAST-10).
   * @param {Uint8Array} bytes
   * @param {{ waiting: (why: Problem | Unreachable, seconds: number) => void, sending: () => void, signal: AbortSignal }} how
   * @returns {Promise<string>} the receipt
   */
  async cast(bytes, how) {
    for (let tried = 1; ; tried += 1) {
      how.signal.throwIfAborted();
      how.sending();
      try {
        const answer = await this.request("/api/v1/session/ballots", { bytes, session: true, patience: PATIENCE.cast, signal: how.signal });
        return new TextDecoder().decode(answer);
      } catch (error) {
        how.signal.throwIfAborted();
        if (!(error instanceof Unreachable) && !(error instanceof Problem && error.passing)) throw error;
        const wait = waitBefore(tried, error);
        how.waiting(error, Math.ceil(wait / 1000));
        await pause(wait, how.signal);
      }
    }
  }

  /** @param {string} code @returns {Promise<boolean>} */
  async recorded(code) {
    const answer = parsed(await this.patiently("/api/v1/recorded", { json: { code } }));
    return answer.recorded === true;
  }
}

/** An answer that is no JSON is not the server's: something stands between. @param {Uint8Array} content @returns {any} */
function parsed(content) {
  try {
    return JSON.parse(new TextDecoder().decode(content));
  } catch {
    throw new Unreachable();
  }
}

/**
 * How long to wait: what the server says, otherwise twice as long each time, up to eight seconds.
 * @param {number} tried
 * @param {Error} error
 */
export function waitBefore(tried, error) {
  if (error instanceof Problem && error.retryAfter !== null) return Math.min(error.retryAfter, 60) * 1000;
  return Math.min(500 * 2 ** (tried - 1), 8000);
}

/**
 * @param {number} status
 * @param {string} text
 * @param {string | null} retry
 */
export function problemOf(status, text, retry) {
  let type;
  try {
    type = JSON.parse(text).type;
  } catch {
    type = undefined;
  }
  const seconds = retry !== null && /^\d+$/.test(retry) ? Number(retry) : null;
  if (typeof type !== "string" || !type.startsWith(PROBLEM)) return status >= 500 ? new Unreachable() : new Problem("unknown", status, seconds);
  return new Problem(type.slice(PROBLEM.length), status, seconds);
}

/**
 * A signal that aborts after a time or with another; those that browsers make themselves are younger than
 * the phones that vote.
 * @param {number} milliseconds
 * @param {AbortSignal} [other]
 */
function within(milliseconds, other) {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const timer = setTimeout(abort, milliseconds);
  if (other?.aborted) abort();
  other?.addEventListener("abort", abort, { once: true });
  return {
    signal: controller.signal,
    clear: () => {
      clearTimeout(timer);
      other?.removeEventListener("abort", abort);
    },
  };
}
