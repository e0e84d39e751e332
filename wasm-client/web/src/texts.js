/** The copy of the page, from a catalogue: a further language is a further file. */

import { h } from "./dom.js";
import { part } from "./parts.js";

/** @typedef {Record<string, string>} Catalogue */

/** @param {string} template @returns {string[]} the names of its places, sorted, each once */
export function places(template) {
  return [...new Set([...template.matchAll(/\{(\w+)\}/g)].map((match) => match[1]))].sort();
}

export class Texts {
  /**
   * @param {string} language
   * @param {Catalogue} catalogue
   */
  constructor(language, catalogue) {
    this.language = language;
    this.catalogue = catalogue;
  }

  /** @param {string} key */
  has(key) {
    return Object.hasOwn(this.catalogue, key);
  }

  /**
   * A text with its places filled in. A key that does not exist is a fault of the program.
   * @param {string} key
   * @param {Record<string, string | number>} [values]
   */
  say(key, values = {}) {
    const template = this.catalogue[key];
    if (template === undefined) throw new Error(`no text for ${key}`);
    return template.replace(/\{(\w+)\}/g, (_, name) => {
      if (!Object.hasOwn(values, name)) throw new Error(`${key}: no value for ${name}`);
      return String(values[name]);
    });
  }

  /**
   * The same as nodes: what stands between two asterisks is strong, and a line feed parts paragraphs.
   * @param {string} key
   * @param {Record<string, string | number>} [values]
   * @returns {HTMLElement[]}
   */
  paragraphs(key, values = {}) {
    return this.say(key, values).split("\n").map((text) => h("p", null, ...strong(text)));
  }

  /**
   * @param {string} key
   * @param {Record<string, string | number>} [values]
   * @returns {(string | HTMLElement)[]}
   */
  inline(key, values = {}) {
    return strong(this.say(key, values));
  }

  /**
   * A moment on the clocks of a zone. The manifest says how far it is from UTC in the days of the election; what it
   * calls the zone is for people, and no name that a browser knows.
   * @param {number} seconds since 1970
   * @param {{ name: string, offsetMinutes: number }} [zone] of the device, where it is not known yet
   */
  instant(seconds, zone) {
    const { locale } = this;
    const parts = /** @type {const} */ ({ weekday: "long", day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit" });
    if (!zone) return new Intl.DateTimeFormat(locale, { ...parts, timeZoneName: "short" }).format(new Date(seconds * 1000));
    const there = new Intl.DateTimeFormat(locale, { ...parts, timeZone: "UTC" }).format(new Date((seconds + zone.offsetMinutes * 60) * 1000));
    return `${there} (${zone.name})`;
  }

  /** How dates and numbers are written. */
  get locale() {
    return this.say("site.locale");
  }

  /** @param {number} value @param {Intl.NumberFormatOptions} [how] */
  number(value, how) {
    return new Intl.NumberFormat(this.locale, how).format(value);
  }

  /** Words in a list: "a, b y c". @param {string[]} words */
  list(words) {
    return new Intl.ListFormat(this.locale, { type: "conjunction" }).format(words);
  }
}

/** @param {string} text @returns {(string | HTMLElement)[]} */
function strong(text) {
  return text.split("*").map((part, at) => (at % 2 === 1 ? h("strong", null, part) : part));
}

/**
 * Which language to begin with.
 * @param {readonly string[]} wanted in the order of preference
 * @param {readonly string[]} there of which there are catalogues
 * @param {string} otherwise
 */
export function preferred(wanted, there, otherwise) {
  for (const tag of wanted.map((one) => one.toLowerCase())) {
    const language = there.find((one) => one.toLowerCase() === tag) ?? there.find((one) => one === tag.split("-")[0]);
    if (language) return language;
  }
  return otherwise;
}

/** @param {string} language @returns {Promise<Texts>} */
export async function load(language) {
  const answer = await part(new URL(`../text/${language}.json`, import.meta.url));
  return new Texts(language, await answer.json());
}
