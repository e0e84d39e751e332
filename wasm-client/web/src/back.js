/**
 * The browser's button for going back, which leads to the question before. For that the page lays entries of its own
 * in the history. WebKit passes over an entry that no tap made, Chromium over one since which nobody has tapped: so the
 * first tap on every screen lays one, and only where there is none a screen does. An entry holds how many are below it;
 * how often somebody has tapped it does not tell.
 */

/** So many steps back in a row, at least. */
const MOST = 8;

const here = () => Number(history.state?.below ?? 0);

export class BackButton {
  #below = here();
  #untouched = true;
  #leaving = false;

  /** @param {() => boolean} back leads back, or says why not; false where there is nothing before but another page */
  constructor(back) {
    document.addEventListener("click", () => {
      if (this.#untouched && this.#below < MOST) this.#lay();
      this.#untouched = false;
    }, true);
    window.addEventListener("popstate", () => {
      // A new fragment is announced as a way back, too: it is a link, and another's to handle.
      if (location.hash) return;
      const before = this.#below;
      this.#below = here();
      if (this.#leaving) {
        this.#leaving = false;
        history.back();
      } else if (this.#below <= before) {
        // One is gone, and the screen may be the same.
        this.#untouched = true;
        if (!back()) this.#leave();
        else if (this.#below === 0) this.#lay();
      }
    });
  }

  /** Another screen. @param {boolean} somewhere whether there is a question before */
  shown(somewhere) {
    this.#untouched = true;
    this.#leaving = false;
    if (somewhere && this.#below === 0) this.#lay();
  }

  #lay() {
    this.#below += 1;
    history.pushState({ below: this.#below }, "");
  }

  #leave() {
    this.#leaving = this.#below > 0;
    history.go(-this.#below || -1);
  }
}
