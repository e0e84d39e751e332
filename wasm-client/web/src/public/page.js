/** A public page: nobody enters, nothing is sent, and everything is computed on the device. */

import { Api } from "../api.js";
import { Base } from "../base.js";
import * as crypto from "../crypto.js";
import { byId, h } from "../dom.js";
import { configuration, firstTexts, frame } from "../frame.js";

/**
 * @typedef {object} Content
 * @property {string} title
 * @property {string} state
 * @property {import("../dom.js").Child[]} body
 * @property {boolean} [wide]
 */

export class Page extends Base {
  /** @type {((page: Page) => Content) | null} */
  #content = null;

  /** @param {(page: Page) => Content} content */
  show(content) {
    this.hush();
    this.#content = content;
    const { title, state, body, wide } = content(this);
    const main = byId("main");
    main.dataset.state = state;
    main.classList.toggle("wide", wide === true);
    const heading = h("h1", { tabindex: "-1" }, title);
    main.replaceChildren(heading, ...body.flat(9).filter((child) => child instanceof Node), ...[this.#others()]);
    document.title = `${title} · ${this.say("site.name")}`;
    heading.focus({ preventScroll: true });
  }

  redraw() {
    if (this.#content) this.show(this.#content);
  }

  #others() {
    const here = location.pathname.split("/").at(-1)?.replace(".html", "");
    const pages = ["check", "audit", "verify", "results", "board"].filter((name) => name !== here);
    return h("nav", { class: "public", "aria-label": this.say("public.nav") },
      h("h2", null, this.say("public.nav")),
      h("ul", null, pages.map((name) => h("li", null, h("a", { href: `${name}.html` }, this.say(`public.${name}`)))),
        h("li", null, h("a", { href: "index.html" }, this.say("public.home")))));
  }
}

/** @param {(page: Page) => Content} content @returns {Promise<Page>} */
export async function begin(content) {
  try {
    const [texts, config] = await Promise.all([firstTexts(), configuration()]);
    /** @type {Page} */
    const page = new Page({ api: new Api(config.server, () => page.texts.language), crypto, texts, config });
    const around = () => frame({ texts: page.texts, config, linked: true, changed: (next) => {
      page.texts = next;
      around();
      page.redraw();
    } });
    around();
    page.show(content);
    return page;
  } catch (error) {
    console.error(error instanceof Error ? error.message : "failed");
    byId("main").hidden = true;
    byId("failed").hidden = false;
    throw error;
  }
}

/**
 * One line of what was checked.
 * @param {boolean} good
 * @param {(string | HTMLElement)[]} text
 */
export function finding(good, text) {
  return h("li", { class: good ? "finding good-one" : "finding bad-one" }, h("span", { class: "sign", "aria-hidden": "true" }, good ? "✓" : "✗"), h("span", null, ...text));
}

/**
 * A field for a file; the file is read here and goes nowhere.
 * @param {string} id
 * @param {string} label
 * @param {string} hint
 * @param {{ folder?: boolean, many?: boolean, accept?: string }} [how]
 */
export function fileField(id, label, hint, how = {}) {
  const input = h("input", { type: "file", id, "aria-describedby": `${id}-hint`, accept: how.accept ?? null, webkitdirectory: how.folder ?? false, multiple: how.folder ?? how.many ?? false });
  return { input, element: h("div", { class: "field" }, h("label", { for: id }, label), h("p", { class: "hint", id: `${id}-hint` }, hint), input) };
}
