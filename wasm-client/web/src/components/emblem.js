/**
 * The emblem of a party (R-BAL-05): the image whose hash is in the manifest, from the page's own origin.
 * Until it is there, and where the offer has none, its name on its colour.
 */

import { sha256 } from "../bytes.js";
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
  if (party.emblem) void paint(element, party.emblem);
  return element;
}

/** Puts the image in the place of the name, once it can be drawn. @param {HTMLElement} element @param {string} hash */
async function paint(element, hash) {
  const loading = images.get(hash) ?? load(hash);
  images.set(hash, loading);
  const source = await loading;
  if (!source) return;
  const image = h("img", { src: source, alt: "" });
  try {
    await image.decode();
    element.replaceChildren(image);
  } catch {
    // Bytes of the right hash that are no image: the name stays.
  }
}

/**
 * The image, if it is the one of the offer. It stands in a `data:` address: an SVG in an image runs no script
 * and fetches nothing.
 * @param {string} hash @returns {Promise<string | null>}
 */
async function load(hash) {
  try {
    const answer = await fetch(new URL(`../../emblems/${hash}`, import.meta.url), { credentials: "omit" });
    if (!answer.ok) return null;
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const type = imageType(bytes);
    if (!type || (await sha256(bytes)) !== hash) return null;
    return `data:${type};base64,${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))}`;
  } catch {
    return null;
  }
}

/**
 * What an image is, by its own bytes: a file whose name is a hash has no ending that a host could tell it by.
 * @param {Uint8Array} bytes
 */
export function imageType(bytes) {
  const text = String.fromCharCode(...bytes.subarray(0, 256));
  if (text.startsWith("\x89PNG\r\n\x1a\n")) return "image/png";
  if (/^(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?<svg[\s>]/.test(text)) return "image/svg+xml";
  return null;
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
