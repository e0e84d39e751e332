/** One tab at a time: two that vote at once would not know of each other's ballot. */

const NAME = "escrutinio";

export class Tab {
  #channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(NAME);
  /** @type {(() => void) | null} */
  #release = null;

  /**
   * @param {{ asked: () => boolean, moved: () => void }} how `asked`: whether this tab may be left just now;
   *   `moved`: it was
   */
  constructor(how) {
    this.#channel?.addEventListener("message", (event) => {
      if (event.data !== "take" || !this.#release) return;
      if (!how.asked()) {
        this.#channel?.postMessage("busy");
        return;
      }
      how.moved();
      this.leave();
    });
  }

  /** Whether this is the tab now. @returns {Promise<boolean>} */
  async claim() {
    if (!navigator.locks) return true;
    return new Promise((resolve) => {
      const held = navigator.locks.request(NAME, { ifAvailable: true }, (lock) => {
        if (!lock) {
          resolve(false);
          return undefined;
        }
        return new Promise((release) => {
          this.#release = () => release(undefined);
          resolve(true);
        });
      });
      held.catch(() => resolve(false));
    });
  }

  /** Asks the other tab to leave off. @returns {Promise<"left" | "busy" | "silent">} whether it did */
  async take() {
    let busy = false;
    const listen = (/** @type {MessageEvent} */ event) => {
      if (event.data === "busy") busy = true;
    };
    this.#channel?.addEventListener("message", listen);
    this.#channel?.postMessage("take");
    for (let tried = 0; tried < 20 && !busy; tried += 1) {
      if (await this.claim()) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    this.#channel?.removeEventListener("message", listen);
    return this.#release !== null ? "left" : busy ? "busy" : "silent";
  }

  leave() {
    this.#release?.();
    this.#release = null;
  }
}
