/**
 * What the page loads by itself. No browser compares the scripts of a worker with a hash, nor what a script fetches: so the
 * document has their hashes beside those that browsers compare, and a worker begins once all of it was fetched and is what
 * it should be. That finds two builds that are mixed. Who gives other bytes to the worker than to the page is not found
 * here: `client.manifest` is for that.
 */

import { CryptoError } from "./crypto.js";

/**
 * A file of the build, compared by the browser.
 * @param {string | URL} address
 * @returns {Promise<Response>} rejected if it is another, or if the document does not name it
 */
export async function part(address) {
  const { href } = new URL(address);
  const link = [.../** @type {NodeListOf<HTMLLinkElement>} */ (document.querySelectorAll('link[rel~="part"]'))].find((one) => one.href === href);
  if (!link?.integrity) throw new Error(`${href} is no part of this page`);
  const answer = await fetch(href, { integrity: link.integrity });
  if (!answer.ok) throw new Error(`${href}: ${answer.status}`);
  return answer;
}

/**
 * All scripts of a worker. Nothing is asked of it before.
 * @param {"worker" | "verifier"} worker
 */
export async function whole(worker) {
  const links = [.../** @type {NodeListOf<HTMLLinkElement>} */ (document.querySelectorAll(`link[rel~="${worker}"]`))];
  try {
    if (links.length === 0) throw new Error(`the document has no part of ${worker}`);
    await Promise.all(links.map(async ({ href }) => (await part(href)).arrayBuffer()));
  } catch (why) {
    throw new CryptoError("load", String(why));
  }
}
