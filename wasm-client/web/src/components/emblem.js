/**
 * The emblem of a party (R-BAL-05): the image whose hash is in the manifest, from the page's own origin.
 * Until it is there, and where the offer has none, its name on its colour.
 */

import { integrityOf } from "../bytes.js";
import { h } from "../dom.js";

/** @typedef {import("../crypto.js").Party} Party */

/** @type {Map<string, Promise<string | null>>} */
const images = new Map();

/** @param {Party} party */
export function emblem(party) {
  const element = h("span", {
    class: "emblem", "aria-hidden": "true", "data-length": Math.min(party.short.length, 9),
    vars: { "--party": party.colour, "--on-party": readable(party.colour) },
  }, h("span", null, party.short));
  const hash = party.emblem;
  if (hash) {
    const loading = images.get(hash) ?? load(hash);
    images.set(hash, loading);
    loading.then((source) => {
      if (source) element.replaceChildren(h("img", { src: source, alt: "" }));
    });
  }
  return element;
}

/** @param {string} hash @returns {Promise<string | null>} */
async function load(hash) {
  try {
    // The browser compares the bytes with the hash before it hands them over.
    const answer = await fetch(new URL(`../../emblems/${hash}`, import.meta.url), { integrity: integrityOf(hash) });
    if (!answer.ok) return null;
    const type = answer.headers.get("content-type") ?? "";
    if (!/^image\/(svg\+xml|png|webp)$/.test(type)) return null;
    const bytes = new Uint8Array(await answer.arrayBuffer());
    return `data:${type};base64,${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))}`;
  } catch {
    return null;
  }
}

/**
 * Black or white, whichever stands out more against a colour (WCAG relative luminance).
 * @param {string} colour `#rrggbb`
 */
export function readable(colour) {
  const channel = (/** @type {number} */ at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  const light = 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
  return (light + 0.05) / 0.05 > 1.05 / (light + 0.05) ? "#000000" : "#ffffff";
}
