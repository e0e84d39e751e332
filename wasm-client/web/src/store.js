/**
 * What stays on the device: the first half, sealed under the password, and a signed ballot until
 * its promise verifies. Never a choice: a ballot here is a ciphertext like the one on the board.
 */

/**
 * A ballot that was signed and whose promise has not been verified yet. It is sent again by the voter
 * who signed it and by nobody else: the server cannot tell whose it is.
 * @typedef {object} Pending
 * @property {string} election
 * @property {string} user
 * @property {number} contest
 * @property {Uint8Array} bytes
 * @property {string} code
 */

const NAME = "escrutinio";
const HALVES = "halves";
const BALLOTS = "ballots";

export class Store {
  /** @type {IDBDatabase | null} */
  #database = null;
  /** What stands in for a database that the browser does not lend, or cannot write to: it is gone with the page. */
  #memory = { [HALVES]: /** @type {Map<string, any>} */ (new Map()), [BALLOTS]: /** @type {Map<string, any>} */ (new Map()) };

  /** @param {string} election */
  constructor(election) {
    this.election = election;
  }

  /** Whether a signed ballot that is kept outlives the page. */
  get lasting() {
    return this.#database !== null && ![...this.#memory[BALLOTS].values()].some((pending) => pending !== null);
  }

  async open() {
    try {
      this.#database = await new Promise((resolve, reject) => {
        const opening = indexedDB.open(NAME, 1);
        opening.onupgradeneeded = () => {
          opening.result.createObjectStore(HALVES);
          opening.result.createObjectStore(BALLOTS);
        };
        opening.onsuccess = () => resolve(opening.result);
        opening.onerror = () => reject(opening.error);
        opening.onblocked = () => reject(new Error("blocked"));
      });
    } catch {
      this.#database = null;
    }
  }

  /** @param {string} user @param {Uint8Array} sealed */
  keepHalf(user, sealed) {
    return this.#keep(HALVES, `${this.election}/${user}`, sealed);
  }

  /** @param {string} user @returns {Promise<Uint8Array | null>} */
  half(user) {
    return this.#kept(HALVES, `${this.election}/${user}`);
  }

  /** @param {string} user @returns {Promise<boolean>} whether nothing of it is left */
  forgetHalf(user) {
    return this.#forget(HALVES, `${this.election}/${user}`);
  }

  /**
   * On the disk when this ends, so that it may be sent then.
   * @param {Pending} pending
   */
  keepBallot(pending) {
    return this.#keep(BALLOTS, `${this.election}/${pending.user}/${pending.contest}`, pending);
  }

  /** @param {string} user @param {number} contest @returns {Promise<Pending | null>} */
  ballot(user, contest) {
    return this.#kept(BALLOTS, `${this.election}/${user}/${contest}`);
  }

  /** All that are kept of this election, whose ever they are. @returns {Promise<Pending[]>} */
  async ballots() {
    const database = this.#database;
    if (!database) return [];
    /** @type {Pending[]} */
    const all = await new Promise((resolve) => {
      const request = database.transaction(BALLOTS, "readonly").objectStore(BALLOTS).getAll();
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => resolve([]);
    });
    return all.filter((one) => one.election === this.election);
  }

  /** @param {string} user @param {number} contest @returns {Promise<boolean>} whether nothing of it is left */
  forgetBallot(user, contest) {
    return this.#forget(BALLOTS, `${this.election}/${user}/${contest}`);
  }

  /**
   * A disk that is full keeps nobody from voting: what it does not take the page has until it is closed.
   * @param {typeof HALVES | typeof BALLOTS} table @param {string} key @param {any} value
   */
  async #keep(table, key, value) {
    try {
      await this.#write(table, key, value);
      this.#memory[table].delete(key);
    } catch {
      this.#memory[table].set(key, value);
    }
  }

  /** @param {typeof HALVES | typeof BALLOTS} table @param {string} key @returns {Promise<any>} */
  async #kept(table, key) {
    const memory = this.#memory[table];
    if (memory.has(key)) return memory.get(key);
    try {
      return (await this.#read(table, key)) ?? null;
    } catch {
      return null;
    }
  }

  /** @param {typeof HALVES | typeof BALLOTS} table @param {string} key */
  async #forget(table, key) {
    try {
      await this.#write(table, key, undefined);
      this.#memory[table].delete(key);
      return true;
    } catch {
      // It is still on the disk; for this page it is gone.
      this.#memory[table].set(key, null);
      return false;
    }
  }

  /** @param {typeof HALVES | typeof BALLOTS} table @param {string} key @returns {Promise<any>} */
  #read(table, key) {
    const database = this.#database;
    if (!database) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      const request = database.transaction(table, "readonly").objectStore(table).get(key);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  }

  /** @param {typeof HALVES | typeof BALLOTS} table @param {string} key @param {any} value `undefined` deletes @returns {Promise<void>} */
  #write(table, key, value) {
    const database = this.#database;
    if (!database) return value === undefined ? Promise.resolve() : Promise.reject(new Error("no database"));
    return new Promise((resolve, reject) => {
      const transaction = database.transaction(table, "readwrite", { durability: "strict" });
      const objects = transaction.objectStore(table);
      if (value === undefined) objects.delete(key);
      else objects.put(value, key);
      transaction.oncomplete = () => resolve();
      transaction.onerror = () => reject(transaction.error);
      transaction.onabort = () => reject(transaction.error);
    });
  }
}
