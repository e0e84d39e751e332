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
  /** What stands in for a database where the browser lends none: it is gone with the page. */
  #memory = { [HALVES]: /** @type {Map<string, any>} */ (new Map()), [BALLOTS]: /** @type {Map<string, any>} */ (new Map()) };

  /** @param {string} election */
  constructor(election) {
    this.election = election;
  }

  /** Whether what is kept outlives the page. */
  get lasting() {
    return this.#database !== null;
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
  async keepHalf(user, sealed) {
    await this.#write(HALVES, `${this.election}/${user}`, sealed);
  }

  /** @param {string} user @returns {Promise<Uint8Array | null>} */
  async half(user) {
    return (await this.#read(HALVES, `${this.election}/${user}`)) ?? null;
  }

  /** @param {string} user */
  async forgetHalf(user) {
    await this.#write(HALVES, `${this.election}/${user}`, undefined);
  }

  /**
   * On the disk when this ends, so that it may be sent then. A disk that is full keeps nobody from voting:
   * the page keeps the ballot itself, until it is closed.
   * @param {Pending} pending
   */
  async keepBallot(pending) {
    const key = `${this.election}/${pending.user}/${pending.contest}`;
    try {
      await this.#write(BALLOTS, key, pending);
    } catch {
      this.#memory[BALLOTS].set(key, pending);
    }
  }

  /** @param {string} user @param {number} contest @returns {Promise<Pending | null>} */
  async ballot(user, contest) {
    const key = `${this.election}/${user}/${contest}`;
    return this.#memory[BALLOTS].get(key) ?? (await this.#read(BALLOTS, key)) ?? null;
  }

  /** @param {string} user @param {number} contest */
  async forgetBallot(user, contest) {
    this.#memory[BALLOTS].delete(`${this.election}/${user}/${contest}`);
    await this.#write(BALLOTS, `${this.election}/${user}/${contest}`, undefined);
  }

  /** @param {typeof HALVES | typeof BALLOTS} table @param {string} key @returns {Promise<any>} */
  #read(table, key) {
    const database = this.#database;
    if (!database) return Promise.resolve(this.#memory[table].get(key));
    return new Promise((resolve, reject) => {
      const request = database.transaction(table, "readonly").objectStore(table).get(key);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  }

  /** @param {typeof HALVES | typeof BALLOTS} table @param {string} key @param {any} value `undefined` deletes @returns {Promise<void>} */
  #write(table, key, value) {
    const database = this.#database;
    if (!database) {
      if (value === undefined) this.#memory[table].delete(key);
      else this.#memory[table].set(key, value);
      return Promise.resolve();
    }
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
