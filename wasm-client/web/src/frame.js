/** What stands around every screen: whose page it is, in which language, how long, and where help is (R-ACCS-07). */

import { sha256 } from "./bytes.js";
import { byId, h } from "./dom.js";
import { load, preferred } from "./texts.js";
import { LANGUAGES } from "./wasm/languages.js";

/** @typedef {import("./texts.js").Texts} Texts */
/** @typedef {import("./base.js").Config} Config */

const LANGUAGE = "escrutinio.language";

/** The texts to begin with. @returns {Promise<Texts>} */
export async function firstTexts() {
  let kept = null;
  try {
    kept = localStorage.getItem(LANGUAGE);
  } catch {
    // Some browsers lend no storage; the next visit asks the browser again.
  }
  const there = LANGUAGES.map(({ tag }) => tag);
  // The document is in the language by default.
  return load(there.find((one) => one === kept) ?? preferred(navigator.languages, there, document.documentElement.lang));
}

/** @returns {Promise<Config>} */
export async function configuration() {
  const answer = await fetch(new URL("../config.json", import.meta.url), { cache: "no-cache" });
  if (!answer.ok) throw new Error("no configuration");
  return answer.json();
}

/** SHA-256 of the list of all files of the page, hexadecimal: the build's hash. @type {Promise<string | null>} */
const build = (async () => {
  try {
    const answer = await fetch(new URL("../client.manifest", import.meta.url), { cache: "no-cache" });
    if (!answer.ok) return null;
    return await sha256(new Uint8Array(await answer.arrayBuffer()));
  } catch {
    return null;
  }
})();

/**
 * Whether the page is the one that the manifest names. A page that lies would lie here, too: this finds
 * mistakes and old copies; who distrusts the page compares its files from elsewhere.
 * @param {import("./crypto.js").BallotInfo} info
 */
export async function isRegistered(info) {
  return info.clientHash === null || info.clientHash === (await build);
}

/**
 * @param {object} parts
 * @param {Texts} parts.texts
 * @param {Config} parts.config
 * @param {(texts: Texts) => void} parts.changed when another language was chosen
 * @param {import("./dom.js").Child[]} [parts.strip] below the header, such as the session's clock
 * @param {boolean} [parts.linked] whether the name leads to the voting page: there it would only lose what was done
 * @param {{ test?: boolean, rehearsal?: boolean, binding?: boolean }} [parts.election]
 */
export function frame({ texts, config, changed, strip, linked, election }) {
  document.documentElement.lang = texts.language;
  const skip = /** @type {HTMLElement} */ (document.querySelector(".skip"));
  skip.textContent = texts.say("site.skip");
  skip.hidden = false;
  const alarm = election?.rehearsal ? "site.rehearsal" : election?.test ? "site.test" : election?.binding === false ? "site.not_binding" : null;
  const version = h("span");
  byId("top").replaceChildren(
    h("div", { class: "brand" },
      h(linked ? "a" : "p", { href: linked ? "index.html" : null, class: "name" }, h("span", { class: "seal", "aria-hidden": "true" }), texts.say("site.name")),
      h("div", { class: "languages" }, LANGUAGES.filter(({ tag }) => tag !== texts.language).map(({ tag, name }) => h("button", {
        type: "button", class: "language", lang: tag, on: { click: async () => {
          const next = await load(tag);
          try {
            localStorage.setItem(LANGUAGE, tag);
          } catch {
            // It holds for this visit.
          }
          changed(next);
        } },
      }, name)))),
    ...(alarm ? [h("p", { class: "alarm" }, texts.say(alarm))] : []),
    ...(strip ? [h("div", { class: "strip" }, ...strip)] : []));
  byId("foot").replaceChildren(
    h("div", { class: "help" },
      h("h2", null, texts.say("help.title")),
      h("p", null, texts.say("help.text")),
      h("ul", null,
        config.help.phone ? h("li", null, h("a", { href: `tel:${config.help.phone.replace(/[^+\d]/g, "")}` }, `${config.help.name}: ${config.help.phone}`)) : null,
        config.help.mail ? h("li", null, h("a", { href: `mailto:${config.help.mail}` }, config.help.mail)) : null)),
    h("p", { class: "build" }, version, h("br"), texts.say("site.election", { election: config.election })));
  void build.then((hash) => { version.textContent = hash ? texts.say("site.build", { hash }) : texts.say("site.no_build"); });
}
