/**
 * What voters mark, noted beside the page: what stands marked on the screen when they go on from the ballot, and the
 * code that they are shown for it. Whatever way a test takes through the page, what is counted is compared with it.
 */

/**
 * @typedef {object} Choice
 * @property {string} office of the ballot
 * @property {{ kind: string, name: string }[]} marks in the order of the ballot
 * @property {string} written
 */

/** Runs in every page, before it: of its scripts nothing is asked. */
export function watch() {
  /** @type {Choice | null} */
  let choice = null;
  document.addEventListener("click", ({ target }) => {
    const spaces = [...document.querySelectorAll("#main [data-space]")];
    if (spaces.length === 0 || !(target instanceof Element) || !target.closest("button")) return;
    choice = {
      office: document.querySelector("#main .sheet-of-paper h2")?.textContent ?? "",
      marks: spaces.filter((space) => space.querySelector("input")?.checked)
        .map((space) => ({ kind: ["null", "write-in"].find((kind) => space.classList.contains(kind)) ?? "", name: space.querySelector(".name")?.textContent ?? "" })),
      written: /** @type {HTMLInputElement | null} */ (document.querySelector("#main .written input"))?.value ?? "",
    };
  }, true);
  new MutationObserver(() => {
    if (!choice || document.getElementById("main")?.dataset.state !== "code") return;
    window.noted([...document.querySelectorAll("#main .groups span")].map(({ textContent }) => textContent).join("-"), choice);
  }).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-state"] });
}

/** @param {import("playwright-core").BrowserContext} context @param {(code: string, choice: Choice) => void} note */
export async function noting(context, note) {
  await context.exposeFunction("noted", note);
  await context.addInitScript(watch);
}
